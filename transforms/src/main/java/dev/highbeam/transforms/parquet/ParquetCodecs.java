// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms.parquet;

import com.github.luben.zstd.Zstd;
import io.airlift.compress.lz4.Lz4Decompressor;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.zip.GZIPInputStream;
import org.apache.parquet.bytes.BytesInput;
import org.apache.parquet.compression.CompressionCodecFactory;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.xerial.snappy.Snappy;

/**
 * Parquet's codecs on the libraries themselves: parquet-hadoop's own factory would need 30 MB of
 * Hadoop's runtime for the same. Reads what common writers use, writes ZSTD. A page that claims
 * more than {@link #MAX_PAGE_BYTES} is refused before anything is allocated for it.
 */
public final class ParquetCodecs implements CompressionCodecFactory {

  /** Largest page, uncompressed. */
  public static final int MAX_PAGE_BYTES = 256 << 20;

  private static final int ZSTD_LEVEL = 3;

  @Override
  public BytesInputCompressor getCompressor(CompressionCodecName codec) {
    if (codec != CompressionCodecName.ZSTD && codec != CompressionCodecName.UNCOMPRESSED) {
      throw new IllegalArgumentException("files are written with ZSTD, not with " + codec);
    }
    return new Compressor(codec);
  }

  @Override
  public BytesInputDecompressor getDecompressor(CompressionCodecName codec) {
    return new Decompressor(codec);
  }

  @Override
  public void release() {}

  private static byte[] toArray(BytesInput bytes) throws IOException {
    ByteArrayOutputStream array = new ByteArrayOutputStream(Math.toIntExact(bytes.size()));
    bytes.writeAllTo(array);
    return array.toByteArray();
  }

  private record Compressor(CompressionCodecName codec) implements BytesInputCompressor {

    @Override
    public BytesInput compress(BytesInput bytes) throws IOException {
      if (codec == CompressionCodecName.UNCOMPRESSED) {
        return bytes;
      }
      return BytesInput.from(Zstd.compress(toArray(bytes), ZSTD_LEVEL));
    }

    @Override
    public CompressionCodecName getCodecName() {
      return codec;
    }

    @Override
    public void release() {}
  }

  private record Decompressor(CompressionCodecName codec) implements BytesInputDecompressor {

    @Override
    public BytesInput decompress(BytesInput bytes, int size) throws IOException {
      return BytesInput.from(decompress(toArray(bytes), size));
    }

    @Override
    public void decompress(ByteBuffer input, int compressedSize, ByteBuffer output, int size)
        throws IOException {
      byte[] compressed = new byte[compressedSize];
      input.get(compressed);
      output.put(decompress(compressed, size));
    }

    @Override
    public void release() {}

    private byte[] decompress(byte[] input, int size) throws IOException {
      if (size < 0 || size > MAX_PAGE_BYTES) {
        throw new IOException(
            "a page must have 0 to " + MAX_PAGE_BYTES + " bytes, it claims " + size);
      }
      byte[] output =
          switch (codec) {
            case UNCOMPRESSED -> input;
            case ZSTD -> zstd(input, size);
            case SNAPPY -> snappy(input, size);
            case GZIP -> gzip(input, size);
            case LZ4_RAW -> lz4(input, size);
            case LZO, BROTLI, LZ4 ->
                throw new IOException(
                    "compression must be ZSTD, SNAPPY, GZIP, LZ4_RAW or none, was " + codec);
          };
      if (output.length != size) {
        throw new IOException("a page of " + size + " bytes has " + output.length);
      }
      return output;
    }

    private static byte[] zstd(byte[] input, int size) throws IOException {
      byte[] output = new byte[size];
      long written = Zstd.decompress(output, input);
      if (Zstd.isError(written) || written != size) {
        throw new IOException("a page cannot be decompressed: " + Zstd.getErrorName(written));
      }
      return output;
    }

    private static byte[] snappy(byte[] input, int size) throws IOException {
      // The length lies in the untrusted bytes: look at it before the library allocates for it.
      if (Snappy.uncompressedLength(input) != size) {
        throw new IOException("a page of " + size + " bytes claims another length inside");
      }
      return Snappy.uncompress(input);
    }

    private static byte[] gzip(byte[] input, int size) throws IOException {
      try (GZIPInputStream stream = new GZIPInputStream(new ByteArrayInputStream(input))) {
        return stream.readNBytes(size);
      }
    }

    private static byte[] lz4(byte[] input, int size) throws IOException {
      byte[] output = new byte[size];
      int written = new Lz4Decompressor().decompress(input, 0, input.length, output, 0, size);
      if (written != size) {
        throw new IOException("a page of " + size + " bytes has " + written);
      }
      return output;
    }
  }
}

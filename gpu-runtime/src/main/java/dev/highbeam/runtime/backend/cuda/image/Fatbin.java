// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.image;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Reads what nvcc's {@code -fatbin} writes: a header of 16 bytes, then for each image a header and
 * its bytes. The format is not published; the fields below were read off files of nvcc 13.0:
 *
 * <pre>
 * file   u32 magic 0xBA55ED50 | u16 version 1 | u16 header size 16 | u64 size of all that follows
 * image  u16 kind (1 PTX, 2 cubin) | u16 version | u32 header size | u64 payload size
 *        u32 compressed size | u32 options | u16 minor | u16 major | u32 architecture, as 90
 *        u32 name offset | u32 name length | u64 flags | u64 - | u64 uncompressed size | ...
 * </pre>
 *
 * <p>Flag bit 20 marks the suffix a, bit 21 the suffix f. The bytes may come from anywhere: damage
 * gives a {@link MalformedImageException}, never another failure and never a large allocation.
 */
public final class Fatbin {

  private static final long MAGIC = 0xBA55ED50L;
  private static final int FILE_HEADER_BYTES = 16;
  private static final int LEAST_HEADER_BYTES = 64;
  private static final int MOST_HEADER_BYTES = 1 << 16;

  /** Far more than there are architectures; bounds what a hostile file costs. */
  private static final int MAX_ENTRIES = 256;

  private static final int PTX = 1;
  private static final int CUBIN = 2;
  private static final long EXACT_FLAG = 1L << 20;
  private static final long FAMILY_FLAG = 1L << 21;
  private static final long COMPRESSION_FLAGS = 0xE000;

  private final List<FatbinEntry> entries;

  private Fatbin(List<FatbinEntry> entries) {
    this.entries = List.copyOf(entries);
  }

  /**
   * Reads a fatbin of uncompressed images.
   *
   * @param bytes kept, not copied; the caller must not change them afterwards
   */
  public static Fatbin parse(byte[] bytes) {
    ImageBytes file = ImageBytes.of(bytes);
    String header = "the fatbin's header";
    if (file.u32(0, header) != MAGIC) {
      throw new MalformedImageException("the fatbin does not begin with 0xBA55ED50");
    }
    int version = file.u16(4, header);
    if (version != 1 || file.u16(6, header) != FILE_HEADER_BYTES) {
      throw new MalformedImageException("the fatbin is of the unknown version " + version);
    }
    long stated = file.u64(8, header);
    if (stated != bytes.length - FILE_HEADER_BYTES) {
      throw new MalformedImageException(
          "the fatbin states "
              + stated
              + " bytes of images, "
              + (bytes.length - FILE_HEADER_BYTES)
              + " are there");
    }
    return new Fatbin(entries(file));
  }

  /** The images, in the order of the file; no architecture occurs twice. */
  public List<FatbinEntry> entries() {
    return entries;
  }

  public Optional<FatbinEntry> entry(TargetArch arch) {
    return entries.stream().filter(entry -> entry.arch().equals(arch)).findFirst();
  }

  private static List<FatbinEntry> entries(ImageBytes file) {
    List<FatbinEntry> entries = new ArrayList<>();
    long offset = FILE_HEADER_BYTES;
    while (offset < file.length()) {
      String what = "image " + entries.size() + " of the fatbin";
      if (entries.size() == MAX_ENTRIES) {
        throw new MalformedImageException("the fatbin has more than " + MAX_ENTRIES + " images");
      }
      long headerBytes = file.u32(offset + 4, what);
      if (headerBytes < LEAST_HEADER_BYTES || headerBytes > MOST_HEADER_BYTES) {
        throw new MalformedImageException(what + " has a header of " + headerBytes + " bytes");
      }
      long payloadBytes = file.u64(offset + 8, what);
      FatbinEntry entry =
          entry(
              file.slice(offset, headerBytes, what),
              what,
              file.slice(offset + headerBytes, payloadBytes, what));
      for (FatbinEntry other : entries) {
        if (other.arch().equals(entry.arch())) {
          throw new MalformedImageException("the fatbin holds " + entry.arch() + " twice");
        }
      }
      entries.add(entry);
      offset += headerBytes + payloadBytes;
    }
    return entries;
  }

  private static FatbinEntry entry(ImageBytes header, String what, ImageBytes payload) {
    int kind = header.u16(0, what);
    if (kind != PTX && kind != CUBIN) {
      throw new MalformedImageException(what + " is of kind " + kind + ", neither PTX nor cubin");
    }
    long flags = header.u64(40, what);
    if ((flags & COMPRESSION_FLAGS) != 0
        || header.u32(16, what) != 0
        || header.u64(56, what) != 0) {
      throw new MalformedImageException(what + " is compressed: build it with --no-compress");
    }
    TargetArch arch =
        new TargetArch(
            kind == PTX ? TargetArch.Form.PTX : TargetArch.Form.CUBIN,
            capability(header.u32(28, what), what),
            suffix(flags, what));
    if (kind == PTX && (payload.length() == 0 || payload.u8(payload.length() - 1L, what) != 0)) {
      throw new MalformedImageException(what + " is PTX without a NUL at its end");
    }
    if (kind == CUBIN && !ElfFile.isElf(payload)) {
      throw new MalformedImageException(
          what + " is no ELF file, although it is said to be a cubin");
    }
    return new FatbinEntry(arch, payload);
  }

  private static Capability capability(long number, String what) {
    if (number < 10 || number > 999) {
      throw new MalformedImageException(what + " is for the unknown architecture " + number);
    }
    return Capability.ofNumber((int) number);
  }

  private static TargetArch.Suffix suffix(long flags, String what) {
    boolean exact = (flags & EXACT_FLAG) != 0;
    boolean family = (flags & FAMILY_FLAG) != 0;
    if (exact && family) {
      throw new MalformedImageException(what + " has both the suffix a and the suffix f");
    }
    return exact
        ? TargetArch.Suffix.EXACT
        : family ? TargetArch.Suffix.FAMILY : TargetArch.Suffix.NONE;
  }
}

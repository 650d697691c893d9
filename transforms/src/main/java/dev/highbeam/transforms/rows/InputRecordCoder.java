// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms.rows;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import org.apache.beam.sdk.coders.AtomicCoder;
import org.apache.beam.sdk.coders.ByteArrayCoder;
import org.apache.beam.sdk.coders.CoderProvider;
import org.apache.beam.sdk.coders.CoderProviders;
import org.apache.beam.sdk.coders.StringUtf8Coder;
import org.apache.beam.sdk.coders.VarLongCoder;
import org.apache.beam.sdk.values.TypeDescriptor;

/** Source, position, columns, one after the other. */
public final class InputRecordCoder extends AtomicCoder<InputRecord> {

  private static final long serialVersionUID = 1L;
  private static final InputRecordCoder INSTANCE = new InputRecordCoder();

  private InputRecordCoder() {}

  public static InputRecordCoder of() {
    return INSTANCE;
  }

  /** For Beam, which looks it up by {@code @DefaultCoder}. */
  public static CoderProvider getCoderProvider() {
    return CoderProviders.forCoder(TypeDescriptor.of(InputRecord.class), of());
  }

  @Override
  public void encode(InputRecord value, OutputStream out) throws IOException {
    StringUtf8Coder.of().encode(value.source(), out);
    VarLongCoder.of().encode(value.position(), out);
    ByteArrayCoder.of().encode(value.columns(), out);
  }

  @Override
  public InputRecord decode(InputStream in) throws IOException {
    String source = StringUtf8Coder.of().decode(in);
    long position = VarLongCoder.of().decode(in);
    return new InputRecord(source, position, ByteArrayCoder.of().decode(in));
  }
}

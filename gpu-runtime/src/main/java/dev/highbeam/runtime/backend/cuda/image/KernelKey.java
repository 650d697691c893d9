// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.image;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;

/**
 * The name of a compiled image: SHA-256 over all that the compilation depends on. Each field is
 * preceded by its length, so that no two different requests run together into the same bytes.
 *
 * @param digest 64 hex digits
 * @param target for which the image is compiled
 */
record KernelKey(String digest, TargetArch target) {

  /** Changes whenever the meaning of a field or the form of a stored file does. */
  static final int FORMAT = 1;

  private static final Pattern LEGAL_NAME = Pattern.compile("[a-z0-9._-]{1,128}");

  static KernelKey of(CompileRequest request) {
    ByteArrayOutputStream fields = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(fields)) {
      out.writeInt(FORMAT);
      write(out, request.compiler());
      write(out, request.compilerVersion());
      write(out, request.target().name());
      out.writeInt(request.options().size());
      for (String option : request.options()) {
        write(out, option);
      }
      byte[] source = request.source().copy();
      out.writeLong(source.length);
      out.write(source);
    } catch (IOException e) {
      throw new UncheckedIOException("memory has no such failures", e);
    }
    return new KernelKey(Sha256.hex(fields.toByteArray()), request.target());
  }

  /** Name of the file: format, architecture and digest, so legal everywhere whatever was hashed. */
  String fileName() {
    String name = "k" + FORMAT + "-" + target.name().replace("_", "") + "-" + digest;
    if (!LEGAL_NAME.matcher(name).matches()) {
      throw new IllegalStateException("'" + name + "' is no legal file name");
    }
    return name;
  }

  private static void write(DataOutputStream out, String field) throws IOException {
    byte[] bytes = field.getBytes(StandardCharsets.UTF_8);
    out.writeLong(bytes.length);
    out.write(bytes);
  }
}

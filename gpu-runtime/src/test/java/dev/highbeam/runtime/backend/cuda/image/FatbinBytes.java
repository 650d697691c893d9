// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.image;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Builds fatbins by hand, laid out as nvcc 13.0 does. */
final class FatbinBytes {

  static final int HEADER = 16;
  static final int ENTRY_HEADER = 64;

  private final ByteArrayOutputStream body = new ByteArrayOutputStream();

  /** Images for each of these, with one kernel {@code add_one} of 128 threads in each. */
  static FatbinBytes of(String... archs) {
    FatbinBytes fatbin = new FatbinBytes();
    for (String name : archs) {
      TargetArch arch = TargetArch.parse(name);
      fatbin.add(arch, image(arch));
    }
    return fatbin;
  }

  FatbinBytes add(TargetArch arch, byte[] image) {
    long flags =
        0x11
            | switch (arch.suffix()) {
              case NONE -> 0;
              case EXACT -> 1 << 20;
              case FAMILY -> 1 << 21;
            };
    return add(arch.isPtx() ? 1 : 2, number(arch), flags, image);
  }

  FatbinBytes add(int kind, int arch, long flags, byte[] image) {
    ByteBuffer header = ByteBuffer.allocate(ENTRY_HEADER).order(ByteOrder.LITTLE_ENDIAN);
    header.putShort((short) kind).putShort((short) 0x101).putInt(ENTRY_HEADER);
    header.putLong(image.length).putInt(0).putInt(0).putShort((short) 0).putShort((short) 9);
    header.putInt(arch).putInt(0).putInt(0).putLong(flags);
    body.writeBytes(header.array());
    body.writeBytes(image);
    return this;
  }

  byte[] toBytes() {
    ByteBuffer file = ByteBuffer.allocate(HEADER + body.size()).order(ByteOrder.LITTLE_ENDIAN);
    file.putInt(0xBA55ED50).putShort((short) 1).putShort((short) HEADER).putLong(body.size());
    return file.put(body.toByteArray()).array();
  }

  static byte[] image(TargetArch arch) {
    if (!arch.isPtx()) {
      return CubinBytes.of(number(arch)).kernel("add_one", 8, 256, 128).toBytes();
    }
    return ptx("9.0", arch.name().replace("compute_", "sm_"), "add_one");
  }

  static byte[] ptx(String version, String target, String... kernels) {
    StringBuilder text = new StringBuilder("//\n// .version 1.0\n//\n\n.version " + version);
    text.append("\n.target ").append(target).append("\n.address_size 64\n\n");
    for (String kernel : kernels) {
      text.append("\t// .globl\t").append(kernel).append("\n.visible .entry ").append(kernel);
      text.append("(\n\t.param .u64 x\n)\n.maxntid 128, 1, 1\n{\n\tret;\n}\n");
    }
    byte[] bytes = text.toString().getBytes(StandardCharsets.ISO_8859_1);
    return Arrays.copyOf(bytes, bytes.length + 8 - bytes.length % 8);
  }

  private static int number(TargetArch arch) {
    return 10 * arch.capability().major() + arch.capability().minor();
  }
}

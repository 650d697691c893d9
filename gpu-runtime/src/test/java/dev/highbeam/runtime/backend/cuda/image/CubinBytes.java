// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.image;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Builds cubins by hand, laid out as nvcc 13.0 does. */
final class CubinBytes {

  private static final int NO_BITS = 8;
  private static final int STRINGS = 3;
  private static final int PROGRAM = 1;
  private static final int NV_INFO = 0x70000000;

  private record Section(String name, int type, byte[] contents, long size, int link) {}

  private final int arch;
  private final List<Section> sections = new ArrayList<>();
  private final ByteArrayOutputStream symbols = new ByteArrayOutputStream();
  private final ByteArrayOutputStream strings = new ByteArrayOutputStream();
  private final ByteArrayOutputStream info = new ByteArrayOutputStream();
  private boolean reservesShared;

  private CubinBytes(int arch) {
    this.arch = arch;
    strings.write(0);
    symbols.writeBytes(new byte[24]);
  }

  static CubinBytes of(int arch) {
    return new CubinBytes(arch);
  }

  /** From sm_90 on the compiler keeps the first KiB of each block for the system. */
  CubinBytes reservingShared() {
    reservesShared = true;
    symbol(".nv.reservedSmem.offset0", 0x21, 0);
    return this;
  }

  CubinBytes kernel(String name, int registers, int sharedBytes, int maxThreads) {
    int index = symbols.size() / 24;
    symbol(name, 0x12, 0x10);
    info.writeBytes(attribute(0x2f, index, registers));
    info.writeBytes(attribute(0x11, index, 0));
    ByteArrayOutputStream own = new ByteArrayOutputStream();
    own.writeBytes(new byte[] {3, 0x1b, (byte) 0xff, 0});
    if (maxThreads > 0) {
      own.writeBytes(attribute(0x05, maxThreads, 1, 1));
    }
    add(".text." + name, PROGRAM, new byte[128]);
    add(".nv.info." + name, NV_INFO, own.toByteArray());
    long shared = sharedBytes + (reservesShared ? 1024 : 0);
    sections.add(new Section(".nv.shared." + name, NO_BITS, new byte[0], shared, 0));
    return this;
  }

  /** A function that only kernels can call. */
  CubinBytes deviceFunction(String name) {
    symbol(name, 0x02, 0);
    return this;
  }

  byte[] toBytes() {
    List<Section> all = new ArrayList<>();
    all.add(new Section("", 0, new byte[0], 0, 0));
    all.add(section(".strtab", STRINGS, strings.toByteArray(), 0));
    all.add(section(".symtab", 2, symbols.toByteArray(), 1));
    all.add(section(".nv.info", NV_INFO, info.toByteArray(), 2));
    all.addAll(sections);
    ByteArrayOutputStream names = new ByteArrayOutputStream();
    List<Integer> nameOffsets = new ArrayList<>();
    for (Section section : all) {
      nameOffsets.add(names.size());
      names.writeBytes((section.name + "\0").getBytes(StandardCharsets.ISO_8859_1));
    }
    nameOffsets.add(names.size());
    names.writeBytes(".shstrtab\0".getBytes(StandardCharsets.ISO_8859_1));
    all.add(section(".shstrtab", STRINGS, names.toByteArray(), 0));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    int contentBytes = all.stream().mapToInt(section -> section.contents.length).sum();
    out.writeBytes(header(64 + contentBytes, all.size()));
    ByteBuffer table = little(64 * all.size());
    for (int i = 0; i < all.size(); i++) {
      Section section = all.get(i);
      table.putInt(nameOffsets.get(i)).putInt(section.type).putLong(0).putLong(0);
      table.putLong(out.size()).putLong(section.size).putInt(section.link).putInt(0);
      table.putLong(1).putLong(section.type == 2 ? 24 : 0);
      out.writeBytes(section.contents);
    }
    out.writeBytes(table.array());
    return out.toByteArray();
  }

  private byte[] header(int tableOffset, int sectionCount) {
    ByteBuffer header = little(64);
    header.put(new byte[] {0x7f, 'E', 'L', 'F', 2, 1, 1, 0x41, 8});
    header.position(16);
    header.putShort((short) 2).putShort((short) 190).putInt(1);
    header.putLong(0).putLong(0).putLong(tableOffset);
    header.putInt(0x06000004 | arch << 8).putShort((short) 64);
    header.putShort((short) 56).putShort((short) 0).putShort((short) 64);
    header.putShort((short) sectionCount).putShort((short) (sectionCount - 1));
    return header.array();
  }

  private void symbol(String name, int info, int other) {
    ByteBuffer symbol = little(24);
    symbol.putInt(strings.size()).put((byte) info).put((byte) other).putShort((short) 1);
    symbols.writeBytes(symbol.array());
    strings.writeBytes((name + "\0").getBytes(StandardCharsets.ISO_8859_1));
  }

  private void add(String name, int type, byte[] contents) {
    sections.add(section(name, type, contents, 0));
  }

  private static Section section(String name, int type, byte[] contents, int link) {
    return new Section(name, type, contents, contents.length, link);
  }

  private static byte[] attribute(int kind, int... values) {
    ByteBuffer attribute = little(4 + 4 * values.length);
    attribute.put((byte) 4).put((byte) kind).putShort((short) (4 * values.length));
    for (int value : values) {
      attribute.putInt(value);
    }
    return attribute.array();
  }

  private static ByteBuffer little(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}

// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.image;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The sections of a 64-bit little-endian ELF file. Hostile bytes give a {@link
 * MalformedImageException}.
 *
 * @see <a href="https://refspecs.linuxfoundation.org/elf/gabi4+/contents.html">System V ABI</a>
 */
final class ElfFile {

  static final int SYMBOL_TABLE = 2;

  /** These bound what a hostile file costs; a real one has a few sections for each kernel. */
  static final int MAX_NAME_CHARS = 4096;

  private static final int MAX_SECTIONS = 1 << 14;

  private static final long MAGIC = 0x464C457FL;
  private static final int HEADER_BYTES = 64;
  private static final int SECTION_HEADER_BYTES = 64;
  private static final int WIDE = 2;
  private static final int LITTLE_ENDIAN = 1;
  private static final String HEADER = "the cubin's header";

  /** A section; one without bytes in the file (.bss and its kin) still has a size. */
  record Section(String name, int type, long offset, long size, int link) {}

  private final ImageBytes bytes;
  private final List<Section> sections;
  private final Map<String, Section> byName = new HashMap<>();

  private ElfFile(ImageBytes bytes, List<Section> sections) {
    this.bytes = bytes;
    this.sections = sections;
    sections.forEach(section -> byName.putIfAbsent(section.name, section));
  }

  static boolean isElf(ImageBytes bytes) {
    return bytes.length() >= HEADER_BYTES && bytes.u32(0, HEADER) == MAGIC;
  }

  static ElfFile parse(ImageBytes bytes) {
    if (!isElf(bytes) || bytes.u8(4, HEADER) != WIDE || bytes.u8(5, HEADER) != LITTLE_ENDIAN) {
      throw new MalformedImageException("the cubin is no 64-bit little-endian ELF file");
    }
    if (bytes.u16(58, HEADER) != SECTION_HEADER_BYTES) {
      throw new MalformedImageException("the cubin's section headers are of an unknown size");
    }
    int count = bytes.u16(60, HEADER);
    if (count > MAX_SECTIONS) {
      throw new MalformedImageException("the cubin has " + count + " sections");
    }
    ImageBytes table =
        bytes.slice(
            bytes.u64(40, HEADER),
            (long) count * SECTION_HEADER_BYTES,
            "the cubin's section table");
    // Names come from a section that the table itself describes.
    Section names = section("", table, bytes.u16(62, HEADER));
    ImageBytes namesContents = bytes.slice(names.offset, names.size, "the cubin's section names");
    List<Section> sections = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      String what = "section " + i + " of the cubin";
      long name = table.u32((long) i * SECTION_HEADER_BYTES, what);
      sections.add(section(namesContents.text(name, MAX_NAME_CHARS, what), table, i));
    }
    return new ElfFile(bytes, sections);
  }

  private static Section section(String name, ImageBytes table, int index) {
    String what = "section " + index + " of the cubin";
    long at = (long) index * SECTION_HEADER_BYTES;
    return new Section(
        name,
        (int) table.u32(at + 4, what),
        table.u64(at + 24, what),
        table.u64(at + 32, what),
        (int) table.u32(at + 40, what));
  }

  int machine() {
    return bytes.u16(18, HEADER);
  }

  int abiVersion() {
    return bytes.u8(8, HEADER);
  }

  long flags() {
    return bytes.u32(48, HEADER);
  }

  Optional<Section> section(String name) {
    return Optional.ofNullable(byName.get(name));
  }

  Optional<Section> firstOfType(int type) {
    return sections.stream().filter(section -> section.type == type).findFirst();
  }

  ImageBytes contents(Section section) {
    return bytes.slice(section.offset, section.size, "section '" + section.name + "' of the cubin");
  }

  /** What a section's link field points to. */
  ImageBytes linked(Section section) {
    if (section.link < 0 || section.link >= sections.size()) {
      throw new MalformedImageException(
          "section '" + section.name + "' of the cubin links nowhere");
    }
    return contents(sections.get(section.link));
  }
}

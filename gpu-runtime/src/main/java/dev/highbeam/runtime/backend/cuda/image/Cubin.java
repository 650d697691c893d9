// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.image;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;

/**
 * Reads the kernels of a cubin, an ELF file with NVIDIA's additions: kernels are the functions of
 * the symbol table that are marked as entry points; their registers are in {@code .nv.info}, their
 * launch bounds in {@code .nv.info.NAME}, their shared memory is the size of {@code
 * .nv.shared.NAME}. These additions are not published: what is used here was read off files of nvcc
 * 13.0, and the architecture only off its ABI version 8.
 */
final class Cubin {

  private static final int CUDA_MACHINE = 190;
  private static final int ABI_OF_CUDA_13 = 8;
  private static final int SYMBOL_BYTES = 24;
  private static final int FUNCTION = 2;
  private static final int ENTRY_POINT = 0x10;

  /** Where it occurs (sm_90 on), a block's first KiB of shared memory belongs to the system. */
  private static final String RESERVED_SYMBOL = ".nv.reservedSmem.offset0";

  private static final int RESERVED_BYTES = 1024;

  /** An attribute is a byte of form, a byte of kind, 16 bits; only this form has more after it. */
  private static final int FORM_WITH_SIZE = 4;

  private static final int ATTRIBUTE_BYTES = 4;
  private static final int REGISTER_COUNT = 0x2f;
  private static final int MAX_THREADS = 0x05;

  private static final int MAX_SYMBOLS = 1 << 16;

  private final ElfFile elf;

  /** Names of kernels by their place in the symbol table. */
  private final Map<Integer, String> kernelNames = new TreeMap<>();

  private boolean hasReservedBytes;

  private Cubin(ElfFile elf) {
    this.elf = elf;
  }

  /** The kernels of a cubin, in the order of its symbol table. */
  static List<ImageKernel> kernels(ImageBytes bytes) {
    Cubin cubin = new Cubin(checked(bytes));
    cubin.readSymbols();
    Map<Integer, Integer> registers = cubin.registersBySymbol();
    List<ImageKernel> kernels = new ArrayList<>();
    cubin.kernelNames.forEach(
        (symbol, name) ->
            kernels.add(
                new ImageKernel(
                    name,
                    registers.getOrDefault(symbol, 0),
                    cubin.staticSharedBytes(name),
                    cubin.maxThreads(name))));
    return kernels;
  }

  /** The architecture that the file itself states, as 90; empty if its ABI is not a known one. */
  static OptionalInt architecture(ImageBytes bytes) {
    ElfFile elf = checked(bytes);
    return elf.abiVersion() == ABI_OF_CUDA_13
        ? OptionalInt.of((int) (elf.flags() >> 8 & 0xffff))
        : OptionalInt.empty();
  }

  private static ElfFile checked(ImageBytes bytes) {
    ElfFile elf = ElfFile.parse(bytes);
    if (elf.machine() != CUDA_MACHINE) {
      throw new MalformedImageException("the cubin is for the foreign machine " + elf.machine());
    }
    return elf;
  }

  private void readSymbols() {
    ElfFile.Section table =
        elf.firstOfType(ElfFile.SYMBOL_TABLE)
            .orElseThrow(() -> new MalformedImageException("the cubin has no symbol table"));
    ImageBytes entries = elf.contents(table);
    ImageBytes names = elf.linked(table);
    int count = entries.length() / SYMBOL_BYTES;
    if (count > MAX_SYMBOLS) {
      throw new MalformedImageException("the cubin has " + count + " symbols");
    }
    for (int i = 0; i < count; i++) {
      String what = "symbol " + i + " of the cubin";
      long at = (long) i * SYMBOL_BYTES;
      String name = names.text(entries.u32(at, what), ElfFile.MAX_NAME_CHARS, what);
      boolean isFunction = (entries.u8(at + 4, what) & 0xf) == FUNCTION;
      boolean isEntryPoint = (entries.u8(at + 5, what) & ENTRY_POINT) != 0;
      if (isFunction && isEntryPoint) {
        kernelNames.put(i, name);
      }
      hasReservedBytes |= name.equals(RESERVED_SYMBOL);
    }
  }

  private Map<Integer, Integer> registersBySymbol() {
    Map<Integer, Integer> registers = new HashMap<>();
    forEachAttribute(
        ".nv.info",
        REGISTER_COUNT,
        value ->
            registers.put(
                (int) value.u32(0, "a register count"), (int) value.u32(4, "a register count")));
    return registers;
  }

  private int maxThreads(String kernel) {
    String what = "the launch bounds of " + kernel;
    List<Integer> threads = new ArrayList<>();
    forEachAttribute(
        ".nv.info." + kernel,
        MAX_THREADS,
        value -> {
          long product = 1;
          for (int dimension = 0; dimension < 3; dimension++) {
            product *= Math.min(value.u32(4L * dimension, what), 1 << 20);
          }
          threads.add((int) Math.min(product, Integer.MAX_VALUE));
        });
    return threads.isEmpty() ? 0 : threads.get(0);
  }

  private int staticSharedBytes(String kernel) {
    long size = elf.section(".nv.shared." + kernel).map(ElfFile.Section::size).orElse(0L);
    long own = hasReservedBytes && size >= RESERVED_BYTES ? size - RESERVED_BYTES : size;
    if (own > Integer.MAX_VALUE) {
      throw new MalformedImageException(
          "the shared memory of " + kernel + " has " + own + " bytes");
    }
    return (int) own;
  }

  private interface ValueReader {
    void read(ImageBytes value);
  }

  private void forEachAttribute(String sectionName, int kind, ValueReader reader) {
    ElfFile.Section section = elf.section(sectionName).orElse(null);
    if (section == null) {
      return;
    }
    String what = "section '" + sectionName + "' of the cubin";
    ImageBytes attributes = elf.contents(section);
    long at = 0;
    while (at < attributes.length()) {
      boolean isSized = attributes.u8(at, what) == FORM_WITH_SIZE;
      long valueBytes = isSized ? attributes.u16(at + 2, what) : 0;
      if (isSized && attributes.u8(at + 1, what) == kind) {
        reader.read(attributes.slice(at + ATTRIBUTE_BYTES, valueBytes, what));
      }
      at += ATTRIBUTE_BYTES + valueBytes;
    }
  }
}

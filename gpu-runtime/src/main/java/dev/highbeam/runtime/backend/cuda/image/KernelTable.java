// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.image;

import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The rows of {@code kernels.tsv} by image and kernel: one line for each, tab-separated, under a
 * line of titles.
 */
final class KernelTable {

  /** The columns in their order; the titles' first two words are checked, the rest may vary. */
  private static final int COLUMN_COUNT = 8;

  private static final int MAX_ROWS = 100_000;

  private final Map<TargetArch, Map<String, KernelRow>> rows;

  private KernelTable(Map<TargetArch, Map<String, KernelRow>> rows) {
    this.rows = rows;
  }

  static KernelTable parse(String text) {
    List<String> lines = text.lines().toList();
    if (lines.isEmpty() || !lines.get(0).startsWith("arch\tkernel\t")) {
      throw new MalformedImageException("kernels.tsv does not begin with its titles");
    }
    if (lines.size() > MAX_ROWS) {
      throw new MalformedImageException("kernels.tsv has " + lines.size() + " lines");
    }
    Map<TargetArch, Map<String, KernelRow>> rows = new LinkedHashMap<>();
    for (int i = 1; i < lines.size(); i++) {
      KernelRow row = row(lines.get(i), i + 1);
      KernelRow other =
          rows.computeIfAbsent(row.arch(), arch -> new LinkedHashMap<>()).put(row.kernel(), row);
      if (other != null) {
        throw new MalformedImageException(
            "kernels.tsv lists " + row.kernel() + " of " + row.arch() + " twice");
      }
    }
    return new KernelTable(rows);
  }

  Set<TargetArch> archs() {
    return Collections.unmodifiableSet(rows.keySet());
  }

  /** The kernels of one image, in the order of the file. */
  Collection<KernelRow> rows(TargetArch arch) {
    return Collections.unmodifiableCollection(rows.getOrDefault(arch, Map.of()).values());
  }

  private static KernelRow row(String line, int number) {
    String[] cells = line.split("\t", -1);
    if (cells.length != COLUMN_COUNT || cells[1].isBlank()) {
      throw new MalformedImageException(
          "line " + number + " of kernels.tsv has not " + COLUMN_COUNT + " columns");
    }
    try {
      return new KernelRow(
          TargetArch.parse(cells[0]),
          cells[1],
          count(cells[2]),
          count(cells[3]),
          count(cells[4]),
          count(cells[5]),
          count(cells[6]),
          count(cells[7]));
    } catch (IllegalArgumentException e) {
      throw new MalformedImageException(
          "line " + number + " of kernels.tsv is broken: " + e.getMessage());
    }
  }

  private static int count(String cell) {
    int value = Integer.parseInt(cell);
    if (value < 0) {
      throw new IllegalArgumentException("negative count " + value);
    }
    return value;
  }
}

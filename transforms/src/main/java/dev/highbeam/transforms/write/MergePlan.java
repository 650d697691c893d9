// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms.write;

import java.util.ArrayList;
import java.util.List;

/**
 * Which parts go into which file: consecutive ones, so that files keep the order of the input, and
 * about equally many bytes each. A pure function of the parts.
 */
final class MergePlan {

  /** Files that are written side by side at most. */
  static final int MAX_FILES = 64;

  /** Bytes of parts from which a further file is worth it. */
  private static final long FILE_BYTES = 128L << 20;

  private MergePlan() {}

  /** The parts of each file; one file without parts if there are none. */
  static List<List<PartFile>> of(Iterable<PartFile> parts) {
    List<PartFile> sorted = new ArrayList<>();
    parts.forEach(sorted::add);
    sorted.sort(PartFile.INPUT_ORDER);
    long total = sorted.stream().mapToLong(PartFile::bytes).sum();
    int count = (int) Math.min(MAX_FILES, Math.max(1, (total + FILE_BYTES - 1) / FILE_BYTES));
    List<List<PartFile>> files = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      files.add(new ArrayList<>());
    }
    long before = 0;
    for (PartFile part : sorted) {
      int file = total == 0 ? 0 : (int) Math.min(count - 1, before * count / total);
      files.get(file).add(part);
      before += part.bytes();
    }
    return files;
  }
}

// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms.write;

import java.io.Serializable;
import java.util.Comparator;
import java.util.List;
import java.util.TreeSet;

/**
 * The rows of one bundle in one file.
 *
 * @param firstSource source of the row that brings the part into order
 * @param firstPosition its position there
 * @param numericsIds what its rows say of the engines that computed them; none for failures
 */
record PartFile(
    String path,
    long rowCount,
    long bytes,
    String firstSource,
    long firstPosition,
    TreeSet<String> numericsIds)
    implements Serializable {

  /** By the place of their rows in the input, as far as one row can tell. */
  static final Comparator<PartFile> INPUT_ORDER =
      Comparator.comparing(PartFile::firstSource)
          .thenComparingLong(PartFile::firstPosition)
          .thenComparing(PartFile::path);

  /** The numerics ids of all rows in these parts, joined by {@code +}. */
  static String numericsIds(List<PartFile> parts) {
    TreeSet<String> all = new TreeSet<>();
    parts.forEach(part -> all.addAll(part.numericsIds));
    return String.join("+", all);
  }
}

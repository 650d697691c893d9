// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms.write;

import java.io.Serializable;
import java.util.Comparator;

/**
 * The rows of one bundle in one file.
 *
 * @param firstSource source of the row that brings the part into order
 * @param firstPosition its position there
 */
record PartFile(String path, long rowCount, long bytes, String firstSource, long firstPosition)
    implements Serializable {

  /** By the place of their rows in the input, as far as one row can tell. */
  static final Comparator<PartFile> INPUT_ORDER =
      Comparator.comparing(PartFile::firstSource)
          .thenComparingLong(PartFile::firstPosition)
          .thenComparing(PartFile::path);
}

// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms;

import dev.highbeam.transforms.shards.FileFacts;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A split of the input, read and prepared.
 *
 * @param number its place in the input
 * @param requests the files of its requests, none of them large
 * @param errors the file of what are none, null if all are
 * @param errorsByCode how many of them for what reason
 */
record ArrangedSplit(
    int number,
    List<FileFacts> requests,
    @Nullable FileFacts errors,
    TreeMap<String, Long> errorsByCode)
    implements Serializable {

  ArrangedSplit {
    requests = new ArrayList<>(requests); // A list of some other kind may not be serialisable.
  }
}

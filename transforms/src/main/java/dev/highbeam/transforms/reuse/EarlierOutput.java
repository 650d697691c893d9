// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms.reuse;

import dev.highbeam.transforms.shards.FileFacts;
import dev.highbeam.transforms.shards.Manifest;
import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The results of a finished job.
 *
 * @param groups all row groups
 * @param rows in them
 */
public record EarlierOutput(List<EarlierGroup> groups, long rows) implements Serializable {

  public EarlierOutput {
    groups = new ArrayList<>(groups); // A list of some other kind may not be serialisable.
  }

  /**
   * Looks at the files that a manifest names.
   *
   * @param results the folder that they lie in
   * @param needed columns that each must have
   * @throws IOException if one is missing, has another length or lacks a column; its message is the
   *     end of a sentence
   */
  public static EarlierOutput of(Manifest manifest, Path results, Set<String> needed)
      throws IOException {
    List<EarlierGroup> groups = new ArrayList<>();
    long rows = 0;
    for (FileFacts facts : manifest.results()) {
      Path file = results.resolve(facts.name());
      if (!Files.isRegularFile(file) || Files.size(file) != facts.bytes()) {
        throw new IOException(file + " is not the file that its job wrote");
      }
      Set<String> missing = new HashSet<>(needed);
      EarlierRows.columns(file).forEach(missing::remove);
      if (!missing.isEmpty()) {
        throw new IOException(file + " has no column " + String.join(", ", missing));
      }
      int count = EarlierRows.rowGroups(file);
      for (int i = 0; i < count; i++) {
        groups.add(new EarlierGroup(groups.size(), results.toString(), facts, i));
      }
      rows += facts.rows();
    }
    return new EarlierOutput(groups, rows);
  }
}

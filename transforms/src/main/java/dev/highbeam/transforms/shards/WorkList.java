// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms.shards;

import dev.highbeam.transforms.read.InputFact;
import dev.highbeam.transforms.rows.Column;
import dev.highbeam.transforms.rows.Columns;
import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/**
 * The content of {@code worklist/_DONE}: what a job has to do, and from what it was made.
 *
 * @param version of this format
 * @param fingerprint what shapes rows, by name: weights, schema, and every setting that does
 * @param inputs the files that were read
 * @param columns of the input
 * @param rows of the input, broken ones included
 * @param shards the requests, in the order in which they are worked off
 * @param errors rows that cannot be served
 * @param errorsByCode how many of them for what reason
 */
public record WorkList(
    int version,
    TreeMap<String, String> fingerprint,
    List<InputFact> inputs,
    List<Column> columns,
    long rows,
    List<Shard> shards,
    List<FileFacts> errors,
    TreeMap<String, Long> errorsByCode)
    implements Serializable {

  public WorkList {
    // Lists of a launcher's making may not be serialisable.
    inputs = new ArrayList<>(inputs);
    columns = new ArrayList<>(columns);
    shards = new ArrayList<>(shards);
    errors = new ArrayList<>(errors);
  }

  public static final int VERSION = 2;

  /** What is known before the input is read. */
  public static WorkList header(
      TreeMap<String, String> fingerprint, List<InputFact> inputs, Columns columns, long rows) {
    return new WorkList(
        VERSION, fingerprint, inputs, columns.list(), rows, List.of(), List.of(), new TreeMap<>());
  }

  /** With what came of reading it. */
  public WorkList with(List<Shard> cut, List<FileFacts> refused, TreeMap<String, Long> byCode) {
    return new WorkList(version, fingerprint, inputs, columns, rows, cut, refused, byCode);
  }

  public static WorkList read(WorkFolder folder) throws IOException {
    return Json.read(folder.done(), WorkList.class);
  }

  public void write(WorkFolder folder) throws OutputException {
    Json.write(folder.done(), this);
  }

  /** Every shard, in the order of its number. */
  public List<Shard> all() {
    return List.copyOf(shards);
  }

  /** Refuses a work list that is no longer what it was; nothing can go on from such a one. */
  public void check(WorkFolder folder) throws IOException {
    List<FileFacts> files = new ArrayList<>(errors);
    shards.forEach(shard -> files.addAll(shard.files()));
    Path place = folder.workList();
    for (FileFacts file : files) {
      String problem = file.problem(place);
      if (problem != null) {
        throw new IOException(
            "the work list is damaged: " + place.resolve(file.name()) + " " + problem);
      }
    }
  }
}

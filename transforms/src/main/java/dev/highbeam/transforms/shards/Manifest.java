// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms.shards;

import dev.highbeam.transforms.read.InputFact;
import java.io.IOException;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/**
 * The content of {@code manifest.json}: what a job made, and from what.
 *
 * @param version of this format
 * @param fingerprint as the work list had it
 * @param inputs as the work list had them
 * @param rows of the input
 * @param counts how they ended
 * @param results files in results/
 * @param errors files in errors/
 */
public record Manifest(
    int version,
    TreeMap<String, String> fingerprint,
    List<InputFact> inputs,
    long rows,
    RowCounts counts,
    List<FileFacts> results,
    List<FileFacts> errors)
    implements Serializable {

  public Manifest {
    // Lists of a launcher's making may not be serialisable.
    inputs = new ArrayList<>(inputs);
    results = new ArrayList<>(results);
    errors = new ArrayList<>(errors);
  }

  public static Manifest read(WorkFolder folder) throws IOException {
    return Json.read(folder.manifest(), Manifest.class);
  }

  public void write(WorkFolder folder) throws OutputException {
    Json.write(folder.manifest(), this);
  }
}

// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms.read;

import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * By what a file of the input is known again without reading it.
 *
 * @param path absolute
 * @param source what its rows carry
 * @param bytes its length
 * @param modified when it was last written, as text
 */
public record InputFact(String path, String source, long bytes, String modified)
    implements Serializable {

  /** The files that inputs mean now, by path. */
  public static List<InputFact> of(List<String> inputs) throws IOException {
    List<InputFact> facts = new ArrayList<>();
    for (InputFiles.InputFile file : InputFiles.find(inputs).files()) {
      facts.add(
          new InputFact(
              file.path().toString(),
              file.source(),
              Files.size(file.path()),
              Files.getLastModifiedTime(file.path()).toString()));
    }
    return facts;
  }

  /** The first difference, as a sentence that names the file; null if there is none. */
  public static @Nullable String change(List<InputFact> before, List<InputFact> now) {
    Map<String, InputFact> old = new TreeMap<>();
    before.forEach(fact -> old.put(fact.path, fact));
    for (InputFact fact : now) {
      InputFact known = old.remove(fact.path);
      if (known == null) {
        return fact.path + " was not there";
      }
      String change = fact.changeSince(known);
      if (change != null) {
        return fact.path + " " + change;
      }
    }
    return old.isEmpty() ? null : old.keySet().iterator().next() + " is no longer there";
  }

  private @Nullable String changeSince(InputFact known) {
    if (bytes != known.bytes) {
      return "has " + bytes + " bytes, had " + known.bytes;
    }
    if (!modified.equals(known.modified)) {
      return "was written at " + modified + ", before at " + known.modified;
    }
    return source.equals(known.source) ? null : "gives rows the source " + source;
  }
}

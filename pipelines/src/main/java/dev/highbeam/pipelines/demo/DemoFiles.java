// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.pipelines.demo;

import dev.highbeam.pipelines.options.UsageException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;

/**
 * The demo's model and data, which the program carries as resources so that the demo works wherever
 * the jar lies. They are laid out in a folder, from which anybody can start the same job by hand.
 *
 * @param folder where they lie
 */
public record DemoFiles(Path folder) {

  static final String RESOURCES = "/META-INF/highbeam/demo/";

  /** Everything that the demo needs, relative to examples/demo. */
  static final List<String> NAMES =
      List.of(
          "job.yaml",
          "keywords.json",
          "messages.jsonl",
          "model/config.json",
          "model/model.safetensors",
          "model/tokenizer.json",
          "model/tokenizer_config.json");

  /**
   * Lays the files out, over what an earlier demo left.
   *
   * @throws UsageException if this build carries no demo or the folder cannot be written
   */
  public static DemoFiles unpack(Path folder) {
    try {
      for (String name : NAMES) {
        Path target = folder.resolve(name);
        Files.createDirectories(target.getParent());
        try (InputStream in = DemoFiles.class.getResourceAsStream(RESOURCES + name)) {
          if (in == null) {
            throw new UsageException("this build carries no demo: " + name + " is missing");
          }
          Files.copy(in, target, StandardCopyOption.REPLACE_EXISTING);
        }
      }
    } catch (IOException e) {
      throw new UsageException("cannot lay the demo's files out in " + folder + ": " + e, e);
    }
    return new DemoFiles(folder);
  }

  public Path model() {
    return folder.resolve("model");
  }

  public Path messages() {
    return folder.resolve("messages.jsonl");
  }

  public Path config() {
    return folder.resolve("job.yaml");
  }

  public Path keywords() {
    return folder.resolve("keywords.json");
  }
}

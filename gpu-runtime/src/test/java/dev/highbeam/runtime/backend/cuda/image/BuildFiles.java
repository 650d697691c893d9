// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.image;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The files that a build puts into its jar, for fatbins of {@link FatbinBytes}; changeable. */
final class BuildFiles implements KernelImages.Resources {

  static final String PROPERTIES = "META-INF/highbeam/kernels.properties";
  static final String TABLE = "META-INF/highbeam/kernels/kernels.tsv";
  static final String FATBIN = "META-INF/highbeam/kernels/kernels.fatbin";

  private final Map<String, byte[]> files = new HashMap<>();

  static BuildFiles of(String... archs) {
    BuildFiles files = new BuildFiles();
    files.put(FATBIN, FatbinBytes.of(archs).toBytes());
    files.put(
        PROPERTIES,
        "format=1\nimages="
            + archs.length
            + "\nfatbin="
            + FATBIN
            + "\nnvcc=13.0.88\nsourceHash="
            + "0123456789abcdef".repeat(4)
            + "\narchs="
            + String.join(",", archs)
            + "\n");
    StringBuilder table =
        new StringBuilder(
            "arch\tkernel\tregisters\tstatic_shared\tmax_threads\tspill_stores\tspill_loads\tstack\n");
    for (String arch : archs) {
      String numbers = arch.startsWith("sm_") ? "8\t256" : "0\t0";
      table.append(arch).append("\tadd_one\t").append(numbers).append("\t128\t0\t0\t0\n");
    }
    files.put(TABLE, table.toString());
    return files;
  }

  void put(String name, byte[] contents) {
    files.put(name, contents);
  }

  void put(String name, String contents) {
    files.put(name, contents.getBytes(StandardCharsets.UTF_8));
  }

  void remove(String name) {
    files.remove(name);
  }

  /** Replaces a part of a text file, which must be there. */
  BuildFiles edit(String name, String part, String by) {
    String before = text(name);
    if (!before.contains(part)) {
      throw new IllegalArgumentException(name + " does not contain " + part);
    }
    put(name, before.replace(part, by));
    return this;
  }

  String text(String name) {
    return new String(files.get(name), StandardCharsets.UTF_8);
  }

  @Override
  public byte @Nullable [] read(String name) {
    return files.get(name);
  }
}

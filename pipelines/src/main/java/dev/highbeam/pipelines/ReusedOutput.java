// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.pipelines;

import dev.highbeam.pipelines.job.OutputFolder;
import dev.highbeam.pipelines.options.JobSetting;
import dev.highbeam.pipelines.options.JobSettings;
import dev.highbeam.pipelines.options.UsageException;
import dev.highbeam.schemas.InferenceSchemas;
import dev.highbeam.schemas.ResultFields;
import dev.highbeam.transforms.Reuse;
import dev.highbeam.transforms.reuse.EarlierOutput;
import dev.highbeam.transforms.shards.Manifest;
import dev.highbeam.transforms.shards.WorkFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.avro.Schema;
import org.jspecify.annotations.Nullable;

/**
 * The finished job whose rows this one takes where they are what it would compute. A row says by
 * its request fingerprint and its seed what was asked, and by its numerics_id on what kind of
 * device; what no row says (weights, arithmetic, length of the context) is compared here. If that
 * differs, no row could be taken, which is refused before the job costs what it was to save.
 */
final class ReusedOutput {

  /** What decides every row and stands in none. */
  private static final Set<String> SHARED =
      Set.of("weights", "dtype", "kv_cache_dtype", "quantization", "max_model_len");

  /** Columns that a file has only if they were asked for. */
  private static final Set<String> OPTIONAL =
      Set.of(
          ResultFields.TOKEN_IDS,
          ResultFields.TOKEN_LOGPROBS,
          ResultFields.TOP_LOGPROBS,
          ResultFields.PROMPT_LOGPROBS,
          ResultFields.COLUMNS);

  private ReusedOutput() {}

  /**
   * The rows that the settings name, null if they name none.
   *
   * @param fingerprint of this job
   * @throws UsageException if there is no finished job, or none whose rows could be taken
   */
  static @Nullable Reuse of(JobSettings settings, Path output, Map<String, String> fingerprint) {
    String named = (String) settings.get(JobSetting.REUSE);
    if (named == null) {
      return null;
    }
    try {
      Path earlier = Path.of(named);
      requireOther(earlier, output);
      WorkFolder folder = WorkFolder.in(earlier);
      if (!Files.exists(earlier.resolve(OutputFolder.SUCCESS))
          || !Files.exists(folder.manifest())) {
        throw new UsageException(
            "--reuse: "
                + named
                + " holds no finished job (that would have "
                + OutputFolder.SUCCESS
                + " and "
                + WorkFolder.MANIFEST
                + ")");
      }
      Manifest manifest = Manifest.read(folder);
      String change = JobFingerprint.change(shared(manifest.fingerprint()), shared(fingerprint));
      if (change != null) {
        throw new UsageException("--reuse: no row of " + named + " can be taken: " + change);
      }
      boolean tokenIds = settings.isOn(JobSetting.OUTPUT_TOKEN_IDS);
      Path results = earlier.toAbsolutePath().normalize().resolve(OutputFolder.RESULTS);
      return new Reuse(
          EarlierOutput.of(manifest, results, needed(tokenIds)),
          (Long) settings.job().require(JobSetting.SEED),
          tokenIds);
    } catch (IOException | InvalidPathException e) {
      throw new UsageException(
          "--reuse: no row of " + named + " can be taken: " + e.getMessage(), e);
    }
  }

  private static void requireOther(Path earlier, Path output) throws IOException {
    if (Files.exists(earlier) && Files.exists(output) && Files.isSameFile(earlier, output)) {
      throw new UsageException(
          "--reuse: "
              + earlier
              + " is the output folder itself; what is done there is kept without this option");
    }
  }

  private static Map<String, String> shared(Map<String, String> fingerprint) {
    TreeMap<String, String> shared = new TreeMap<>(fingerprint);
    shared.keySet().retainAll(SHARED);
    return shared;
  }

  private static Set<String> needed(boolean tokenIds) {
    Set<String> needed = new TreeSet<>();
    InferenceSchemas.RESULT.getFields().stream().map(Schema.Field::name).forEach(needed::add);
    needed.removeAll(OPTIONAL);
    if (tokenIds) {
      needed.add(ResultFields.TOKEN_IDS);
    }
    return needed;
  }
}

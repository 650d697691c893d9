// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.pipelines;

import dev.highbeam.pipelines.job.OutputFolder;
import dev.highbeam.pipelines.options.JobSetting;
import dev.highbeam.pipelines.options.JobSettings;
import dev.highbeam.pipelines.options.UsageException;
import dev.highbeam.runtime.api.InvalidSettingException;
import dev.highbeam.transforms.read.InputFact;
import dev.highbeam.transforms.shards.Manifest;
import dev.highbeam.transforms.shards.WorkFolder;
import dev.highbeam.transforms.shards.WorkList;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What an earlier run left in the output folder that this one may go on with. Refuses, by the name
 * of what differs, to mix two jobs.
 *
 * @param workList what there is to do, or null if that is not known yet
 * @param manifest what was made, if the job is done, else null
 */
record EarlierWork(@Nullable WorkList workList, @Nullable Manifest manifest) {

  static final EarlierWork NONE = new EarlierWork(null, null);

  /**
   * Looks for work of the same job.
   *
   * @param fingerprint of this job; asked for only if there is something to compare with
   * @throws UsageException if the folder holds another job's output, or one that cannot go on
   */
  static EarlierWork in(
      Path output, JobSettings settings, Supplier<Map<String, String>> fingerprint) {
    WorkFolder folder = WorkFolder.in(output);
    try {
      if (Files.exists(output.resolve(OutputFolder.SUCCESS)) && Files.exists(folder.manifest())) {
        Manifest manifest = Manifest.read(folder);
        requireSame(output, settings, manifest.fingerprint(), fingerprint.get(), manifest.inputs());
        return new EarlierWork(null, manifest);
      }
      if (Files.exists(folder.done())) {
        WorkList work = WorkList.read(folder);
        requireSame(output, settings, work.fingerprint(), fingerprint.get(), work.inputs());
        work.check(folder);
        return new EarlierWork(work, null);
      }
    } catch (IOException e) {
      throw new UsageException(
          "--output: cannot go on in " + output + ": " + e.getMessage() + orFresh(), e);
    }
    new OutputFolder(output).requireNoRows();
    return NONE;
  }

  private static void requireSame(
      Path output,
      JobSettings settings,
      Map<String, String> before,
      Map<String, String> now,
      List<InputFact> inputs)
      throws IOException {
    String change = JobFingerprint.change(before, now);
    if (change != null) {
      throw new UsageException(
          "--output: " + output + " holds the output of another job: " + change + orFresh());
    }
    String input = settings.text(JobSetting.INPUT);
    String inputChange;
    try {
      inputChange = InputFact.change(inputs, InputFact.of(List.of(input)));
    } catch (InvalidSettingException e) {
      throw new UsageException(String.valueOf(e.getMessage()), e);
    }
    if (inputChange != null) {
      throw new UsageException(
          "--input: the input is not what the job in "
              + output
              + " began with: "
              + inputChange
              + orFresh());
    }
  }

  private static String orFresh() {
    return "; choose another folder, or begin again with --mode=fresh";
  }
}

// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.pipelines.cli;

import dev.highbeam.pipelines.options.Deadline;
import dev.highbeam.pipelines.options.JobSetting;
import dev.highbeam.pipelines.options.JobSettings;
import dev.highbeam.runtime.api.EngineSetting;
import java.io.PrintWriter;
import java.time.Instant;
import java.util.Map;

/**
 * What a program does differently that the launcher has started again because its process ended. It
 * goes on where that one stopped, whatever --mode says: what that had made durable must not be
 * removed or refused. And if it ended because its device was lost, kernels run one behind the other
 * now, and each is waited for: slower, with the same bits, but the next fault names its op instead
 * of all that were under way.
 */
final class Restart {

  /** How often the launcher has started the command again; set by it. */
  static final String VARIABLE = "HIGHBEAM_RESTARTS";

  /** The exit code of the process before this one; set by the launcher. */
  static final String ENDED = "HIGHBEAM_ENDED";

  /** When the launcher was started, in seconds since 1970; set by it. */
  static final String SINCE = "HIGHBEAM_SINCE";

  private static final String DEVICE_LOST = "70";

  private Restart() {}

  /** The settings of this start; what the user said about cuda_sync stands. */
  static JobSettings settings(JobSettings said, Map<String, String> environment, PrintWriter err) {
    boolean isFirst = environment.getOrDefault(VARIABLE, "0").equals("0");
    String device = String.valueOf(said.get(EngineSetting.DEVICE));
    boolean mayBeGpu = !device.equals("cpu") && !device.equals("reference");
    if (isFirst) {
      return said;
    }
    JobSettings goesOn = withDeadline(said, environment).with(JobSetting.MODE, "resume");
    boolean wasLost = environment.getOrDefault(ENDED, DEVICE_LOST).equals(DEVICE_LOST);
    if (!wasLost || !mayBeGpu || said.engine().isSet(EngineSetting.CUDA_SYNC)) {
      return goesOn;
    }
    err.println(
        "highbeam: a device was lost, so this start has cuda_sync=true, which names the op of the"
            + " next fault; --cudaSync=false if you prefer speed");
    return goesOn.with(EngineSetting.CUDA_SYNC, true);
  }

  /** A duration counts from the first start. */
  private static JobSettings withDeadline(JobSettings said, Map<String, String> environment) {
    Object deadline = said.get(JobSetting.DEADLINE);
    String since = environment.getOrDefault(SINCE, "");
    if (deadline == null || !since.matches("\\d{1,12}")) {
      return said;
    }
    Instant start = Instant.ofEpochSecond(Long.parseLong(since));
    return said.with(
        JobSetting.DEADLINE, Deadline.parse((String) deadline).after(start).toString());
  }
}

// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.engine;

import dev.highbeam.runtime.api.EngineConfig;
import dev.highbeam.runtime.api.EngineSetting;
import dev.highbeam.runtime.api.Finding;
import dev.highbeam.runtime.api.Settings;
import dev.highbeam.runtime.backend.Backends;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;

/**
 * Looks at the devices of this machine for people who ask why one is not used. Starts their
 * drivers, which can take seconds and, with a broken GPU, for ever; it does not wait for ever.
 */
public final class DeviceCheck {

  private static final Duration LIMIT = Duration.ofSeconds(60);

  private DeviceCheck() {}

  /** Looks as the settings say; a model need not be among them. */
  public static List<Finding> look(Settings<EngineSetting> settings) {
    return look(settings, Backends::report, LIMIT);
  }

  static List<Finding> look(
      Settings<EngineSetting> settings,
      Function<EngineConfig, List<Finding>> report,
      Duration limit) {
    // Devices do not depend on the model, a configuration does.
    EngineConfig config =
        EngineConfig.of(
            settings.isSet(EngineSetting.MODEL)
                ? settings
                : settings.with(EngineSetting.MODEL, "none"));
    FutureTask<List<Finding>> task = new FutureTask<>(() -> report.apply(config));
    Thread thread = new Thread(task, "highbeam-device-check");
    thread.setDaemon(true);
    thread.start();
    try {
      return task.get(limit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      return List.of(
          new Finding(
              false,
              "devices",
              "the driver has not answered for "
                  + limit.toSeconds()
                  + " s: a GPU hangs, look at nvidia-smi and dmesg, or restart the machine"));
    } catch (ExecutionException e) {
      return List.of(new Finding(false, "devices", "looking at them failed: " + e.getCause()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return List.of();
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms;

import static org.assertj.core.api.Assertions.assertThat;

import dev.highbeam.runtime.api.EngineConfig;
import dev.highbeam.runtime.api.EngineSetting;
import dev.highbeam.runtime.api.SamplingSetting;
import dev.highbeam.runtime.api.Settings;
import dev.highbeam.runtime.engine.EngineStats;
import dev.highbeam.runtime.engine.SharedEngines;
import dev.highbeam.transforms.rows.Columns;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.apache.avro.generic.GenericRecord;
import org.apache.beam.sdk.values.TupleTag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the real engine holds for a bundle that its runner gives up. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
final class AbandonedBundleTest {

  private static final Path MODEL =
      Path.of(System.getProperty("highbeam.root", "../.."), "examples/demo/model").toAbsolutePath();
  private static final EngineConfig CONFIG =
      EngineConfig.of(
          Settings.none(EngineSetting.class)
              .with(EngineSetting.MODEL, MODEL.toString())
              .with(EngineSetting.DEVICE, "cpu")
              .with(EngineSetting.CPU_THREADS, 1)
              .with(EngineSetting.ENABLE_PREFIX_CACHING, false)
              .with(EngineSetting.MAX_NUM_SEQS, 4));

  /** So long that none ends while the test looks. */
  private static final Settings<SamplingSetting> LONG =
      Settings.none(SamplingSetting.class).with(SamplingSetting.IGNORE_EOS, true);

  private static GenerateFn fn() {
    GenerateFn fn =
        new GenerateFn(
            SharedEngines::acquire,
            CONFIG,
            new Generate.Options(Columns.NONE, 0, false, 0, "abandoned-bundle"),
            new TupleTag<GenericRecord>() {},
            new TupleTag<GenericRecord>() {});
    fn.setUp();
    fn.startBundle();
    return fn;
  }

  private static void submit(GenerateFn fn, String id) throws InterruptedException {
    InferenceRequest request = InferenceRequest.of(id, "Message: " + id).withSampling(LONG);
    fn.process(request, null, null, null, null);
  }

  private static EngineStats stats() {
    assertThat(SharedEngines.running()).as("one engine for all instances").hasSize(1);
    return SharedEngines.running().values().iterator().next();
  }

  /** The engine's counters once they are so. */
  private static EngineStats await(Predicate<EngineStats> condition) throws InterruptedException {
    CountDownLatch never = new CountDownLatch(1);
    EngineStats stats = stats();
    while (!condition.test(stats)) {
      assertThat(never.await(5, TimeUnit.MILLISECONDS)).isFalse();
      stats = stats();
    }
    return stats;
  }

  @Test
  void S3_14_givenAbandonedBundle_itsRequestsAreCancelledAndTheirPagesFreed_othersGoOn()
      throws Exception {
    GenerateFn abandoned = fn();
    GenerateFn other = fn();
    try {
      submit(other, "other");
      for (int i = 0; i < 6; i++) {
        submit(abandoned, "abandoned-" + i);
      }
      EngineStats full = await(stats -> stats.running() == 4 && stats.waiting() == 3);
      assertThat(full.pagesInUse()).isGreaterThanOrEqualTo(4);

      abandoned.startBundle(); // The runner tries again; it never says that it gave up.
      EngineStats after = await(stats -> stats.running() + stats.waiting() == 1);
      assertThat(after.finishedRequests()).as("each has one end").isEqualTo(6);
      assertThat(after.pagesInUse()).isPositive().isLessThan(after.pageCount());
      abandoned.finishBundle(null); // Nothing to wait for.

      other.tearDown();
      EngineStats empty = await(stats -> stats.running() + stats.waiting() == 0);
      assertThat(empty.pagesInUse()).isZero();
    } finally {
      abandoned.tearDown();
      other.tearDown();
    }
  }
}

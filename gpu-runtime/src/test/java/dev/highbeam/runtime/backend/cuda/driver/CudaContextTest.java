// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.driver;

import static dev.highbeam.runtime.backend.cuda.driver.EmulatedGpu.ANOTHER_SM_80;
import static dev.highbeam.runtime.backend.cuda.driver.EmulatedGpu.SM_80;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.highbeam.runtime.backend.cuda.driver.EmulatedGpu.Counter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Pattern;
import jcuda.driver.CUcontext;
import jcuda.driver.JCudaDriver;
import org.junit.jupiter.api.Test;

final class CudaContextTest {

  private static final Pattern CONTEXT = Pattern.compile("\"ctx\":(\\d+)");

  private static CUcontext current() {
    CUcontext current = new CUcontext();
    CudaException.check(JCudaDriver.cuCtxGetCurrent(current), "cuCtxGetCurrent", "test");
    return current;
  }

  /** Uses every kind of handle once. */
  private static void useEverything(AddKernel add) {
    add.upload(3);
    Launch launch = add.launch("add");
    add.stream.launch(launch);
    add.stream.fill(add.a.pointer(), (byte) 0);
    add.stream.copy(add.a.pointer(), add.b.pointer());
    try (CudaEvent event = add.context.event();
        CudaStream second = add.context.stream("second")) {
      add.stream.record(event);
      second.waitFor(event);
      second.synchronize();
      event.synchronize();
      assertThat(event.isDone()).isTrue();
      assertThat(second.isDone()).isTrue();
    }
    try (CudaGraph graph = add.stream.capture("graph", () -> add.stream.launch(launch))) {
      graph.launch(add.stream);
    }
    assertThat(add.context.memoryInfo().freeBytes()).isPositive();
    assertThat(add.function.activeBlocksPerMultiprocessor(AddKernel.BLOCK, 0)).isPositive();
    assertThat(add.download()).hasSize(AddKernel.COUNT);
  }

  @Test
  void S2_1_givenAnotherContextCurrent_everyCall_usesItsOwnAndRestoresTheCallers() {
    try (CudaContext mine = EmulatedGpu.context(SM_80);
        CudaContext other = EmulatedGpu.context(ANOTHER_SM_80);
        AddKernel add = new AddKernel(mine)) {
      other.run(
          () -> {
            CUcontext before = current();
            useEverything(add);
            assertThat(current()).isEqualTo(before);
            assertThat(before).isNotEqualTo(new CUcontext());
          });
    }
  }

  @Test
  void S2_1_givenNoContextCurrent_everyCall_leavesNone() {
    try (CudaContext mine = EmulatedGpu.context(SM_80)) {
      try (AddKernel add = new AddKernel(mine)) {
        assertThat(current()).isEqualTo(new CUcontext());
        useEverything(add);
        assertThat(current()).isEqualTo(new CUcontext());
      }
      assertThat(current()).isEqualTo(new CUcontext());
    }
  }

  @Test
  void S2_1_givenAnotherContextCurrent_theDriver_seesOnlyTheHandlesOwnContext() {
    EmulatedGpu.emulator();
    try (CudaContext mine = EmulatedGpu.context(SM_80);
        CudaContext other = EmulatedGpu.context(ANOTHER_SM_80)) {
      List<String> calls =
          EmulatedGpu.calls(
              () ->
                  other.run(
                      () -> {
                        try (AddKernel add = new AddKernel(mine)) {
                          useEverything(add);
                        }
                      }));
      List<String> contexts =
          calls.stream()
              .filter(line -> !line.contains("cuCtx"))
              .map(CONTEXT::matcher)
              .filter(matcher -> matcher.find())
              .map(matcher -> matcher.group(1))
              .distinct()
              .toList();
      assertThat(contexts).as(String.join("\n", calls)).hasSize(1);
    }
  }

  @Test
  void S2_1_givenBodyThatThrows_run_restoresTheCallers() {
    try (CudaContext mine = EmulatedGpu.context(SM_80)) {
      assertThatThrownBy(
              () ->
                  mine.run(
                      () -> {
                        throw new ArithmeticException("planted");
                      }))
          .isInstanceOf(ArithmeticException.class);
      assertThat(current()).isEqualTo(new CUcontext());
    }
  }

  @Test
  void S2_1_givenForeignCodeThatChangesTheContext_nextCall_usesItsOwn() {
    try (CudaContext mine = EmulatedGpu.context(SM_80);
        CudaContext other = EmulatedGpu.context(ANOTHER_SM_80);
        AddKernel add = new AddKernel(mine)) {
      CUcontext others = other.call(CudaContextTest::current);
      mine.run(
          () -> {
            // As another CUDA library on the same thread might.
            CudaException.check(JCudaDriver.cuCtxPushCurrent(others), "cuCtxPushCurrent", "test");
            assertThat(add.add(2)).isEqualTo(AddKernel.expected(2));
            assertThat(current()).isEqualTo(others);
            JCudaDriver.cuCtxPopCurrent(new CUcontext());
          });
    }
  }

  /** Runs the task on so many threads at once and returns what they returned. */
  private static <T> List<T> onThreads(int threads, Callable<T> task) throws Exception {
    ExecutorService pool =
        Executors.newFixedThreadPool(threads, body -> new Thread(body, "context-test"));
    CyclicBarrier start = new CyclicBarrier(threads);
    try {
      List<Future<T>> futures = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        futures.add(
            pool.submit(
                () -> {
                  start.await();
                  return task.call();
                }));
      }
      List<T> results = new ArrayList<>();
      for (Future<T> future : futures) {
        results.add(future.get());
      }
      return results;
    } finally {
      pool.shutdownNow();
    }
  }

  @Test
  void S3_2_givenSixteenThreads_acquire_makesOneContextAndTheLastCloseDestroysIt()
      throws Exception {
    CudaDriver driver = EmulatedGpu.emulator();
    int created = EmulatedGpu.count(Counter.CONTEXTS_CREATED, SM_80);
    int destroyed = EmulatedGpu.count(Counter.CONTEXTS_DESTROYED, SM_80);
    List<CudaContext> leases = onThreads(16, () -> CudaContext.acquire(driver, SM_80));
    assertThat(leases).allMatch(lease -> lease.isSameContextAs(leases.get(0)));
    assertThat(EmulatedGpu.count(Counter.CONTEXTS_CREATED, SM_80)).isEqualTo(created + 1);

    // Closed twice, each lease counts once: the sixteenth still has its context.
    leases.subList(1, 16).forEach(CudaContext::close);
    leases.subList(1, 16).forEach(CudaContext::close);
    assertThatCode(leases.get(0)::checkUsable).doesNotThrowAnyException();
    assertThat(EmulatedGpu.count(Counter.CONTEXTS_DESTROYED, SM_80)).isEqualTo(destroyed);
    leases.get(0).close();
    leases.get(0).close();
    assertThat(EmulatedGpu.count(Counter.CONTEXTS_DESTROYED, SM_80)).isEqualTo(destroyed + 1);
  }

  @Test
  void S3_2_givenContextClosed_acquire_makesAnother() {
    CudaContext first = EmulatedGpu.context(SM_80);
    first.close();
    assertThatThrownBy(() -> first.allocate(1, "late"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("closed");
    try (CudaContext second = EmulatedGpu.context(SM_80);
        DeviceMemory memory = second.allocate(1, "memory")) {
      assertThat(memory.isClosed()).isFalse();
    }
  }

  @Test
  void S3_3_givenEightThreadsWithoutContext_eachLaunch_works() throws Exception {
    try (CudaContext context = EmulatedGpu.context(SM_80)) {
      List<float[]> rows =
          onThreads(
              8,
              () -> {
                try (AddKernel add = new AddKernel(context)) {
                  return add.add(5);
                }
              });
      assertThat(rows).allSatisfy(row -> assertThat(row).isEqualTo(AddKernel.expected(5)));
    }
  }

  @Test
  void S3_3_givenHandlesMadeOnOneThread_anotherThread_launchesAndClosesThem() throws Exception {
    try (CudaContext context = EmulatedGpu.context(SM_80)) {
      AddKernel add = onThreads(1, () -> new AddKernel(context)).get(0);
      for (int i = 0; i < 3; i++) {
        float[] row =
            onThreads(
                    1,
                    () -> {
                      return add.add(7);
                    })
                .get(0);
        assertThat(row).isEqualTo(AddKernel.expected(7));
      }
      add.close();
      assertThat(context.openHandles()).isEmpty();
    }
  }

  @Test
  void givenOpenHandles_lastClose_namesThemAndFreesThem() {
    CudaDriver driver = EmulatedGpu.emulator();
    CudaContext first = CudaContext.acquire(driver, SM_80);
    CudaContext last = CudaContext.acquire(driver, SM_80);
    DeviceMemory memory = first.allocate(1 << 20, "weights");
    CudaStream stream = first.stream("step");
    // Another lease may still use them.
    first.close();
    assertThat(memory.isClosed()).isFalse();
    assertThat(last.openHandles()).containsExactly("device memory 'weights'", "stream 'step'");
    // The build sets -Dhighbeam.cuda.leaks=fail for tests.
    assertThatThrownBy(last::close)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("open handles: device memory 'weights', stream 'step'");
    assertThat(memory.isClosed()).isTrue();
    assertThat(stream.isClosed()).isTrue();
    assertThat(EmulatedGpu.count(Counter.LIVE_ALLOCATIONS, SM_80)).isZero();
    assertThat(EmulatedGpu.count(Counter.LIVE_CONTEXTS, SM_80)).isZero();
    // What went with its context can be closed, in any order.
    memory.close();
    stream.close();
  }
}

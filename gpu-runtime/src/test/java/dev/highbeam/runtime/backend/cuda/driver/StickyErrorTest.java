// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.driver;

import static dev.highbeam.runtime.backend.cuda.driver.EmulatedGpu.ANOTHER_SM_80;
import static dev.highbeam.runtime.backend.cuda.driver.EmulatedGpu.SM_80;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.highbeam.runtime.backend.cuda.driver.EmulatedGpu.Counter;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** S2-12: the first fatal failure ends a context, with the name of what was running. */
final class StickyErrorTest {

  private CudaContext context;
  private AddKernel add;

  @BeforeEach
  void open() {
    context = CudaContext.acquire(EmulatedGpu.emulator(), SM_80);
    add = new AddKernel(context);
    add.upload(2);
  }

  @AfterEach
  void close() {
    if (add != null) {
      EmulatedGpu.removeFaults();
      add.close();
      context.close();
    }
  }

  private StickyCudaException failAtSynchronize() {
    return catchThrowableOfType(StickyCudaException.class, add.stream::synchronize);
  }

  @Test
  void S2_12_givenKernelFaults_theNextWait_namesWhatWasRunning() {
    EmulatedGpu.plantFaults("run:vector_add@2=700");
    add.stream.launch(add.launch("attention of layer 3"));
    add.stream.synchronize();
    add.stream.launch(add.launch("norm of layer 4"));
    StickyCudaException failure = failAtSynchronize();
    assertThat(failure.code()).isEqualTo(700);
    assertThat(failure.codeName()).isEqualTo("CUDA_ERROR_ILLEGAL_ADDRESS");
    // What the earlier wait covered is out of the question.
    assertThat(failure.running()).containsExactly("norm of layer 4");
    assertThat(failure).hasMessageEndingWith("running then: norm of layer 4");
  }

  @Test
  void S2_12_givenSeveralInFlight_theFailure_namesThemOldestFirst() {
    EmulatedGpu.plantFaults("run:vector_add@2=700");
    List<String> labels = List.of("embed", "norm", "gather");
    labels.forEach(label -> add.stream.launch(add.launch(label)));
    StickyCudaException failure = failAtSynchronize();
    assertThat(failure.running()).isEqualTo(labels);
    assertThat(failure).hasMessageEndingWith("one of (oldest first) embed, norm, gather");
  }

  @Test
  void S2_12_givenEventPassed_whatLiesBeforeIt_isNotNamed() {
    EmulatedGpu.plantFaults("run:vector_add@2=700");
    try (CudaEvent event = context.event()) {
      add.stream.launch(add.launch("first"));
      add.stream.record(event);
      add.stream.launch(add.launch("second"));
      event.synchronize();
      assertThat(failAtSynchronize().running()).containsExactly("second");
    }
  }

  @Test
  void S2_12_givenGraphFaults_theFailure_namesTheGraph() {
    try (CudaGraph graph =
        add.stream.capture("decode 8", () -> add.stream.launch(add.launch("add")))) {
      EmulatedGpu.plantFaults("run:vector_add@1=719");
      graph.launch(add.stream);
      assertThat(failAtSynchronize().running()).containsExactly("graph 'decode 8'");
    }
  }

  @Test
  void S2_12_givenFailure_everyLaterUse_throwsTheFirstCauseAndReachesNoDriver() {
    EmulatedGpu.plantFaults("run:vector_add@1=700");
    Launch launch = add.launch("add");
    add.stream.launch(launch);
    StickyCudaException first = failAtSynchronize();
    EmulatedGpu.removeFaults();
    int calls = EmulatedGpu.count(Counter.CALLS, SM_80);
    CudaDriver driver = EmulatedGpu.driver();
    List<Runnable> uses =
        List.of(
            () -> add.stream.launch(launch),
            add.stream::synchronize,
            () -> add.stream.fill(add.a.pointer(), (byte) 0),
            () -> context.allocate(64, "late"),
            () -> context.stream("late"),
            () -> context.run(() -> {}),
            context::checkUsable,
            () -> CudaContext.acquire(driver, SM_80));
    for (Runnable use : uses) {
      assertThatThrownBy(use::run)
          .isInstanceOf(StickyCudaException.class)
          .hasMessage(first.getMessage())
          .hasCause(first);
    }
    // Reading this counter is itself one call, each time.
    assertThat(EmulatedGpu.count(Counter.CALLS, SM_80) - calls).isLessThanOrEqualTo(4);
  }

  @Test
  void S2_12_givenFailure_anotherThread_meetsTheFirstCause() {
    EmulatedGpu.plantFaults("run:vector_add@1=700");
    add.stream.launch(add.launch("add"));
    StickyCudaException first = failAtSynchronize();
    assertThatThrownBy(() -> CompletableFuture.runAsync(() -> context.allocate(1, "other")).join())
        .isInstanceOf(CompletionException.class)
        .cause()
        .isInstanceOf(StickyCudaException.class)
        .hasCause(first);
  }

  @Test
  void S2_12_givenFailureOnOneDevice_anotherDevice_goesOn() {
    EmulatedGpu.plantFaults("run:vector_add@1=700");
    add.stream.launch(add.launch("add"));
    assertThat(failAtSynchronize()).isNotNull();
    EmulatedGpu.removeFaults();
    try (CudaContext other = EmulatedGpu.context(ANOTHER_SM_80);
        AddKernel healthy = new AddKernel(other)) {
      assertThat(healthy.add(3)).isEqualTo(AddKernel.expected(3));
    }
  }

  @Test
  void givenFailure_afterTheLastClose_aNewContextWorks() {
    EmulatedGpu.plantFaults("run:vector_add@1=700");
    add.stream.launch(add.launch("add"));
    assertThat(failAtSynchronize()).isNotNull();
    EmulatedGpu.removeFaults();
    add.close();
    context.close();
    assertThat(EmulatedGpu.count(Counter.LIVE_CONTEXTS, SM_80)).isZero();
    open();
    add.stream.launch(add.launch("add"));
    assertThat(add.download()).isEqualTo(AddKernel.expected(2));
  }

  @ParameterizedTest
  @ValueSource(ints = {700, 702, 709, 710, 714, 715, 716, 717, 718, 719, 214, 999})
  void S2_12_givenStickyCode_theContextIsLost(int code) {
    EmulatedGpu.plantFaults("cuStreamSynchronize@1=" + code);
    assertThat(failAtSynchronize().code()).isEqualTo(code);
    assertThatThrownBy(context::checkUsable).isInstanceOf(StickyCudaException.class);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 400, 701, 801, 900})
  void givenOtherCode_theContextLives(int code) {
    EmulatedGpu.plantFaults("cuStreamSynchronize@1=" + code);
    assertThatThrownBy(add.stream::synchronize)
        .isInstanceOf(CudaException.class)
        .isNotInstanceOf(StickyCudaException.class);
    context.checkUsable();
    add.stream.synchronize();
  }
}

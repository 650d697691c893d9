// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.driver;

import static dev.highbeam.runtime.backend.cuda.driver.EmulatedGpu.ANOTHER_SM_80;
import static dev.highbeam.runtime.backend.cuda.driver.EmulatedGpu.SM_80;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.highbeam.runtime.backend.cuda.driver.EmulatedGpu.Counter;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class LaunchTest {

  private CudaContext mine;
  private CudaContext other;
  private AddKernel add;

  @BeforeEach
  void open() {
    mine = EmulatedGpu.context(SM_80);
    other = EmulatedGpu.context(ANOTHER_SM_80);
    add = new AddKernel(mine);
  }

  @AfterEach
  void close() {
    if (add != null) {
      add.close();
      mine.close();
      other.close();
    }
  }

  private Launch launch(Dim3 grid, Dim3 block, int sharedBytes) {
    return new Launch(add.function, grid, block, sharedBytes, add.arguments(), "add");
  }

  private static void assertMismatch(ThrowingCallable body, String argument) {
    assertThatThrownBy(body)
        .isInstanceOf(DeviceMismatchException.class)
        .satisfies(e -> assertThat(((DeviceMismatchException) e).argument()).contains(argument));
  }

  @Test
  void S2_2_givenOnePointerOfAnotherDevice_building_namesItAndLaunchesNothing() {
    EmulatedGpu.emulator();
    int launches = EmulatedGpu.count(Counter.LAUNCHES, SM_80);
    List<String> names = List.of("a", "b", "c");
    try (DeviceMemory foreign = other.allocate(4096, "foreign")) {
      for (int odd = 0; odd < names.size(); odd++) {
        DevicePointer[] pointers = {add.a.pointer(), add.b.pointer(), add.c.pointer()};
        pointers[odd] = foreign.pointer();
        assertMismatch(
            () -> add.arguments(pointers[0], pointers[1], pointers[2]), "'" + names.get(odd) + "'");
      }
    }
    assertThat(EmulatedGpu.count(Counter.LAUNCHES, SM_80)).isEqualTo(launches);
  }

  @Test
  void S2_2_givenKernelOfAnotherDevice_launchIsRefused() {
    try (CudaModule foreign = other.load(AddKernel.image(), "foreign")) {
      CudaFunction function = foreign.function("vector_add");
      assertMismatch(
          () -> new Launch(function, Dim3.of(1), Dim3.of(32), 0, add.arguments(), "add"),
          "argument list");
    }
  }

  @Test
  void S2_2_givenStreamOfAnotherDevice_launchIsRefused() {
    EmulatedGpu.emulator();
    Launch launch = add.launch("add");
    int launches = EmulatedGpu.count(Counter.LAUNCHES, SM_80);
    try (CudaStream foreign = other.stream("foreign")) {
      assertMismatch(() -> foreign.launch(launch), "'foreign'");
    }
    assertThat(EmulatedGpu.count(Counter.LAUNCHES, SM_80)).isEqualTo(launches);
  }

  @Test
  void S2_2_givenMemoryOfAnotherDevice_streamOperations_nameTheArgument() {
    try (DeviceMemory memory = other.allocate(256, "foreign");
        PinnedMemory pinned = other.allocatePinned(256, "foreign pin", false);
        CudaEvent event = other.event()) {
      DevicePointer foreign = memory.pointer();
      DevicePointer own = add.a.pointer();
      CudaStream stream = add.stream;
      assertMismatch(() -> stream.copyToDevice(foreign, add.host, 4), "target");
      assertMismatch(() -> stream.copyToDevice(own, pinned, 4), "source");
      assertMismatch(() -> stream.copyToHost(pinned, own, 4), "target");
      assertMismatch(() -> stream.copyToHost(add.host, foreign, 4), "source");
      assertMismatch(() -> stream.copy(foreign, own), "target");
      assertMismatch(() -> stream.copy(own, foreign), "source");
      assertMismatch(() -> stream.fill(foreign, (byte) 0), "target");
      assertMismatch(() -> stream.record(event), "event");
      assertMismatch(() -> stream.waitFor(event), "event");
    }
  }

  @Test
  void S2_2_givenTwoContextsOfOneDevice_theirHandlesDoNotMix() {
    try (CudaContext twin = CudaContext.separate(EmulatedGpu.driver(), SM_80 % deviceCount());
        DeviceMemory foreign = twin.allocate(4096, "foreign")) {
      assertThatThrownBy(() -> add.stream.fill(foreign.pointer(), (byte) 0))
          .isInstanceOf(DeviceMismatchException.class)
          .hasMessageContaining("another context of cuda:");
    }
  }

  private static int deviceCount() {
    return EmulatedGpu.driver().deviceCount();
  }

  @Test
  void S2_3_givenOtherDeviceCurrent_launchOnThisOne_givesTheRightResult() {
    other.run(
        () -> {
          assertThat(add.add(4)).isEqualTo(AddKernel.expected(4));
        });
  }

  @Test
  void givenTooSmallView_building_namesArgumentAndSizes() {
    DevicePointer small = add.b.slice(0, 128);
    assertThatThrownBy(() -> add.arguments(add.a.pointer(), small, add.c.pointer()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "argument 'b' needs 256 bytes, but bytes 0 to 128 of device memory 'b' has 128");
  }

  @Test
  void givenGridsAndBlocksOutOfLimits_launchIsRefusedWithTheLimit() {
    Dim3 one = Dim3.of(1);
    for (Dim3 grid : List.of(Dim3.of(0), Dim3.of(1, 65536), Dim3.of(1, 1, 65536), Dim3.of(-1))) {
      assertThatThrownBy(() -> launch(grid, one, 0))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("grid of")
          .hasMessageContaining("was " + grid);
    }
    for (Dim3 block : List.of(Dim3.of(0), Dim3.of(1, 0), Dim3.of(1, 1, 65))) {
      assertThatThrownBy(() -> launch(one, block, 0)).hasMessageContaining("was " + block);
    }
    // 33 threads fit the device but not the launch bounds of this kernel.
    CudaFunction bounded = add.module.function("async_copy");
    assertThatThrownBy(() -> new Launch(bounded, one, Dim3.of(33), 0, add.arguments(), "copy"))
        .hasMessage(
            "block of 'copy' (kernel 'async_copy') must have at most 32 threads, was (33, 1, 1)");
  }

  @Test
  void givenSharedMemoryBeyond48KiB_launch_optsInByItself() {
    CudaFunction reverse = add.module.function("reverse_blocks");
    int most = reverse.maxDynamicSharedBytes();
    assertThat(most).isGreaterThan(48 * 1024);
    add.upload(2);
    KernelArguments arguments =
        KernelArguments.builder(mine).pointer("in", add.b).pointer("out", add.c).build();
    Dim3 block = Dim3.of(AddKernel.COUNT);
    add.stream.launch(new Launch(reverse, Dim3.of(1), block, most, arguments, "reverse"));
    assertThat(add.download()).startsWith(63, 62, 61).endsWith(2, 1, 0);
    assertThatThrownBy(() -> launch(Dim3.of(1), Dim3.of(1), most + 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("from 0 to " + most + " bytes")
        .hasMessageContaining("was " + (most + 1));
    assertThatThrownBy(() -> launch(Dim3.of(1), Dim3.of(1), -1)).hasMessageContaining("was -1");
  }

  @Test
  void givenMemoryClosedAfterMarshalling_launch_namesTheArgument() {
    EmulatedGpu.emulator();
    try (DeviceMemory gone = mine.allocate(4096, "gone")) {
      KernelArguments arguments =
          add.arguments(add.a.pointer(), gone.pointer(), add.c.pointer()).build();
      Launch launch = new Launch(add.function, Dim3.of(1), Dim3.of(32), 0, arguments, "norm");
      gone.close();
      int launches = EmulatedGpu.count(Counter.LAUNCHES, SM_80);
      for (int i = 0; i < 2; i++) {
        assertThatThrownBy(() -> add.stream.launch(launch))
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessage("argument 'b': device memory 'gone' is closed");
      }
      assertThat(EmulatedGpu.count(Counter.LAUNCHES, SM_80)).isEqualTo(launches);
    }
  }

  @Test
  void givenModuleClosed_launch_isRefused() {
    Launch launch = add.launch("add");
    add.module.close();
    assertThatThrownBy(() -> add.stream.launch(launch))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("module 'kernels' is closed");
  }

  @Test
  void givenTooFewArguments_theDriverSeesNullAndNotAnOlderLaunch() {
    EmulatedGpu.emulator();
    add.upload(2);
    add.stream.launch(add.launch("whole"));
    KernelArguments tooFew =
        KernelArguments.builder(mine).pointer("a", add.a).pointer("b", add.b).build();
    Launch launch = new Launch(add.function, Dim3.of(1), Dim3.of(32), 0, tooFew, "short");
    assertThatThrownBy(() -> add.stream.launch(launch))
        .isInstanceOf(CudaException.class)
        .hasMessageContaining("parameter 2 is null");
    assertThat(add.add(3)).isEqualTo(AddKernel.expected(3));
  }

  @Test
  void givenTooManyArguments_building_refuses() {
    KernelArguments.Builder builder = KernelArguments.builder(mine);
    for (int i = 0; i < ParameterBlock.MAX_ARGUMENTS; i++) {
      builder.int32("argument" + i, i);
    }
    assertThat(builder.build().count()).isEqualTo(128);
    assertThatThrownBy(() -> builder.int32("last", 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a kernel has at most 128 arguments; 'last' is one more");
  }

  @Test
  void givenArgumentsOfEveryKind_kernels_seeTheirValues() {
    add.upload(0);
    // write_at(float* a, int n, long long offset) writes ones; fused(out, a, b, c) writes a * b +
    // c.
    KernelArguments write =
        KernelArguments.builder(mine)
            .pointer("a", add.c.slice(16, 16))
            .int32("n", 2)
            .int64("offset", -3)
            .build();
    KernelArguments fused =
        KernelArguments.builder(mine)
            .pointer("out", add.c.slice(32, 16))
            .float32("a", 1.5f)
            .float32("b", -2)
            .float32("c", 0.25f)
            .build();
    add.stream.fill(add.c.pointer(), (byte) 0);
    CudaFunction writeAt = add.module.function("write_at");
    add.stream.launch(new Launch(writeAt, Dim3.of(1), Dim3.of(32), 0, write, "write"));
    CudaFunction fma = add.module.function("fused");
    add.stream.launch(new Launch(fma, Dim3.of(1), Dim3.of(1), 0, fused, "fused"));
    assertThat(add.download()).startsWith(0, 1, 1, 0, 0, 0, 0, 0, -2.75f, -2.75f);
  }

  @Test
  void givenNullPointer_kernel_seesNull() {
    EmulatedGpu.emulator();
    KernelArguments arguments =
        KernelArguments.builder(mine)
            .nullPointer("a")
            .pointer("b", add.b)
            .pointer("c", add.c)
            .int32("n", 0)
            .build();
    // With n = 0 nothing is read.
    add.stream.launch(new Launch(add.function, Dim3.of(1), Dim3.of(1), 0, arguments, "add"));
    add.stream.synchronize();
    assertThat(arguments.count()).isEqualTo(4);
  }

  @Test
  void givenUnknownKernel_function_namesIt() {
    assertThatThrownBy(() -> add.module.function("no_such_kernel"))
        .isInstanceOf(CudaException.class)
        .hasMessageContaining("kernel 'no_such_kernel' of module 'kernels'")
        .satisfies(e -> assertThat(((CudaException) e).code()).isEqualTo(500));
  }
}

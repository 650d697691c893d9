// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.highbeam.runtime.api.EngineException;
import dev.highbeam.runtime.backend.Capacity;
import dev.highbeam.runtime.backend.DType;
import dev.highbeam.runtime.backend.Executable;
import dev.highbeam.runtime.backend.KvGroup;
import dev.highbeam.runtime.backend.PageRoom;
import dev.highbeam.runtime.backend.Program;
import dev.highbeam.runtime.backend.TinyPrograms;
import dev.highbeam.runtime.backend.cuda.LayerPlaces.KvLocation;
import dev.highbeam.runtime.backend.cuda.driver.CudaContext;
import dev.highbeam.runtime.backend.cuda.driver.EmulatedGpu;
import dev.highbeam.runtime.backend.cuda.driver.EmulatedGpu.Counter;
import dev.highbeam.runtime.backend.cuda.driver.MemoryInfo;
import java.util.OptionalInt;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The plan of a device's memory against what the driver then counts. */
final class DevicePlanTest {

  private static final TinyPrograms.Shape SHAPE =
      new TinyPrograms.Shape(512, 256, 4, 4, 2, 64, 1024, 0);
  private static final Capacity CAPACITY = capacity(1);

  /** What allocations are rounded up to by the driver, for some dozens of them. */
  private static final long ROUNDING = 64 << 10;

  private CudaContext context;

  @BeforeEach
  void openDevice() {
    context = EmulatedGpu.context(EmulatedGpu.SM_80);
  }

  @AfterEach
  void closeDevice() {
    context.close();
  }

  private static Capacity capacity(int pages) {
    return new Capacity(64, 8, 512, 16, pages);
  }

  private static CudaSettings settings(
      double fraction, OptionalInt gpuLayers, KvLocation location) {
    CudaSettings any = TestBackends.settings(EmulatedGpu.SM_80);
    return new CudaSettings(
        any.ordinal(),
        any.mayShare(),
        fraction,
        gpuLayers,
        location,
        any.kernelCacheDir(),
        any.useGraphs(),
        any.isSynchronous());
  }

  private long used() {
    MemoryInfo memory = context.memoryInfo();
    return memory.totalBytes() - memory.freeBytes();
  }

  private static Program program(CudaBackend backend) {
    return TinyPrograms.llama(backend, SHAPE, DType.BF16, 1);
  }

  /** Bytes of keys and values per page, from the shape: K and V, 4 layers, 2 heads of 64, bf16. */
  private static long kvPageBytes() {
    return 2L * 4 * 2 * 64 * 2 * CAPACITY.pageSize();
  }

  @Test
  void S3_10_givenAnyShareOfTheMemory_pagesFillWhatIsLeftAndTheDriverAgrees() {
    for (double fraction : new double[] {0.0005, 0.001, 0.002}) {
      long before = used();
      try (CudaBackend backend =
          TestBackends.open(settings(fraction, OptionalInt.empty(), KvLocation.DEVICE))) {
        Program program = program(backend);
        long loaded = used();
        PageRoom room = backend.pageRoom(program, CAPACITY, fraction);
        assertThat(room.pageBytes()).isEqualTo(kvPageBytes() + 4L * CAPACITY.pageSize());
        int pages = Math.toIntExact(room.budget() / room.pageBytes());
        assertThat(pages).isGreaterThan(CAPACITY.maxPagesPerSequence());

        long share = (long) (context.memoryInfo().totalBytes() * fraction);
        try (Executable executable = backend.compile(program, capacity(pages))) {
          assertThat(executable.currentOp()).isNotNull();
          assertThat(used() - before)
              .as("bytes taken of a share of %d", share)
              .isLessThanOrEqualTo(share - before + ROUNDING)
              .isGreaterThan(share - before - room.pageBytes() - ROUNDING);
        }
        assertThatThrownBy(() -> backend.compile(program, capacity(pages * 20)))
            .as("loaded %d", loaded)
            .isInstanceOf(EngineException.class)
            .hasMessageContaining("do not fit into");
      }
      assertThat(used()).as("all is given back").isEqualTo(before);
    }
  }

  @Test
  void S4_10_givenMoreMemory_thePlanNeverShrinks() {
    try (CudaBackend backend = TestBackends.open(TestBackends.settings(EmulatedGpu.SM_80))) {
      Program program = program(backend);
      long lastBudget = Long.MIN_VALUE;
      int lastLayers = 0;
      for (long budget = 1L << 20; budget < 64L << 20; budget += 1 << 19) {
        Placement placement = placement(program, OptionalInt.empty(), budget);
        long room = placement.roomFor(CAPACITY.maxPagesPerSequence()).budget();
        if (room < 0) {
          continue;
        }
        int layers;
        try {
          layers = placement.placesFor(CAPACITY.maxPagesPerSequence()).residentLayers();
        } catch (EngineException e) {
          assertThat(e).hasMessageContaining("0 layers on the GPU").hasMessageContaining("MiB");
          continue;
        }
        assertThat(layers).isGreaterThanOrEqualTo(lastLayers);
        if (layers == lastLayers) {
          assertThat(room).isGreaterThan(lastBudget);
        }
        lastBudget = room;
        lastLayers = layers;
      }
      assertThat(lastLayers).as("all layers fit in the end").isEqualTo(4);
    }
  }

  private static Placement placement(Program program, OptionalInt layers, long deviceBudget) {
    return new Placement(
        program, CAPACITY.pageSize(), KvLocation.DEVICE, layers, 1 << 20, deviceBudget, 1L << 30);
  }

  @Test
  void S4_10_givenExplicitLayersThatDoNotFit_refusesInsteadOfTakingFewer() {
    try (CudaBackend backend = TestBackends.open(TestBackends.settings(EmulatedGpu.SM_80))) {
      Program program = program(backend);
      Placement free = placement(program, OptionalInt.empty(), 9 << 20);
      int fitting = free.placesFor(CAPACITY.maxPagesPerSequence()).residentLayers();
      assertThat(fitting).isBetween(1, 3);

      Placement explicit = placement(program, OptionalInt.of(4), 9 << 20);
      assertThatThrownBy(() -> explicit.placesFor(CAPACITY.maxPagesPerSequence()))
          .isInstanceOf(EngineException.class)
          .hasMessageContaining("4 layers on the GPU")
          .hasMessageContaining("gpu_layers");
    }
  }

  @Test
  void S4_5_givenKvOnTheHost_theDeviceHoldsNone() {
    int pages = 200;
    long onDevice = taken(OptionalInt.of(4), KvLocation.DEVICE, pages, 0);
    long onHost = taken(OptionalInt.of(4), KvLocation.HOST, pages, 1);
    assertThat(onDevice - onHost)
        .isBetween(pages * kvPageBytes(), pages * kvPageBytes() + ROUNDING);
  }

  @Test
  void S4_5_givenLayersOnTheHost_theDeviceHoldsTwoSlotsInPlaceOfTheirWeights() {
    long all = taken(OptionalInt.of(4), KvLocation.DEVICE, 40, 0);
    long none = taken(OptionalInt.of(0), KvLocation.DEVICE, 40, 1);
    // Per layer: q, k, v, o of 256 x (256 + 128 + 128 + 256) and three of 256 x 1024, bf16.
    long layer = 2L * 256 * (256 + 128 + 128 + 256 + 3 * 1024);
    assertThat(all - none).isBetween(2 * layer - ROUNDING, 2 * layer + ROUNDING);
  }

  /** Bytes that an executable with its weights takes on the device. */
  private long taken(OptionalInt layers, KvLocation location, int pages, int leastPinned) {
    long before = used();
    int pinned = EmulatedGpu.count(Counter.LIVE_PINNED, EmulatedGpu.SM_80);
    try (CudaBackend backend = TestBackends.open(settings(0.5, layers, location))) {
      Program program = program(backend);
      for (KvGroup group : program.kvGroups()) {
        assertThat(group.bytesPerToken() * CAPACITY.pageSize()).isEqualTo(kvPageBytes());
      }
      try (Executable executable = backend.compile(program, capacity(pages))) {
        assertThat(executable.currentOp()).isNotNull();
        int more = EmulatedGpu.count(Counter.LIVE_PINNED, EmulatedGpu.SM_80) - pinned;
        assertThat(more).isGreaterThanOrEqualTo(leastPinned);
        return used() - before;
      }
    }
  }
}

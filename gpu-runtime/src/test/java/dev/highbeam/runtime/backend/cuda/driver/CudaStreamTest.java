// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.driver;

import static dev.highbeam.runtime.backend.cuda.driver.EmulatedGpu.SM_80;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.highbeam.runtime.backend.cuda.driver.EmulatedGpu.Counter;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Copies, fills, events, graphs and the memory they work on. */
final class CudaStreamTest {

  private CudaContext context;
  private CudaStream stream;

  @BeforeEach
  void open() {
    context = EmulatedGpu.context(SM_80);
    stream = context.stream("main");
  }

  @AfterEach
  void close() {
    if (context != null) {
      stream.close();
      context.close();
    }
  }

  private static byte[] bytes(PinnedMemory memory) {
    byte[] bytes = new byte[(int) memory.bytes()];
    memory.buffer().get(bytes);
    return bytes;
  }

  @Test
  void givenSlicesAndOffsets_copiesAndFills_touchExactlyTheirBytes() {
    try (DeviceMemory memory = context.allocate(16, "memory");
        PinnedMemory pinned = context.allocatePinned(16, "pinned", false)) {
      stream.fill(memory.pointer(), (byte) 1);
      stream.fill(memory.slice(4, 8).slice(2, 2), (byte) 2);
      pinned.buffer().put(3, (byte) 9);
      stream.copyToDevice(memory.slice(12, 4), pinned, 3, 1);
      stream.copy(memory.slice(14, 2), memory.slice(6, 2));
      stream.synchronize();
      stream.copyToHost(pinned, 0, memory.pointer(), 16);
      stream.synchronize();
      assertThat(bytes(pinned)).containsExactly(1, 1, 1, 1, 1, 1, 2, 2, 1, 1, 1, 1, 9, 1, 2, 2);
    }
  }

  @Test
  void givenRangesOutOfBounds_operations_nameTheArgumentBeforeTheDriverIsAsked() {
    try (DeviceMemory memory = context.allocate(16, "memory");
        PinnedMemory pinned = context.allocatePinned(8, "pinned", false)) {
      DevicePointer whole = memory.pointer();
      assertRefused(() -> stream.copyToDevice(whole, pinned, 9), "source: bytes 0 to 9");
      assertRefused(() -> stream.copyToDevice(whole, pinned, 5, 4), "source: bytes 5 to 9");
      assertRefused(() -> stream.copyToDevice(whole, pinned, -1, 4), "source: bytes -1 to 3");
      assertRefused(() -> stream.copyToDevice(memory.slice(12, 4), pinned, 5), "target needs 5");
      assertRefused(() -> stream.copyToHost(pinned, 1, whole, 8), "target: bytes 1 to 9");
      assertRefused(() -> stream.copyToHost(pinned, memory.slice(9, 7), 8), "source needs 8");
      assertRefused(() -> stream.copy(whole, memory.slice(0, 8)), "one size, not 16 and 8");
      assertRefused(() -> memory.slice(9, 8), "bytes 9 to 17");
      assertRefused(() -> memory.slice(-1, 2), "bytes -1 to 1");
      assertRefused(() -> memory.slice(0, Long.MAX_VALUE), "do not lie in");
    }
    assertRefused(() -> context.allocate(0, "empty"), "size of 'empty' must be positive");
    assertRefused(() -> context.allocatePinned(1L << 31, "large", false), "size of 'large'");
  }

  private static void assertRefused(Runnable body, String message) {
    assertThatThrownBy(body::run)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }

  @Test
  void givenClosedHandles_operations_refuse() {
    DeviceMemory memory = context.allocate(16, "memory");
    PinnedMemory pinned = context.allocatePinned(16, "pinned", false);
    CudaEvent event = context.event();
    CudaStream second = context.stream("second");
    memory.close();
    pinned.close();
    event.close();
    second.close();
    second.close();
    assertThatThrownBy(() -> stream.fill(memory.pointer(), (byte) 0))
        .hasMessage("device memory 'memory' is closed");
    assertThatThrownBy(pinned::buffer).hasMessage("pinned memory 'pinned' is closed");
    assertThatThrownBy(() -> stream.record(event)).hasMessage("event 'event' is closed");
    assertThatThrownBy(event::synchronize).hasMessage("event 'event' is closed");
    assertThatThrownBy(second::synchronize).hasMessage("stream 'second' is closed");
    assertThat(context.openHandles()).containsExactly("stream 'main'");
  }

  @Test
  void givenNotEnoughMemory_allocate_saysHowMuchIsFree() {
    EmulatedGpu.emulator();
    MemoryInfo before = context.memoryInfo();
    assertThatThrownBy(() -> context.allocate(before.totalBytes() + 1, "pages"))
        .isInstanceOf(CudaException.class)
        .satisfies(e -> assertThat(((CudaException) e).isOutOfMemory()).isTrue())
        .hasMessageContaining(
            (before.totalBytes() + 1) + " bytes of device memory for 'pages' (" + before + ")");
    assertThat(context.memoryInfo()).isEqualTo(before);
  }

  @Test
  void givenMappedMemory_deviceSeesWhatTheHostWrote() {
    try (PinnedMemory mapped = context.allocatePinned(16, "mapped", true);
        PinnedMemory plain = context.allocatePinned(16, "plain", false)) {
      for (int i = 0; i < 16; i++) {
        mapped.buffer().put(i, (byte) i);
      }
      stream.copyToHost(plain, mapped.pointer(), 16);
      stream.synchronize();
      assertThat(bytes(plain)).isEqualTo(bytes(mapped));
      assertThat(mapped.deviceAddress()).isEqualTo(mapped.pointer().address());
      assertThatThrownBy(plain::deviceAddress).isInstanceOf(IllegalStateException.class);
    }
  }

  @Test
  void givenEvent_anotherStream_waitsForIt() {
    try (CudaStream second = context.stream("second");
        CudaEvent filled = context.event();
        DeviceMemory memory = context.allocate(4, "memory");
        PinnedMemory pinned = context.allocatePinned(4, "pinned", false)) {
      stream.fill(memory.pointer(), (byte) 7);
      stream.record(filled);
      second.waitFor(filled);
      second.copyToHost(pinned, memory.pointer(), 4);
      second.synchronize();
      assertThat(bytes(pinned)).containsExactly(7, 7, 7, 7);
    }
  }

  @Test
  void givenTimingEvents_millisSince_isNotNegative() {
    try (CudaEvent start = context.timingEvent();
        CudaEvent end = context.timingEvent();
        CudaEvent plain = context.event()) {
      stream.record(start);
      stream.record(end);
      stream.synchronize();
      assertThat(end.millisSince(start)).isNotNegative();
      assertThatThrownBy(() -> end.millisSince(plain)).isInstanceOf(IllegalStateException.class);
    }
  }

  @Test
  void givenGraph_eachLaunch_repeatsTheWork() {
    try (AddKernel add = new AddKernel(context)) {
      add.upload(3);
      CudaGraph graph = add.stream.capture("sum", () -> add.stream.launch(add.launch("add")));
      for (int i = 0; i < 2; i++) {
        add.stream.fill(add.c.pointer(), (byte) 0);
        graph.launch(add.stream);
        assertThat(add.download()).isEqualTo(AddKernel.expected(3));
      }
      graph.close();
      assertThatThrownBy(() -> graph.launch(add.stream)).hasMessage("graph 'sum' is closed");
    }
  }

  @Test
  void givenSecondStreamInACapture_itsWork_belongsToTheGraph() {
    try (CudaStream second = context.stream("second");
        CudaEvent fork = context.event();
        CudaEvent join = context.event();
        DeviceMemory memory = context.allocate(4, "memory");
        PinnedMemory pinned = context.allocatePinned(4, "pinned", false);
        CudaGraph graph =
            stream.capture(
                "fork and join",
                () -> {
                  stream.record(fork);
                  second.waitFor(fork);
                  second.fill(memory.pointer(), (byte) 5);
                  second.record(join);
                  stream.waitFor(join);
                })) {
      stream.fill(memory.pointer(), (byte) 0);
      graph.launch(stream);
      stream.copyToHost(pinned, memory.pointer(), 4);
      stream.synchronize();
      assertThat(bytes(pinned)).containsExactly(5, 5, 5, 5);
      memory.close();
      assertThatThrownBy(() -> graph.launch(stream)).hasMessage("device memory 'memory' is closed");
      second.synchronize();
    }
  }

  @Test
  void givenBodyThatFails_capture_leavesTheStreamUsable() {
    EmulatedGpu.emulator();
    assertThatThrownBy(
            () ->
                stream.capture(
                    "broken",
                    () -> {
                      throw new ArithmeticException("planted");
                    }))
        .isInstanceOf(ArithmeticException.class);
    try (DeviceMemory memory = context.allocate(4, "memory")) {
      stream.fill(memory.pointer(), (byte) 0);
      stream.synchronize();
    }
    assertThat(EmulatedGpu.count(Counter.LIVE_GRAPHS, SM_80)).isZero();
    assertThatThrownBy(stream::endCapture).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void givenMoreThanTheRingHolds_upload_copiesAllInOrder() {
    byte[] source = new byte[1000];
    for (int i = 0; i < source.length; i++) {
      source[i] = (byte) (i * 31);
    }
    try (DeviceMemory memory = context.allocate(1000, "memory");
        PinnedMemory pinned = context.allocatePinned(1000, "pinned", false)) {
      try (Uploader uploader = new Uploader(context, stream, 64)) {
        uploader.upload(memory.slice(0, 999), ByteBuffer.wrap(source, 1, 999));
      }
      stream.copyToHost(pinned, memory.pointer(), 999);
      stream.synchronize();
      assertThat(Arrays.copyOf(bytes(pinned), 999)).isEqualTo(Arrays.copyOfRange(source, 1, 1000));
    }
  }

  @Test
  void givenBufferNotYetRead_ring_doesNotHandItOutAgain() {
    try (PinnedRing ring = new PinnedRing(context, 2, 4, "ring");
        DeviceMemory memory = context.allocate(32, "memory");
        PinnedMemory pinned = context.allocatePinned(32, "pinned", false)) {
      // The emulator runs nothing until somebody waits: a ring that does not would overwrite.
      for (int i = 0; i < 8; i++) {
        PinnedMemory piece = ring.next();
        piece.buffer().putInt(0, i);
        stream.copyToDevice(memory.slice(i * 4L, 4), piece, 4);
        ring.usedBy(stream);
      }
      stream.copyToHost(pinned, memory.pointer(), 32);
      stream.synchronize();
      for (int i = 0; i < 8; i++) {
        assertThat(pinned.buffer().getInt(i * 4)).isEqualTo(i);
      }
      ring.next();
      assertThatThrownBy(ring::next).isInstanceOf(IllegalStateException.class);
    }
  }
}

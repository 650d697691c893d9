// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import dev.highbeam.runtime.backend.cuda.driver.CudaContext;
import dev.highbeam.runtime.backend.cuda.driver.CudaDevice;
import dev.highbeam.runtime.backend.cuda.driver.CudaModule;
import dev.highbeam.runtime.backend.cuda.driver.CudaStream;
import dev.highbeam.runtime.backend.cuda.driver.DeviceMemory;
import dev.highbeam.runtime.backend.cuda.driver.DevicePointer;
import dev.highbeam.runtime.backend.cuda.driver.Dim3;
import dev.highbeam.runtime.backend.cuda.driver.EmulatedGpu;
import dev.highbeam.runtime.backend.cuda.driver.KernelArguments;
import dev.highbeam.runtime.backend.cuda.driver.Launch;
import dev.highbeam.runtime.backend.cuda.driver.PinnedMemory;
import dev.highbeam.runtime.backend.cuda.image.Capability;
import dev.highbeam.runtime.backend.cuda.image.DeviceIdentity;
import dev.highbeam.runtime.backend.cuda.image.DriverVersion;
import dev.highbeam.runtime.backend.cuda.image.ImageChoice;
import dev.highbeam.runtime.backend.cuda.image.KernelImages;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;

/**
 * Launches single kernels of the build's image for one device, with memory filled and read as Java
 * arrays. What it allocates lives until it is closed.
 */
final class KernelBench implements AutoCloseable {

  private final CudaContext context;
  private final CudaModule module;
  private final CudaStream stream;
  private final Deque<DeviceMemory> memories = new ArrayDeque<>();

  /** Opens a device of {@link EmulatedGpu}, or skips the test. */
  KernelBench(int ordinal) {
    context = EmulatedGpu.context(ordinal);
    module = context.load(image(context.device()), "kernels");
    stream = context.stream("bench");
  }

  private static byte[] image(CudaDevice device) {
    KernelImages images = KernelImages.open().orElse(null);
    if (images == null && !Boolean.getBoolean("gpu.required")) {
      Assumptions.abort("this build carries no kernels: it was made without nvcc");
    }
    Assertions.assertNotNull(images, "this build carries no kernels");
    DeviceIdentity identity =
        new DeviceIdentity(
            device.ordinal(),
            device.name(),
            device.capability(),
            null,
            null,
            new DriverVersion(EmulatedGpu.driver().version()),
            null);
    ImageChoice choice = images.choose(identity, ImageChoice.Wish.ANY);
    return images.image(((ImageChoice.Chosen) choice).arch());
  }

  /** Memory in which every byte has the value. */
  DeviceMemory filled(long bytes, int value) {
    DeviceMemory memory = unfilled(Math.max(1, bytes));
    stream.fill(memory.pointer(), (byte) value);
    return memory;
  }

  /** Memory that nothing was written to; as much as the device has costs nothing before. */
  DeviceMemory unfilled(long bytes) {
    DeviceMemory memory = context.allocate(bytes, "test");
    memories.push(memory);
    return memory;
  }

  DeviceMemory ints(int... values) {
    ByteBuffer bytes = buffer(4 * values.length);
    bytes.asIntBuffer().put(values);
    return bytes(bytes);
  }

  DeviceMemory floats(float... values) {
    ByteBuffer bytes = buffer(4 * values.length);
    bytes.asFloatBuffer().put(values);
    return bytes(bytes);
  }

  int[] readInts(DeviceMemory memory) {
    ByteBuffer bytes = read(memory);
    int[] values = new int[bytes.remaining() / 4];
    bytes.asIntBuffer().get(values);
    return values;
  }

  float[] readFloats(DeviceMemory memory) {
    ByteBuffer bytes = read(memory);
    float[] values = new float[bytes.remaining() / 4];
    bytes.asFloatBuffer().get(values);
    return values;
  }

  /** Runs a kernel to its end. */
  void run(
      String kernel, Dim3 grid, int threads, UnaryOperator<KernelArguments.Builder> arguments) {
    run(kernel, grid, threads, 0, arguments);
  }

  /** Runs a kernel with dynamic shared memory to its end. */
  void run(
      String kernel,
      Dim3 grid,
      int threads,
      int sharedBytes,
      UnaryOperator<KernelArguments.Builder> arguments) {
    KernelArguments built = arguments.apply(KernelArguments.builder(context)).build();
    stream.launch(
        new Launch(module.function(kernel), grid, Dim3.of(threads), sharedBytes, built, kernel));
    stream.synchronize();
  }

  Capability capability() {
    return context.device().capability();
  }

  /** All of a memory. */
  ByteBuffer read(DeviceMemory memory) {
    return read(memory.pointer());
  }

  /** A slice of a memory. */
  ByteBuffer read(DevicePointer pointer) {
    int bytes = Math.toIntExact(pointer.bytes());
    try (PinnedMemory pinned = context.allocatePinned(bytes, "read", false)) {
      stream.copyToHost(pinned, pointer, bytes);
      stream.synchronize();
      ByteBuffer copy = buffer(bytes);
      copy.put(pinned.buffer());
      return copy.flip();
    }
  }

  /** Memory with the buffer's remaining bytes. */
  DeviceMemory bytes(ByteBuffer bytes) {
    int size = Math.max(1, bytes.remaining());
    DeviceMemory memory = unfilled(size);
    write(memory.pointer(), bytes);
    return memory;
  }

  /** Writes bytes to the beginning of a slice. */
  void write(DevicePointer pointer, ByteBuffer bytes) {
    int size = bytes.remaining();
    if (size == 0) {
      return;
    }
    try (PinnedMemory pinned = context.allocatePinned(size, "upload", false)) {
      pinned.buffer().put(bytes);
      stream.copyToDevice(pointer, pinned, size);
      stream.synchronize();
    }
  }

  private static ByteBuffer buffer(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.nativeOrder());
  }

  @Override
  public void close() {
    memories.forEach(DeviceMemory::close);
    stream.close();
    module.close();
    context.close();
  }
}

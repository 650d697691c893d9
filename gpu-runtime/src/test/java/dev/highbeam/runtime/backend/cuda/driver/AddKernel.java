// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.driver;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;

/**
 * The test kernel {@code vector_add(a, b, c, n)} on 64 numbers, with one handle of each kind that a
 * launch takes.
 */
final class AddKernel implements AutoCloseable {

  static final int COUNT = 64;
  static final int BLOCK = 64;
  static final long BYTES = COUNT * Float.BYTES;

  final CudaContext context;
  final CudaStream stream;
  final CudaModule module;
  final CudaFunction function;
  final DeviceMemory a;
  final DeviceMemory b;
  final DeviceMemory c;
  final PinnedMemory host;

  AddKernel(CudaContext context) {
    this.context = context;
    stream = context.stream("main");
    module = context.load(image(), "kernels");
    function = module.function("vector_add");
    a = context.allocate(BYTES, "a");
    b = context.allocate(BYTES, "b");
    c = context.allocate(BYTES, "c");
    host = context.allocatePinned(BYTES, "host", false);
  }

  /** Kernels for tests, with images for several architectures; the driver takes what fits. */
  static byte[] image() {
    try {
      return Files.readAllBytes(EmulatedGpu.library().resolveSibling("strict.fatbin"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  KernelArguments.Builder arguments(DevicePointer a, DevicePointer b, DevicePointer c) {
    return KernelArguments.builder(context)
        .pointer("a", a, BYTES)
        .pointer("b", b, BYTES)
        .pointer("c", c, BYTES)
        .int32("n", COUNT);
  }

  KernelArguments arguments() {
    return arguments(a.pointer(), b.pointer(), c.pointer()).build();
  }

  Launch launch(String label) {
    return new Launch(function, Dim3.of(1), Dim3.of(BLOCK), 0, arguments(), label);
  }

  /** Sets a to the value everywhere, b to 0, 1, 2 and so on. */
  void upload(float value) {
    FloatBuffer floats = host.buffer().asFloatBuffer();
    for (int i = 0; i < COUNT; i++) {
      floats.put(i, value);
    }
    stream.copyToDevice(a.pointer(), host, BYTES);
    stream.synchronize();
    for (int i = 0; i < COUNT; i++) {
      floats.put(i, i);
    }
    stream.copyToDevice(b.pointer(), host, BYTES);
    stream.synchronize();
  }

  /** What a launch after {@link #upload} leaves in c. */
  static float[] expected(float value) {
    float[] sums = new float[COUNT];
    for (int i = 0; i < COUNT; i++) {
      sums[i] = value + i;
    }
    return sums;
  }

  /** The content of c, once the stream is done. */
  float[] download() {
    stream.copyToHost(host, c.pointer(), BYTES);
    stream.synchronize();
    float[] values = new float[COUNT];
    host.buffer().asFloatBuffer().get(values);
    return values;
  }

  /** Uploads, launches and downloads. */
  float[] add(float value) {
    upload(value);
    stream.launch(launch("add"));
    return download();
  }

  @Override
  public void close() {
    host.close();
    c.close();
    b.close();
    a.close();
    module.close();
    stream.close();
  }
}

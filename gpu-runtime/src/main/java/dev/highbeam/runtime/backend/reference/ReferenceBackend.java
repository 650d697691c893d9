// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.reference;

import dev.highbeam.runtime.api.Checks;
import dev.highbeam.runtime.backend.Backend;
import dev.highbeam.runtime.backend.Capacity;
import dev.highbeam.runtime.backend.DType;
import dev.highbeam.runtime.backend.Executable;
import dev.highbeam.runtime.backend.LinearSpec;
import dev.highbeam.runtime.backend.PackedLinear;
import dev.highbeam.runtime.backend.PackedTable;
import dev.highbeam.runtime.backend.PackedVector;
import dev.highbeam.runtime.backend.PageRoom;
import dev.highbeam.runtime.backend.Program;
import dev.highbeam.runtime.backend.WeightSource;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The reference on the calling thread: weights keep the checkpoint's exact values in f32, and so do
 * activations whatever type is asked for. Only a KV group that itself says BF16 or F16 rounds, as
 * keys and values are appended. Holds no memory outside the Java heap; closing it does nothing.
 */
public final class ReferenceBackend implements Backend {

  private static final long MEBIBYTE = 1L << 20;

  @Override
  public String numerics(Program program) {
    return "reference-f32-1";
  }

  @Override
  public String describe() {
    return String.format(
        Locale.ROOT,
        "reference: scalar f32 on one thread, %d MiB of heap free",
        freeHeap() / MEBIBYTE);
  }

  @Override
  public DType defaultType() {
    return DType.F32;
  }

  @Override
  public DType activationType(DType asked) {
    return DType.F32;
  }

  /** F32, but for FP8, whose few values a user who asks for it wants to see. */
  @Override
  public DType kvType(DType asked) {
    return asked == DType.FP8_E4M3 ? asked : DType.F32;
  }

  @Override
  public boolean prefersAsyncScheduling() {
    return false;
  }

  @Override
  public PageRoom pageRoom(Program program, Capacity capacity, double fraction) {
    long executableBytes = program.activationBytes(capacity);
    return new PageRoom(
        executableBytes,
        program.pageBytes(capacity.pageSize()),
        (long) (freeHeap() * fraction) - executableBytes);
  }

  private static long freeHeap() {
    Runtime runtime = Runtime.getRuntime();
    return runtime.maxMemory() - (runtime.totalMemory() - runtime.freeMemory());
  }

  @Override
  public PackedLinear pack(LinearSpec spec, DType weightType) {
    Checks.checkArgument(
        spec.members().size() == spec.biases().size(),
        "%s has %s members and %s biases",
        spec.name(),
        spec.members().size(),
        spec.biases().size());
    Checks.checkArgument(
        !spec.epilogue().isGated() || spec.rowCount() % 2 == 0,
        "%s must have an even number of rows for its gate, was %s",
        spec.name(),
        spec.rowCount());
    float[][] rows = new float[spec.rowCount()][];
    float[] bias = new float[spec.rowCount()];
    int begin = 0;
    for (int m = 0; m < spec.members().size(); m++) {
      float[][] member = readMatrix(spec.members().get(m));
      Checks.checkArgument(
          member[0].length == spec.inputWidth(),
          "%s of %s must have %s columns, has %s",
          spec.members().get(m).name(),
          spec.name(),
          spec.inputWidth(),
          member[0].length);
      System.arraycopy(member, 0, rows, begin, member.length);
      readBias(spec, m, bias, begin, member.length);
      begin += member.length;
    }
    return new Matrix(spec, rows, bias);
  }

  private static void readBias(LinearSpec spec, int m, float[] bias, int begin, int rowCount) {
    @Nullable WeightSource source = spec.biases().get(m);
    if (source == null) {
      return;
    }
    Checks.checkArgument(
        source.elementCount() == rowCount,
        "%s of %s must have %s elements, has %s",
        source.name(),
        spec.name(),
        rowCount,
        source.elementCount());
    source.read(0, bias, begin, rowCount);
  }

  private static float[][] readMatrix(WeightSource source) {
    long[] shape = source.shape();
    Checks.checkArgument(
        shape.length == 2 && shape[0] > 0 && shape[1] > 0,
        "%s must have rows and columns, has %s dimensions",
        source.name(),
        shape.length);
    int width = Math.toIntExact(shape[1]);
    float[][] rows = new float[Math.toIntExact(shape[0])][width];
    for (int r = 0; r < rows.length; r++) {
      source.read((long) r * width, rows[r], 0, width);
    }
    return rows;
  }

  @Override
  public PackedTable packTable(WeightSource source, DType weightType) {
    return new Table(readMatrix(source));
  }

  @Override
  public PackedVector packVector(WeightSource source, float offset) {
    float[] values = new float[Math.toIntExact(source.elementCount())];
    source.read(0, values, 0, values.length);
    for (int i = 0; i < values.length; i++) {
      values[i] += offset;
    }
    return new Vector(values);
  }

  @Override
  public Executable compile(Program program, Capacity capacity) {
    return new ReferenceExecutable(program, capacity);
  }

  @Override
  public void close() {}
}

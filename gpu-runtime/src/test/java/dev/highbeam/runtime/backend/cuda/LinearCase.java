// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.highbeam.runtime.backend.DType;
import dev.highbeam.runtime.backend.Epilogue;
import dev.highbeam.runtime.backend.InMemoryWeights;
import dev.highbeam.runtime.backend.LinearSpec;
import dev.highbeam.runtime.backend.WeightSource;
import dev.highbeam.runtime.backend.cuda.driver.DeviceMemory;
import dev.highbeam.runtime.backend.cuda.driver.DevicePointer;
import dev.highbeam.runtime.backend.cuda.driver.Dim3;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One linear with random weights and inputs on a device, to be launched in any way. */
final class LinearCase {

  /** Where the count of tokens begins: launches must take the difference. */
  private static final int COUNT_START = 3;

  /** What output rows hold that no launch should touch. */
  private static final int UNTOUCHED = 0x5a;

  final KernelBench bench;
  final LinearFamily family;
  final LinearSpec spec;
  final int tokens;
  private final ElementType inputType;
  private final ElementType outputType;
  private final float[] weights;
  private final float[] biases;
  private final float[] input;
  private final float[] residual;
  private final DeviceMemory tiles;
  private final @Nullable DeviceMemory bias;
  private final DeviceMemory x;

  /**
   * A case with a bias if the number of rows is even.
   *
   * @param rows rows of the weights; a gated linear's are twice its outputs
   */
  LinearCase(
      KernelBench bench,
      LinearKernel kernel,
      DType weightType,
      DType inputType,
      Epilogue epilogue,
      int rows,
      int width,
      int tokens) {
    this.bench = bench;
    this.family = LinearFamily.of(kernel, weightType, rows, width);
    this.tokens = tokens;
    this.inputType = ElementType.values()[TypeCodes.of(inputType)];
    this.outputType = isFloat(epilogue, rows) ? ElementType.F32 : this.inputType;
    InMemoryWeights source =
        InMemoryWeights.random(
            "w", weightType, 7L * rows + width, (float) Math.sqrt(3.0 / width), rows, width);
    this.weights = source.values();
    WeightSource biasSource = InMemoryWeights.random("b", DType.F32, rows, 1, rows);
    boolean hasBias = rows % 2 == 0;
    this.biases = hasBias ? ((InMemoryWeights) biasSource).values() : new float[rows];
    List<@Nullable WeightSource> biasList = new ArrayList<>();
    biasList.add(hasBias ? biasSource : null);
    this.spec = new LinearSpec("linear", List.of(source), biasList, epilogue);
    this.input = InMemoryWeights.uniform(tokens, 2, tokens * width);
    for (int i = 0; i < input.length; i++) {
      input[i] = this.inputType.round(input[i]);
    }
    this.residual = InMemoryWeights.uniform(width, 2, tokens * spec.outputWidth());

    WeightTiles packed = new WeightTiles(spec, weightType);
    ByteBuffer bytes =
        ByteBuffer.allocate(Math.toIntExact(packed.bytes())).order(ByteOrder.LITTLE_ENDIAN);
    packed.pack(0, bytes);
    this.tiles = bench.bytes(bytes.flip());
    float[] packedBias = packed.bias();
    this.bias = packedBias == null ? null : bench.floats(packedBias);
    this.x = this.inputType.upload(bench, padded(input, width));
  }

  /** The residual stream and logits are f32; some of the other outputs here too, for their bits. */
  private static boolean isFloat(Epilogue epilogue, int rows) {
    return epilogue == Epilogue.ADD || (epilogue == Epilogue.STORE && rows % 8 == 0);
  }

  /** Rows widened to the stride with zeros. */
  private float[] padded(float[] values, int width) {
    int stride = Strides.padded(width);
    float[] wide = new float[values.length / width * stride];
    for (int row = 0; row < values.length / width; row++) {
      System.arraycopy(values, row * width, wide, row * stride, width);
    }
    return wide;
  }

  /** All ways to launch it for so many tokens. */
  List<LinearTiles> launches(int count, int multiprocessors) {
    List<LinearTiles> launches = new ArrayList<>();
    for (LinearShape shape : LinearShape.of(family.kernel(), bench.capability())) {
      for (boolean split : new boolean[] {false, true}) {
        if (LinearTiles.can(family, shape, split, Integer.MAX_VALUE)) {
          launches.add(LinearTiles.of(family, shape, split, count, multiprocessors));
        }
      }
    }
    return launches;
  }

  /** The outputs of tokens from the first one on. */
  float[] run(LinearTiles launch, int first, int count) {
    return run(launch, first, count, count);
  }

  /** As run, with output for more tokens than there are; the others must stay as they are. */
  float[] run(LinearTiles launch, int first, int count, int covered) {
    return run(launch, first, count, count, covered);
  }

  /** A launch for fewer tokens than the device counts: only its own may be written. */
  float[] runFewer(LinearTiles launch, int own, int count) {
    return run(launch, 0, count, own, count);
  }

  private float[] run(LinearTiles launch, int first, int count, int written, int rows) {
    int width = spec.outputWidth();
    int stride = Strides.padded(width);
    DeviceMemory out = output(first, written, rows, stride);
    long inputStride = Strides.padded(spec.inputWidth());
    long offset = first * inputStride * inputType.bytes();
    DevicePointer from = x.slice(offset, Math.max(count, 1) * inputStride * inputType.bytes());
    DeviceMemory partials = bench.filled(launch.partialBytes(), 0xff);
    DeviceMemory counters = bench.ints(new int[Math.max(1, launch.counterCount())]);
    bench.run(
        launch.kernel(),
        Dim3.of(launch.gridX(), launch.gridY(), launch.gridZ()),
        launch.shape().threads(),
        launch.shape().sharedBytes(),
        arguments -> {
          arguments
              .pointer("out", out)
              .int32("outType", outputType.code())
              .int64("outStride", stride)
              .pointer("x", from)
              .int32("xType", inputType.code())
              .int64("xStride", inputStride)
              .pointer("weightTiles", tiles);
          if (bias == null) {
            arguments.nullPointer("bias");
          } else {
            arguments.pointer("bias", bias);
          }
          return arguments
              .int32("rows", family.rows())
              .int32("paddedK", family.paddedK())
              .int32("epilogue", spec.epilogue().ordinal())
              .int32("segmentLength", family.segmentLength())
              .int32("segmentCount", family.segmentCount())
              .int32("splitBlocks", launch.splitBlocks())
              .pointer("partials", partials)
              .pointer("counters", counters)
              .pointer("count", bench.ints(count + COUNT_START))
              .int32("countStart", COUNT_START);
        });
    assertThat(bench.readInts(counters)).as("counters").containsOnly(0);
    return rows(out, written, rows, stride);
  }

  /** Zeros, or the residual, for the tokens that count; pad columns and other rows untouched. */
  private DeviceMemory output(int first, int count, int covered, int stride) {
    int width = spec.outputWidth();
    ByteBuffer bytes = ByteBuffer.allocate(covered * stride * outputType.bytes());
    bytes.order(ByteOrder.nativeOrder());
    Arrays.fill(bytes.array(), (byte) UNTOUCHED);
    if (spec.epilogue() == Epilogue.ADD) {
      for (int token = 0; token < count; token++) {
        for (int i = 0; i < width; i++) {
          bytes.putFloat(4 * (token * stride + i), residual[(first + token) * width + i]);
        }
      }
    }
    return bench.bytes(bytes);
  }

  private float[] rows(DeviceMemory out, int count, int covered, int stride) {
    int width = spec.outputWidth();
    byte[] bytes = bench.read(out).array();
    int element = outputType.bytes();
    float[] all = outputType.read(bench, out);
    float[] values = new float[count * width];
    for (int token = 0; token < covered; token++) {
      int own = token < count ? width : 0;
      System.arraycopy(all, token * stride, values, Math.min(token, count) * width, own);
      for (int i = (token * stride + own) * element; i < (token + 1) * stride * element; i++) {
        if (bytes[i] != UNTOUCHED) {
          throw new AssertionError(
              "token " + token + " was written beyond its " + own + " columns");
        }
      }
    }
    return values;
  }

  /** Fails unless the outputs of all tokens are right to within roundings. */
  void check(float[] actual, String what) {
    int width = spec.outputWidth();
    double unit =
        outputType == ElementType.BF16 ? 0x1p-8 : outputType == ElementType.F16 ? 0x1p-11 : 0;
    for (int token = 0; token < tokens; token++) {
      double[] sums = sums(token);
      for (int i = 0; i < width; i++) {
        double expected = output(sums, token, i);
        // One rounding of the output, and f32 sums of terms of about 2.
        double allowed = 1e-5 + (unit + 1e-5) * Math.abs(expected);
        double value = actual[token * width + i];
        if (!(Math.abs(value - expected) <= allowed)) {
          throw new AssertionError(
              what
                  + ", token "
                  + token
                  + " column "
                  + i
                  + ": "
                  + value
                  + " instead of "
                  + expected);
        }
      }
    }
  }

  private double[] sums(int token) {
    int width = spec.inputWidth();
    double[] sums = new double[family.rows()];
    for (int row = 0; row < sums.length; row++) {
      sums[row] = biases[row];
      for (int k = 0; k < width; k++) {
        sums[row] += (double) weights[row * width + k] * input[token * width + k];
      }
    }
    return sums;
  }

  private double output(double[] sums, int token, int i) {
    double v = sums[i];
    return switch (spec.epilogue()) {
      case STORE -> v;
      case ADD -> v + residual[token * spec.outputWidth() + i];
      case GATED_SILU -> v / (1 + Math.exp(-v)) * sums[i + spec.outputWidth()];
      case GATED_GELU_TANH -> geluTanh(v) * sums[i + spec.outputWidth()];
    };
  }

  static double geluTanh(double v) {
    return 0.5 * v * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (v + 0.044715 * v * v * v)));
  }
}

// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import dev.highbeam.runtime.api.EngineException;
import dev.highbeam.runtime.backend.Backend;
import dev.highbeam.runtime.backend.Capacity;
import dev.highbeam.runtime.backend.DType;
import dev.highbeam.runtime.backend.Executable;
import dev.highbeam.runtime.backend.LinearSpec;
import dev.highbeam.runtime.backend.Op;
import dev.highbeam.runtime.backend.PackedLinear;
import dev.highbeam.runtime.backend.PackedTable;
import dev.highbeam.runtime.backend.PackedVector;
import dev.highbeam.runtime.backend.PageRoom;
import dev.highbeam.runtime.backend.Program;
import dev.highbeam.runtime.backend.WeightSource;
import dev.highbeam.runtime.backend.cuda.driver.CudaContext;
import dev.highbeam.runtime.backend.cuda.driver.CudaDevice;
import dev.highbeam.runtime.backend.cuda.driver.CudaStream;
import dev.highbeam.runtime.backend.cuda.driver.DeviceLease;
import dev.highbeam.runtime.backend.cuda.driver.MemoryInfo;
import dev.highbeam.runtime.backend.cuda.image.Capability;
import java.util.List;
import java.util.Locale;

/**
 * The backend on one NVIDIA GPU. Weights are described when they are packed and read when a program
 * is compiled, because only then it is known what the memory must hold. Used by one thread at a
 * time; owns its share of the process's one context on the device.
 */
public final class CudaBackend implements Backend {

  /** Raised whenever the order or kind of any operation on numbers changes outside the kernels. */
  private static final int NUMERICS_VERSION = 1;

  private static final Capability BF16_PRODUCTS = new Capability(8, 0);

  private final DeviceLease lease;
  private final CudaContext context;
  private final LoadedImage image;
  private final CudaSettings settings;
  private final CudaStream stream;
  private final WeightUpload upload;
  private final Kernels kernels;

  /** A backend that owns all that it is given. */
  CudaBackend(DeviceLease lease, CudaContext context, LoadedImage image, CudaSettings settings) {
    this.lease = lease;
    this.context = context;
    this.image = image;
    this.settings = settings;
    this.stream = context.stream("steps");
    this.upload = new WeightUpload(context, stream);
    this.kernels = new Kernels(image.module(), KernelTarget.of(context.device(), image.arch()));
  }

  /** The image decides the bits; what the driver compiled itself depends on its version too. */
  @Override
  public String numerics(Program program) {
    return "cuda-" + image.numerics() + "-" + NUMERICS_VERSION;
  }

  @Override
  public String describe() {
    CudaDevice device = context.device();
    return String.format(
        Locale.ROOT,
        "%s: %s, compute capability %s, %d multiprocessors, %.1f GiB, kernels %s",
        device.displayName(),
        device.uuid(),
        device.capability(),
        device.multiprocessors(),
        device.totalBytes() / 0x1p30,
        image.describe());
  }

  @Override
  public DType defaultType() {
    return hasBf16Products() ? DType.BF16 : DType.F16;
  }

  private boolean hasBf16Products() {
    return kernels.target().capability().isAtLeast(BF16_PRODUCTS);
  }

  @Override
  public DType activationType(DType asked) {
    if (asked == DType.FP8_E4M3) {
      throw EngineException.configuration("dtype must be bfloat16, float16 or float32, was fp8");
    }
    return asked;
  }

  @Override
  public DType kvType(DType asked) {
    return asked;
  }

  @Override
  public boolean prefersAsyncScheduling() {
    return true;
  }

  @Override
  public PackedLinear pack(LinearSpec spec, DType weightType) {
    return new CudaLinear(spec, weightType);
  }

  @Override
  public PackedTable packTable(WeightSource source, DType weightType) {
    return new CudaTable(source, weightType);
  }

  @Override
  public PackedVector packVector(WeightSource source, float offset) {
    return new CudaVector(source, offset);
  }

  @Override
  public PageRoom pageRoom(Program program, Capacity capacity, double fraction) {
    long fixedBytes = MemoryShape.of(program, capacity, kernels.target()).bytes();
    return placement(program, capacity, fixedBytes, fraction)
        .roomFor(capacity.maxPagesPerSequence());
  }

  private Placement placement(
      Program program, Capacity capacity, long fixedBytes, double fraction) {
    MemoryInfo memory = context.memoryInfo();
    long used = memory.totalBytes() - memory.freeBytes();
    return new Placement(
        program,
        capacity.pageSize(),
        settings.kvLocation(),
        settings.gpuLayers(),
        fixedBytes,
        (long) (memory.totalBytes() * fraction) - used,
        HostMemory.budget());
  }

  @Override
  public Executable compile(Program program, Capacity capacity) {
    OpChecks.check(program);
    CudaExecutable[] compiled = new CudaExecutable[1];
    DeviceFaults.atStart(
        () -> context.run(() -> compiled[0] = compileInContext(program, capacity)));
    return compiled[0];
  }

  private CudaExecutable compileInContext(Program program, Capacity capacity) {
    MemoryShape shape = MemoryShape.of(program, capacity, kernels.target());
    LayerPlaces places =
        placement(program, capacity, shape.bytes(), settings.memoryFraction())
            .placesFor(capacity.pageCount());
    place(program, places);
    StepMemory memory = new StepMemory(context, stream, program, capacity, shape, places);
    WeightStream weights;
    try {
      weights = WeightStream.of(context, program, places);
    } catch (RuntimeException e) {
      memory.close();
      throw e;
    }
    ExecutableSetup setup =
        new ExecutableSetup(program, capacity, shape, stream, kernels, weights, settings);
    return new CudaExecutable(memory, setup);
  }

  private void place(Program program, LayerPlaces places) {
    for (Op op : WorkspacePlan.ops(program)) {
      if (op instanceof Op.Embed embed) {
        ((CudaTable) embed.table()).place(upload);
      } else if (op instanceof Op.RmsNorm norm) {
        ((CudaVector) norm.weight()).place(upload);
      } else if (op instanceof Op.Linear linear) {
        place((CudaLinear) linear.weight(), places);
      }
    }
    upload.release();
  }

  private void place(CudaLinear weight, LayerPlaces places) {
    if (weight.isPlaced()) {
      return;
    }
    if (places.keepsWeightsOnDevice(weight.spec().layer())) {
      weight.placeOnDevice(upload);
    } else {
      weight.placeOnHost(upload);
    }
  }

  @Override
  public void close() {
    Closing.all(List.of(lease, context, image, stream, upload));
  }
}

// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cpu;

import dev.highbeam.runtime.api.Checks;
import dev.highbeam.runtime.api.EngineException;
import dev.highbeam.runtime.api.Finding;
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

/**
 * The backend on this machine's processors. Where they have AMX, bf16 is computed by kernels of
 * machine code, over weights, pages and activations in native memory; all else, and everything
 * elsewhere, in Java, on the heap. Owns the threads and the weights. Used by one thread at a time.
 */
public final class CpuBackend implements Backend {

  /** Raised whenever the order or kind of any operation on numbers changes. */
  private static final int NUMERICS_VERSION = 1;

  private static final int TILE_NUMERICS_VERSION = 1;

  private static final int MAX_THREADS = 1024;

  private final ThreadPool pool;
  private final CoreShare cores;
  private final Kernels kernels;
  private final boolean usesTiles;
  private final boolean isInt8;
  private final NativeMemory weights = new NativeMemory();

  private CpuBackend(int threads, Kernels kernels, boolean usesTiles, boolean isInt8) {
    this.pool = new ThreadPool(threads);
    this.cores = new CoreShare(threads);
    this.kernels = kernels;
    this.usesTiles = usesTiles;
    this.isInt8 = isInt8;
  }

  /** Which kernels compute on this machine, for people. */
  public static Finding finding() {
    String whyNot = TileLibrary.whyNot();
    return whyNot.isEmpty()
        ? new Finding(true, "CPU kernels", "bfloat16 and int8 are computed with AMX")
        : new Finding(false, "CPU kernels", "Java's compute, several times slower: " + whyNot);
  }

  /** A backend with so many threads, the engine's included; 0 for all processors. */
  public static CpuBackend create(int threads) {
    return create(threads, false);
  }

  /**
   * As {@link #create(int)}, with weights and inputs of linears in int8 if so asked.
   *
   * @throws EngineException configuration, if the machine has no kernels for int8
   */
  public static CpuBackend create(int threads, boolean isInt8) {
    if (isInt8 && !TileLibrary.isUsable()) {
      throw EngineException.configuration(
          "quantization=int8 needs the kernels of machine code: " + TileLibrary.whyNot());
    }
    TileLibrary.say();
    return create(threads, KernelChoice.best(), TileLibrary.isUsable(), isInt8);
  }

  /** As {@link #create(int)}, with Java's kernels alone, chosen by the caller. */
  static CpuBackend create(int threads, Kernels kernels) {
    return create(threads, kernels, false, false);
  }

  private static CpuBackend create(
      int threads, Kernels kernels, boolean usesTiles, boolean isInt8) {
    Checks.checkArgument(
        threads >= 0 && threads <= MAX_THREADS,
        "threads must be from 0 to %s, was %s",
        MAX_THREADS,
        threads);
    int resolved = threads == 0 ? Runtime.getRuntime().availableProcessors() : threads;
    return new CpuBackend(resolved, kernels, usesTiles, isInt8);
  }

  /**
   * {@inheritDoc}
   *
   * <p>Java's kernels name no instruction set, vector width or thread count, because no bit depends
   * on them: each sum is a chain of fused multiply-adds in one order, and a processor without that
   * instruction gives the same bits, only slowly. Those of machine code name the instructions whose
   * sums they are.
   */
  @Override
  public String numerics(Program program) {
    return computesInTiles(program)
        ? "cpu-amx-" + (isInt8 ? "int8-" : "bf16-") + TILE_NUMERICS_VERSION
        : "cpu-fma-f32acc-" + NUMERICS_VERSION;
  }

  @Override
  public String describe() {
    return String.format(
        Locale.ROOT,
        "cpu: %d threads, %s%s, %.1f GiB of heap",
        pool.threads(),
        usesTiles ? isInt8 ? "AMX int8, " : "AMX, " : "",
        kernels.describe(),
        Runtime.getRuntime().maxMemory() / (double) (1L << 30));
  }

  @Override
  public DType defaultType() {
    return DType.BF16;
  }

  /** BF16 if asked for, else F32, which holds F16 exactly. */
  @Override
  public DType activationType(DType asked) {
    return asked == DType.BF16 ? DType.BF16 : DType.F32;
  }

  /** BF16 if asked for, else F32, which holds F16 exactly. */
  @Override
  public DType kvType(DType asked) {
    if (asked == DType.FP8_E4M3) {
      throw EngineException.configuration(
          "kv_cache_dtype fp8 needs a GPU; the cpu backend has bfloat16 and float32");
    }
    return asked == DType.BF16 ? DType.BF16 : DType.F32;
  }

  /** False: the engine's own thread computes, so there is nothing to hide behind. */
  @Override
  public boolean prefersAsyncScheduling() {
    return false;
  }

  /**
   * On the heap, a share of what is left: its limit (-Xmx) less what is in use after a collection;
   * in native memory, a share of what the machine (or the container) has left beside the heap at
   * its limit. What other parts of the process will want of it is for the caller to set aside.
   */
  @Override
  public PageRoom pageRoom(Program program, Capacity capacity, double fraction) {
    Runtime runtime = Runtime.getRuntime();
    // Garbage of loading would count as used; this runs once, before the first step.
    runtime.gc();
    long used = runtime.totalMemory() - runtime.freeMemory();
    if (!computesInTiles(program)) {
      long executableBytes = program.activationBytes(capacity);
      long free = runtime.maxMemory() - used;
      return new PageRoom(
          executableBytes,
          program.pageBytes(capacity.pageSize()),
          (long) (free * fraction) - executableBytes);
    }
    long executableBytes = TileBinder.executableBytes(program, capacity, pool.threads());
    long free = MachineMemory.available() - (runtime.maxMemory() - runtime.totalMemory());
    return new PageRoom(
        executableBytes,
        TileBinder.pageBytes(program, capacity),
        (long) (free * fraction) - executableBytes);
  }

  @Override
  public PackedLinear pack(LinearSpec spec, DType weightType) {
    if (isInt8 && weightType != DType.BF16) {
      throw EngineException.configuration("quantization=int8 needs dtype=bfloat16");
    }
    return cores.get(
        () ->
            usesTiles && weightType == DType.BF16
                ? new TilePacker(weights, pool).pack(spec, isInt8)
                : PanelPacker.pack(spec, weightType, pool));
  }

  @Override
  public PackedTable packTable(WeightSource source, DType weightType) {
    return cores.get(
        () ->
            usesTiles && weightType == DType.BF16
                ? new TilePacker(weights, pool).packTable(source)
                : EmbeddingTable.pack(source, weightType, pool));
  }

  @Override
  public PackedVector packVector(WeightSource source, float offset) {
    return ParameterVector.pack(source, offset);
  }

  @Override
  public Executable compile(Program program, Capacity capacity) {
    return new CpuExecutable(bind(program, capacity), capacity, cores);
  }

  /** A program's ops over memory of their own, which the caller frees. */
  BoundProgram bind(Program program, Capacity capacity) {
    if (computesInTiles(program)) {
      return new TileBinder(program, capacity, pool, new NativeMemory());
    }
    if (isInt8) {
      throw EngineException.configuration(
          "quantization=int8 needs kv_cache_dtype=bfloat16, was float32");
    }
    return new ProgramBinder(program, capacity, pool, kernels);
  }

  private boolean computesInTiles(Program program) {
    return usesTiles && TileSupport.canRun(program);
  }

  @Override
  public void close() {
    pool.close();
    weights.close();
  }
}

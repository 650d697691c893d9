// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.driver;

import static dev.highbeam.runtime.api.Checks.checkArgument;
import static jcuda.driver.CUfunction_attribute.CU_FUNC_ATTRIBUTE_LOCAL_SIZE_BYTES;
import static jcuda.driver.CUfunction_attribute.CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES;
import static jcuda.driver.CUfunction_attribute.CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK;
import static jcuda.driver.CUfunction_attribute.CU_FUNC_ATTRIBUTE_NUM_REGS;
import static jcuda.driver.CUfunction_attribute.CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES;

import java.util.function.IntSupplier;
import jcuda.driver.CUfunction;
import jcuda.driver.CUfunction_attribute;
import jcuda.driver.JCudaDriver;

/**
 * A kernel of a loaded module, with what the driver says about it on this device. It lives as long
 * as its module.
 */
public final class CudaFunction {

  private final CudaModule module;
  private final CUfunction function;
  private final String name;
  private final int maxThreads;
  private final int registers;
  private final int staticSharedBytes;
  private final int localBytes;
  private int dynamicSharedBytes;

  private CudaFunction(CudaModule module, CUfunction function, String name) {
    this.module = module;
    this.function = function;
    this.name = name;
    this.maxThreads = attribute(CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK);
    this.registers = attribute(CU_FUNC_ATTRIBUTE_NUM_REGS);
    this.staticSharedBytes = attribute(CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES);
    this.localBytes = attribute(CU_FUNC_ATTRIBUTE_LOCAL_SIZE_BYTES);
    this.dynamicSharedBytes = attribute(CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES);
  }

  /** Called with the context current. */
  static CudaFunction of(CudaModule module, CUfunction function, String name) {
    return new CudaFunction(module, function, name);
  }

  private int attribute(int attribute) {
    int[] value = new int[1];
    int code = JCudaDriver.cuFuncGetAttribute(value, attribute, function);
    if (code != CudaException.SUCCESS) {
      throw context()
          .failure(
              code,
              "cuFuncGetAttribute(" + CUfunction_attribute.stringFor(attribute) + ")",
              toString());
    }
    return value[0];
  }

  public String name() {
    return name;
  }

  /** The most threads of a block: the launch bounds, or less if registers run out. */
  public int maxThreads() {
    return maxThreads;
  }

  /** Registers per thread. */
  public int registers() {
    return registers;
  }

  /** Shared memory that every block has without asking. */
  public int staticSharedBytes() {
    return staticSharedBytes;
  }

  /** Spilled registers and arrays, per thread. */
  public int localBytes() {
    return localBytes;
  }

  /** The most dynamic shared memory that a block may ask for on this device. */
  public int maxDynamicSharedBytes() {
    return context().device().sharedBytesPerBlock() - staticSharedBytes;
  }

  /**
   * Allows launches with so much dynamic shared memory. A {@link Launch} does this by itself; what
   * was allowed once stays allowed.
   */
  public void setDynamicSharedBytes(int bytes) {
    checkArgument(
        bytes >= 0 && bytes <= maxDynamicSharedBytes(),
        "dynamic shared memory of %s must be from 0 to %s bytes on %s, was %s",
        this,
        maxDynamicSharedBytes(),
        context(),
        bytes);
    if (bytes > dynamicSharedBytes) {
      int attribute = CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES;
      call("cuFuncSetAttribute", () -> JCudaDriver.cuFuncSetAttribute(function, attribute, bytes));
      dynamicSharedBytes = bytes;
    }
  }

  /** How many such blocks one multiprocessor holds at a time; persistent grids are sized by it. */
  public int activeBlocksPerMultiprocessor(int threads, int dynamicSharedBytes) {
    setDynamicSharedBytes(dynamicSharedBytes);
    int[] blocks = new int[1];
    call(
        "cuOccupancyMaxActiveBlocksPerMultiprocessor",
        () ->
            JCudaDriver.cuOccupancyMaxActiveBlocksPerMultiprocessor(
                blocks, function, threads, dynamicSharedBytes));
    return blocks[0];
  }

  private void call(String name, IntSupplier driverCall) {
    module.checkOpen();
    boolean entered = context().enter();
    try {
      context().check(driverCall.getAsInt(), name, toString());
    } finally {
      context().leave(entered);
    }
  }

  CudaModule module() {
    return module;
  }

  CUfunction handle() {
    return function;
  }

  private SharedContext context() {
    return module.context();
  }

  @Override
  public String toString() {
    return "kernel '" + name + "'";
  }
}

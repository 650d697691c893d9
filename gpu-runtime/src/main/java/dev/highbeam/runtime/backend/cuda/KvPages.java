// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import dev.highbeam.runtime.backend.Capacity;
import dev.highbeam.runtime.backend.KvGroup;
import dev.highbeam.runtime.backend.cuda.driver.CudaContext;
import dev.highbeam.runtime.backend.cuda.driver.DeviceMemory;
import dev.highbeam.runtime.backend.cuda.driver.DevicePointer;
import dev.highbeam.runtime.backend.cuda.driver.PinnedMemory;
import java.util.ArrayList;
import java.util.List;

/**
 * Keys and values of one group, a piece of memory per layer for each: pages [pageCount][pageSize]
 * [heads][headDim] (NHD), or [pageCount][heads][pageSize][headDim] (HND) for 8-bit types, whose
 * single tokens would be short rows. A layer lies on the device or in pinned host memory that the
 * device reads in place; the kernels see only addresses and strides.
 */
final class KvPages implements AutoCloseable {

  private final KvGroup group;
  private final int pageSize;
  private final List<AutoCloseable> owned = new ArrayList<>();
  private final List<DevicePointer> keys = new ArrayList<>();
  private final List<DevicePointer> values = new ArrayList<>();

  KvPages(CudaContext context, KvGroup group, Capacity capacity, LayerPlaces places) {
    this.group = group;
    this.pageSize = capacity.pageSize();
    long bytes = pageStride() * capacity.pageCount() * group.dtype().bytes();
    for (int layer = 0; layer < group.layerCount(); layer++) {
      boolean isOnDevice = places.keepsKvOnDevice(layer);
      keys.add(allocate(context, bytes, isOnDevice, "keys of layer " + layer));
      values.add(allocate(context, bytes, isOnDevice, "values of layer " + layer));
    }
  }

  private DevicePointer allocate(
      CudaContext context, long bytes, boolean isOnDevice, String label) {
    if (isOnDevice) {
      DeviceMemory memory = context.allocate(bytes, label);
      owned.add(memory);
      return memory.pointer();
    }
    PinnedMemory memory = context.allocatePinned(bytes, label, true);
    owned.add(memory);
    return memory.pointer();
  }

  DevicePointer keys(int layer) {
    return keys.get(layer);
  }

  DevicePointer values(int layer) {
    return values.get(layer);
  }

  /** Elements from one page to the next. */
  long pageStride() {
    return (long) pageSize * group.kvHeads() * group.headDim();
  }

  /** Elements from one head to the next within a page. */
  long headStride() {
    return isHeadMajor() ? (long) pageSize * group.headDim() : group.headDim();
  }

  /** Elements from one token to the next within a page. */
  long tokenStride() {
    return isHeadMajor() ? group.headDim() : (long) group.kvHeads() * group.headDim();
  }

  private boolean isHeadMajor() {
    return group.dtype().bytes() == 1;
  }

  KvGroup group() {
    return group;
  }

  int pageSize() {
    return pageSize;
  }

  @Override
  public void close() {
    Closing.all(owned);
  }
}

// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.driver;

import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR;
import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR;
import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_INTEGRATED;
import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE;
import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_X;
import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_Y;
import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_Z;
import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_X;
import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_Y;
import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_Z;
import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN;
import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_MULTIPROCESSOR;
import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_BLOCK;
import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_MULTIPROCESSOR;
import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT;

import dev.highbeam.runtime.backend.cuda.image.Capability;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.function.Function;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdevice_attribute;
import jcuda.driver.CUresult;
import jcuda.driver.CUuuid;
import jcuda.driver.JCudaDriver;

/** Asks one device about itself. No context is needed and none is made. */
final class DeviceQuery {

  private static final int NAME_BYTES = 256;
  private static final int PCI_BUS_ID_BYTES = 32;
  private static final String UNKNOWN = "unknown";

  private final int ordinal;
  private final CUdevice device = new CUdevice();

  private DeviceQuery(int ordinal) {
    this.ordinal = ordinal;
    check(JCudaDriver.cuDeviceGet(device, ordinal), "cuDeviceGet");
  }

  /** The device's facts; throws with the first question that it did not answer. */
  static CudaDevice query(int ordinal) {
    return new DeviceQuery(ordinal).facts();
  }

  /** As {@link #query}, but a device that does not answer becomes a value with that cause. */
  static DetectedDevice detect(int ordinal) {
    try {
      return query(ordinal);
    } catch (CudaException e) {
      String name = ifKnown(ordinal, DeviceQuery::name);
      String pciBusId = ifKnown(ordinal, DeviceQuery::pciBusId);
      return new UnusableDevice(ordinal, name, pciBusId, e);
    }
  }

  /** What a device that failed another question says to this one; that one is the first cause. */
  private static String ifKnown(int ordinal, Function<DeviceQuery, String> question) {
    try {
      return question.apply(new DeviceQuery(ordinal));
    } catch (CudaException e) {
      return UNKNOWN;
    }
  }

  /** The driver's own handle of a device, for calls that take one. */
  static CUdevice handle(int ordinal) {
    return new DeviceQuery(ordinal).device;
  }

  private CudaDevice facts() {
    Capability capability =
        new Capability(
            attribute(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR),
            attribute(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR));
    return new CudaDevice(
        ordinal,
        name(),
        capability,
        uuid(),
        pciBusId(),
        attribute(CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT),
        totalBytes(),
        attribute(CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN),
        attribute(CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_MULTIPROCESSOR),
        attribute(CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_MULTIPROCESSOR),
        attribute(CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE),
        attribute(CU_DEVICE_ATTRIBUTE_INTEGRATED) != 0,
        limits());
  }

  private LaunchLimits limits() {
    return new LaunchLimits(
        attribute(CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_BLOCK),
        new Dim3(
            attribute(CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_X),
            attribute(CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_Y),
            attribute(CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_Z)),
        new Dim3(
            attribute(CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_X),
            attribute(CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_Y),
            attribute(CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_Z)));
  }

  private int attribute(int attribute) {
    int[] value = new int[1];
    int code = JCudaDriver.cuDeviceGetAttribute(value, attribute, device);
    if (code != CudaException.SUCCESS) {
      check(code, "cuDeviceGetAttribute(" + CUdevice_attribute.stringFor(attribute) + ")");
    }
    return value[0];
  }

  private String name() {
    byte[] name = new byte[NAME_BYTES];
    check(JCudaDriver.cuDeviceGetName(name, name.length, device), "cuDeviceGetName");
    int length = 0;
    while (length < name.length && name[length] != 0) {
      length++;
    }
    return new String(name, 0, length, StandardCharsets.UTF_8);
  }

  private long totalBytes() {
    long[] bytes = new long[1];
    check(JCudaDriver.cuDeviceTotalMem(bytes, device), "cuDeviceTotalMem");
    return bytes[0];
  }

  // Who a device is matters to reports and to sharing between processes, not to computing on it:
  // a driver that lacks the question (801) leaves it open.
  private String uuid() {
    CUuuid uuid = new CUuuid();
    int code = JCudaDriver.cuDeviceGetUuid(uuid, device);
    if (code == CUresult.CUDA_ERROR_NOT_SUPPORTED) {
      return "";
    }
    check(code, "cuDeviceGetUuid");
    String hex = HexFormat.of().formatHex(uuid.bytes);
    return "GPU-"
        + String.join(
            "-",
            hex.substring(0, 8),
            hex.substring(8, 12),
            hex.substring(12, 16),
            hex.substring(16, 20),
            hex.substring(20));
  }

  private String pciBusId() {
    String[] id = new String[1];
    int code = JCudaDriver.cuDeviceGetPCIBusId(id, PCI_BUS_ID_BYTES, device);
    if (code == CUresult.CUDA_ERROR_NOT_SUPPORTED) {
      return "";
    }
    check(code, "cuDeviceGetPCIBusId");
    return id[0].trim();
  }

  private void check(int code, String call) {
    if (code != CudaException.SUCCESS) {
      throw CudaException.of(code, call, "query of cuda:" + ordinal);
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
// Questions about devices.
#include <cstdio>
#include <cstring>

#include "driver/call.h"
#include "driver/control.h"

namespace emu {

namespace {

Device* find_device(CUdevice ordinal) {
  auto& devices = driver().devices;
  bool known = ordinal >= 0 && ordinal < static_cast<int>(devices.size());
  return known ? devices[static_cast<size_t>(ordinal)].get() : nullptr;
}

// Runs `body(Device&)` for a device that exists.
template <class Body>
CUresult of_device(const char* name, CUdevice ordinal, Body body) {
  return api(name, [&](Call& call) -> CUresult {
    Device* device = find_device(ordinal);
    if (device == nullptr) return call.fail(CUDA_ERROR_INVALID_DEVICE, "no such device");
    call.note("dev", static_cast<uint64_t>(ordinal));
    return body(call, *device);
  });
}

// Bus ids as an eight-card server numbers them.
std::string bus_id(int ordinal) {
  char text[16];
  snprintf(text, sizeof text, "0000:%02X:00.0", 0x10 + ordinal * 0x10);
  return text;
}

int attribute_value(const Device& device, int attribute, bool* known) {
  const DeviceSpec& spec = *device.spec;
  *known = true;
  switch (attribute) {
    case CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_BLOCK: return 1024;
    case CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_X: return 1024;
    case CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_Y: return 1024;
    case CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_Z: return 64;
    case CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_X: return 0x7fffffff;
    case CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_Y: return 65535;
    case CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_Z: return 65535;
    case CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK: return 48 << 10;
    case CU_DEVICE_ATTRIBUTE_TOTAL_CONSTANT_MEMORY: return 64 << 10;
    case CU_DEVICE_ATTRIBUTE_WARP_SIZE: return 32;
    case CU_DEVICE_ATTRIBUTE_MAX_PITCH: return 0x7fffffff;
    case CU_DEVICE_ATTRIBUTE_MAX_REGISTERS_PER_BLOCK: return 65536;
    case CU_DEVICE_ATTRIBUTE_MAX_REGISTERS_PER_MULTIPROCESSOR: return 65536;
    case CU_DEVICE_ATTRIBUTE_CLOCK_RATE: return 1000000;
    case CU_DEVICE_ATTRIBUTE_MEMORY_CLOCK_RATE: return 1000000;
    case CU_DEVICE_ATTRIBUTE_GLOBAL_MEMORY_BUS_WIDTH: return 256;
    case CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE: return spec.arch >= 80 ? 40 << 20 : 4 << 20;
    case CU_DEVICE_ATTRIBUTE_TEXTURE_ALIGNMENT: return 512;
    case CU_DEVICE_ATTRIBUTE_GPU_OVERLAP: return 1;
    case CU_DEVICE_ATTRIBUTE_ASYNC_ENGINE_COUNT: return 2;
    case CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT: return spec.multiprocessors;
    case CU_DEVICE_ATTRIBUTE_KERNEL_EXEC_TIMEOUT: return 0;
    case CU_DEVICE_ATTRIBUTE_INTEGRATED: return 0;
    case CU_DEVICE_ATTRIBUTE_CAN_MAP_HOST_MEMORY: return 1;
    case CU_DEVICE_ATTRIBUTE_COMPUTE_MODE: return CU_COMPUTEMODE_DEFAULT;
    case CU_DEVICE_ATTRIBUTE_CONCURRENT_KERNELS: return 1;
    case CU_DEVICE_ATTRIBUTE_ECC_ENABLED: return 0;
    case CU_DEVICE_ATTRIBUTE_PCI_BUS_ID: return 0x10 + device.ordinal * 0x10;
    case CU_DEVICE_ATTRIBUTE_PCI_DEVICE_ID: return 0;
    case CU_DEVICE_ATTRIBUTE_PCI_DOMAIN_ID: return 0;
    case CU_DEVICE_ATTRIBUTE_TCC_DRIVER: return 0;
    case CU_DEVICE_ATTRIBUTE_UNIFIED_ADDRESSING: return 1;
    case CU_DEVICE_ATTRIBUTE_MANAGED_MEMORY: return 0;
    case CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_MULTIPROCESSOR:
      return spec.threads_per_multiprocessor();
    case CU_DEVICE_ATTRIBUTE_MAX_BLOCKS_PER_MULTIPROCESSOR: return spec.blocks_per_multiprocessor();
    case CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR: return spec.major();
    case CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR: return spec.minor();
    case CU_DEVICE_ATTRIBUTE_STREAM_PRIORITIES_SUPPORTED: return 1;
    case CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_MULTIPROCESSOR:
      return static_cast<int>(spec.shared_bytes_per_multiprocessor());
    case CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN:
      return static_cast<int>(spec.shared_bytes_opt_in());
    case CU_DEVICE_ATTRIBUTE_RESERVED_SHARED_MEMORY_PER_BLOCK: return spec.arch >= 80 ? 1024 : 0;
    case CU_DEVICE_ATTRIBUTE_COOPERATIVE_LAUNCH: return 0;
    case CU_DEVICE_ATTRIBUTE_HOST_REGISTER_SUPPORTED: return 1;
    case CU_DEVICE_ATTRIBUTE_CAN_USE_HOST_POINTER_FOR_REGISTERED_MEM: return 1;
    case CU_DEVICE_ATTRIBUTE_COMPUTE_PREEMPTION_SUPPORTED: return 1;
    case CU_DEVICE_ATTRIBUTE_MEMORY_POOLS_SUPPORTED: return 1;
    case CU_DEVICE_ATTRIBUTE_VIRTUAL_MEMORY_MANAGEMENT_SUPPORTED: return 0;
    default: *known = false; return 0;
  }
}

}  // namespace

EMU_API cuDeviceGetCount(int* out) {
  return api("cuDeviceGetCount", [&](Call&) {
    *out = static_cast<int>(driver().devices.size());
    return CUDA_SUCCESS;
  });
}

EMU_API cuDeviceGet(CUdevice* out, int ordinal) {
  return of_device("cuDeviceGet", ordinal, [&](Call&, Device& device) {
    *out = device.ordinal;
    return CUDA_SUCCESS;
  });
}

EMU_API cuDeviceGetName(char* out, int length, CUdevice ordinal) {
  return of_device("cuDeviceGetName", ordinal, [&](Call&, Device& device) {
    snprintf(out, static_cast<size_t>(length), "%s", device.spec->name().c_str());
    return CUDA_SUCCESS;
  });
}

EMU_API cuDeviceGetUuid(CUuuid* out, CUdevice ordinal) {
  return of_device("cuDeviceGetUuid", ordinal, [&](Call&, Device& device) {
    memset(out->bytes, 0, sizeof out->bytes);
    memcpy(out->bytes, "EMULATED", 8);
    out->bytes[14] = static_cast<char>(device.spec->arch);
    out->bytes[15] = static_cast<char>(device.ordinal);
    return CUDA_SUCCESS;
  });
}

EMU_API cuDeviceTotalMem_v2(size_t* out, CUdevice ordinal) {
  return of_device("cuDeviceTotalMem_v2", ordinal, [&](Call&, Device& device) {
    *out = device.spec->bytes;
    return CUDA_SUCCESS;
  });
}

EMU_API cuDeviceComputeCapability(int* major, int* minor, CUdevice ordinal) {
  return of_device("cuDeviceComputeCapability", ordinal, [&](Call&, Device& device) {
    *major = device.spec->major();
    *minor = device.spec->minor();
    return CUDA_SUCCESS;
  });
}

EMU_API cuDeviceGetPCIBusId(char* out, int length, CUdevice ordinal) {
  return of_device("cuDeviceGetPCIBusId", ordinal, [&](Call&, Device& device) {
    snprintf(out, static_cast<size_t>(length), "%s", bus_id(device.ordinal).c_str());
    return CUDA_SUCCESS;
  });
}

// Also the way for control words: a JVM can call this without natives of its own.
EMU_API cuDeviceGetByPCIBusId(CUdevice* out, const char* text) {
  return api("cuDeviceGetByPCIBusId", [&](Call& call) -> CUresult {
    if (is_control_word(text)) {
      *out = 0;
      Result result = obey_control_word(text);
      return result.ok() ? CUDA_SUCCESS : call.fail(result);
    }
    for (const auto& device : driver().devices) {
      if (strcasecmp(text, bus_id(device->ordinal).c_str()) != 0) continue;
      *out = device->ordinal;
      return CUDA_SUCCESS;
    }
    return call.fail(CUDA_ERROR_INVALID_DEVICE, std::string("no device at ") + text);
  });
}

EMU_API cuDeviceGetAttribute(int* out, CUdevice_attribute attribute, CUdevice ordinal) {
  return of_device("cuDeviceGetAttribute", ordinal, [&](Call& call, Device& device) -> CUresult {
    int number = static_cast<int>(attribute);
    if (is_private_attribute(number)) {
      Result result = read_private_attribute(device, number, out);
      return result.ok() ? CUDA_SUCCESS : call.fail(result);
    }
    bool known = false;
    *out = attribute_value(device, number, &known);
    if (!known && (number <= 0 || number >= CU_DEVICE_ATTRIBUTE_MAX)) {
      return call.fail(CUDA_ERROR_INVALID_VALUE, "unknown attribute " + std::to_string(number));
    }
    return CUDA_SUCCESS;
  });
}

EMU_API cuDeviceGetP2PAttribute(int* out, CUdevice_P2PAttribute attribute, CUdevice from,
                                CUdevice to) {
  return of_device("cuDeviceGetP2PAttribute", from, [&](Call& call, Device& device) -> CUresult {
    if (find_device(to) == nullptr || to == device.ordinal) {
      return call.fail(CUDA_ERROR_INVALID_DEVICE, "not another device");
    }
    *out = attribute == CU_DEVICE_P2P_ATTRIBUTE_ACCESS_SUPPORTED ? 1 : 0;
    return CUDA_SUCCESS;
  });
}

}  // namespace emu

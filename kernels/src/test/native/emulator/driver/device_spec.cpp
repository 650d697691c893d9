// SPDX-License-Identifier: Apache-2.0
#include "driver/device_spec.h"

#include "driver/text.h"
#include "engine/allocation_table.h"

namespace emu {

namespace {

constexpr size_t kKiB = 1024;

// CUDA C++ Programming Guide, table "Technical specifications per compute capability".
// Before 7.5 there are only devices to be refused; they are like the V100.
size_t shared_kib(int arch) {
  if (arch < 75) return 96;
  if (arch == 75) return 64;
  if (arch == 80 || arch == 87) return 164;
  if (arch == 86 || arch == 89 || arch / 10 == 12) return 100;
  return 228;
}

// The usual card of the generation: V100, T4, A100, RTX 4090, H100, B200, RTX 5090.
int usual_multiprocessors(int arch) {
  if (arch < 75) return 80;
  if (arch == 75) return 40;
  if (arch == 80) return 108;
  if (arch < 90) return 128;
  if (arch == 90) return 132;
  if (arch < 120) return 148;
  return 170;
}

bool apply_flag(const std::string& flag, DeviceSpec& spec) {
  if (flag == "checked") {
    spec.checked = true;
  } else if (flag == "reverse") {
    spec.reverse = true;
  } else if (starts_with(flag, "sms=")) {
    auto count = parse_number(flag.substr(4));
    if (!count || *count < 1 || *count > 1024) return false;
    spec.multiprocessors = static_cast<int>(*count);
  } else {
    return false;
  }
  return true;
}

}  // namespace

size_t DeviceSpec::shared_bytes_opt_in() const {
  return (arch <= 75 ? shared_kib(arch) : shared_kib(arch) - 1) * kKiB;
}

size_t DeviceSpec::shared_bytes_per_multiprocessor() const { return shared_kib(arch) * kKiB; }

int DeviceSpec::threads_per_multiprocessor() const {
  if (arch == 75) return 1024;
  return arch <= 80 || arch / 10 == 9 || arch / 10 == 10 ? 2048 : 1536;
}

int DeviceSpec::blocks_per_multiprocessor() const {
  if (arch == 75) return 16;
  if (arch <= 80 || arch / 10 == 9 || arch / 10 == 10) return 32;
  return arch == 86 || arch == 87 ? 16 : 24;
}

std::vector<DeviceSpec> parse_devices(const std::string& text, std::string* error) {
  std::vector<DeviceSpec> devices;
  for (const std::string& entry : split(text, ',')) {
    std::vector<std::string> fields = split(entry, ':');
    DeviceSpec spec;
    int64_t arch = fields.empty() ? 0 : parse_number(fields[0]).value_or(0);
    uint64_t bytes = fields.size() < 2 ? 0 : parse_bytes(fields[1]).value_or(0);
    bool good = arch >= 50 && arch < 200 && bytes > 0 && bytes < kWindowBytes;
    if (good) {
      spec.arch = static_cast<int>(arch);
      spec.bytes = bytes;
      spec.multiprocessors = usual_multiprocessors(spec.arch);
    }
    for (size_t i = 2; good && i < fields.size(); i++) good = apply_flag(fields[i], spec);
    if (!good) {
      *error = "EMU_DEVICES: '" + entry + "' is not arch:memory[:checked][:reverse][:sms=N]";
      return {};
    }
    devices.push_back(spec);
  }
  if (devices.size() > static_cast<size_t>(kMaxDevices)) {
    *error = "EMU_DEVICES: at most " + std::to_string(kMaxDevices) + " devices";
    return {};
  }
  return devices;
}

}  // namespace emu

// SPDX-License-Identifier: Apache-2.0
// The devices named by EMU_DEVICES and the limits of their architectures.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace emu {

struct DeviceSpec {
  int arch = 0;  // 80 = compute capability 8.0
  size_t bytes = 0;
  int multiprocessors = 0;
  bool checked = false;  // runs the instrumented twins
  bool reverse = false;  // runs lanes, warps and blocks from the last to the first

  int major() const { return arch / 10; }
  int minor() const { return arch % 10; }
  size_t shared_bytes_opt_in() const;
  size_t shared_bytes_per_multiprocessor() const;
  int threads_per_multiprocessor() const;
  int blocks_per_multiprocessor() const;
  std::string name() const { return "Emulated sm_" + std::to_string(arch); }
};

// "80:40G,90:80G:checked,80:16G:reverse:sms=10". On a mistake the list is empty and *error says
// why.
std::vector<DeviceSpec> parse_devices(const std::string& text, std::string* error);

}  // namespace emu

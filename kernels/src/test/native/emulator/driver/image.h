// SPDX-License-Identifier: Apache-2.0
// Reads what the driver is given to load: fatbins, cubins (ELF) and PTX, as nvcc 12 and 13 make them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace emu {

// The architecture an image was compiled for; suffix 'a' fits one device only, 'f' one family.
struct Target {
  int arch = 0;
  char suffix = 0;

  std::string label() const { return std::to_string(arch) + (suffix != 0 ? std::string(1, suffix) : ""); }
};

struct ImageBytes {
  const uint8_t* data = nullptr;
  size_t size = 0;
};

struct FatbinEntry {
  bool ptx = false;
  Target target;
  ImageBytes bytes;
};

struct KernelInfo {
  std::vector<int> parameter_bytes;
  int registers = 0;  // 0: not known (PTX)
  int static_shared_bytes = 0;
  int max_threads = 1024;
  int stack_bytes = 0;
};

struct Image {
  bool ptx = false;        // text, to be compiled by the driver
  bool linked = false;     // made by cuLink from PTX
  Target target;
  Target source;  // what the code was written for: the PTX's target if linked, else the same
  int cubin_abi = 0;
  int ptx_version = 0;     // 90 = PTX ISA 9.0
  uint64_t fingerprint = 0;  // of the cubin, or of the PTX that it was made from
  std::map<std::string, KernelInfo> kernels;
};

bool is_fatbin(const void* data);
bool is_elf(const void* data);

std::vector<FatbinEntry> fatbin_entries(const uint8_t* data);

// Bytes of an image of which only the start is known: from the headers of a cubin, up to the
// terminating zero of PTX.
ImageBytes measure(const void* data);

uint64_t fingerprint(ImageBytes bytes);

// False, with a reason, if the bytes are neither a cubin nor PTX.
bool read_image(ImageBytes bytes, Image* image, std::string* error);

// An ELF file that stands for PTX compiled for `arch`.
std::vector<uint8_t> make_linked_cubin(ImageBytes ptx, int arch);

// Whether a device of this architecture runs the image (H4 d).
bool fits(const Target& image, bool ptx, int device_arch);

}  // namespace emu

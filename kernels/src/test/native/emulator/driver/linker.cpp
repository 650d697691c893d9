// SPDX-License-Identifier: Apache-2.0
// The driver's own compiler of PTX: it checks what it is given as the real one does, and makes a
// cubin that carries the PTX and names the device's architecture.
#include <algorithm>
#include <cstring>

#include "driver/call.h"
#include "driver/image.h"
#include "driver/jit_options.h"
#include "driver/ptx.h"

namespace emu {

struct Link {
  Context* context = nullptr;
  int arch = 0;
  std::vector<uint8_t> ptx;
  std::vector<uint8_t> cubin;
  JitOptions options;
};

namespace {

CUresult refuse(Call& call, Link& link, CUresult code, const std::string& why) {
  link.options.write_error(why);
  return call.fail(code, why);
}

CUresult add_ptx(Call& call, Link& link, const void* data, size_t bytes) {
  auto* text = static_cast<const char*>(data);
  size_t length = strnlen(text, bytes);
  Image image;
  std::string error;
  ImageBytes ptx{reinterpret_cast<const uint8_t*>(text), length};
  if (is_elf(data) || !read_image(ptx, &image, &error)) {
    return refuse(call, link, CUDA_ERROR_INVALID_PTX, "not PTX");
  }
  if (image.ptx_version > newest_ptx(driver().version)) {
    return refuse(call, link, CUDA_ERROR_UNSUPPORTED_PTX_VERSION,
                  "PTX ISA " + std::to_string(image.ptx_version / 10) + "." +
                      std::to_string(image.ptx_version % 10) + " is newer than driver " +
                      std::to_string(driver().version));
  }
  if (!fits(image.target, true, link.arch)) {
    return refuse(
        call, link, CUDA_ERROR_NO_BINARY_FOR_GPU,
        "PTX for compute_" + image.target.label() + ", target sm_" + std::to_string(link.arch));
  }
  if (!link.ptx.empty()) {
    return refuse(call, link, CUDA_ERROR_NOT_SUPPORTED, "linking several inputs is not emulated");
  }
  link.ptx.assign(ptx.data, ptx.data + length);
  return CUDA_SUCCESS;
}

}  // namespace

EMU_API cuLinkCreate_v2(unsigned count, CUjit_option* options, void** values, CUlinkState* out) {
  return api_in_context("cuLinkCreate_v2", [&](Call& call) {
    auto link = std::make_shared<Link>();
    link->context = &call.context();
    link->options = JitOptions(count, options, values);
    link->arch = link->options.target != 0 ? link->options.target : call.device().spec->arch;
    *out = driver().links.add(link);
    return CUDA_SUCCESS;
  });
}

EMU_API cuLinkAddData_v2(CUlinkState handle, CUjitInputType type, void* data, size_t bytes,
                         const char* name, unsigned, CUjit_option*, void**) {
  return api_in_context("cuLinkAddData_v2", [&](Call& call) {
    call.note("bytes", bytes);
    if (name != nullptr) call.note("name", name);
    auto link = driver().links.find(handle);
    if (link == nullptr) return call.fail(CUDA_ERROR_INVALID_HANDLE, "no such link");
    if (type != CU_JIT_INPUT_PTX) {
      return call.fail(CUDA_ERROR_NOT_SUPPORTED, "only PTX can be linked here");
    }
    return add_ptx(call, *link, data, bytes);
  });
}

// The cubin belongs to the link and is gone when it is destroyed.
EMU_API cuLinkComplete(CUlinkState handle, void** cubin, size_t* bytes) {
  return api_in_context("cuLinkComplete", [&](Call& call) {
    auto link = driver().links.find(handle);
    if (link == nullptr) return call.fail(CUDA_ERROR_INVALID_HANDLE, "no such link");
    if (link->ptx.empty()) return call.fail(CUDA_ERROR_INVALID_VALUE, "nothing was added");
    link->cubin = make_linked_cubin({link->ptx.data(), link->ptx.size()}, link->arch);
    driver().counters.links++;
    *cubin = link->cubin.data();
    if (bytes != nullptr) *bytes = link->cubin.size();
    return CUDA_SUCCESS;
  });
}

EMU_API cuLinkDestroy(CUlinkState handle) {
  return api("cuLinkDestroy", [&](Call& call) {
    auto link = driver().links.take(handle);
    if (link == nullptr) return call.fail(CUDA_ERROR_INVALID_HANDLE, "no such link");
    // Whoever still reads the cubin shall notice.
    std::fill(link->cubin.begin(), link->cubin.end(), uint8_t{0xff});
    return CUDA_SUCCESS;
  });
}

}  // namespace emu

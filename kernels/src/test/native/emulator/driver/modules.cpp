// SPDX-License-Identifier: Apache-2.0
#include "driver/modules.h"

#include <fstream>
#include <iterator>

#include "driver/call.h"
#include "driver/executor.h"
#include "driver/jit_options.h"
#include "driver/ptx.h"
#include "driver/twins.h"

namespace emu {

namespace {

Result invalid_image(std::string why) { return {CUDA_ERROR_INVALID_IMAGE, std::move(why)}; }

// The entry a driver takes: a cubin that fits, the newest first, else the newest PTX that fits.
Result choose_entry(const uint8_t* fatbin, int arch, ImageBytes* chosen) {
  int best = -1;
  std::string have;
  for (const FatbinEntry& entry : fatbin_entries(fatbin)) {
    have += (entry.ptx ? " compute_" : " sm_") + entry.target.label();
    if (!fits(entry.target, entry.ptx, arch)) continue;
    int rank = entry.target.arch * 2 + (entry.target.suffix != 0 ? 1 : 0) + (entry.ptx ? 0 : 10000);
    if (rank <= best) continue;
    best = rank;
    *chosen = entry.bytes;
  }
  if (best >= 0) return Result();
  return {CUDA_ERROR_NO_BINARY_FOR_GPU,
          "the fatbin holds" + have + ", the device is sm_" + std::to_string(arch)};
}

Result check_for_device(const Image& image, int arch) {
  if (!fits(image.target, image.ptx, arch)) {
    CUresult code = image.ptx ? CUDA_ERROR_INVALID_PTX : CUDA_ERROR_NO_BINARY_FOR_GPU;
    return {code, "the image is for " + std::string(image.ptx ? "compute_" : "sm_") +
                      image.target.label() + ", the device is sm_" + std::to_string(arch)};
  }
  int version = driver().version;
  if (image.ptx && image.ptx_version > newest_ptx(version)) {
    return {CUDA_ERROR_UNSUPPORTED_PTX_VERSION,
            "PTX ISA " + std::to_string(image.ptx_version / 10) + "." +
                std::to_string(image.ptx_version % 10) + " is newer than driver " +
                std::to_string(version)};
  }
  if (!image.linked && image.cubin_abi >= 8 && version < 13000) {
    return invalid_image("a cubin of CUDA 13 needs a driver of version 13000, this one is " +
                         std::to_string(version));
  }
  return Result();
}

// What was compiled for the device and what will be executed here must be the same kernels.
Result check_parameters(const std::vector<int>& sizes, const EmuKernel& kernel) {
  bool same = static_cast<int>(sizes.size()) == kernel.nparams;
  for (size_t i = 0; same && i < sizes.size(); i++) same = sizes[i] == kernel.param_size[i];
  if (same) return Result();
  return invalid_image(std::string("twin and image disagree about the parameters of ") +
                       kernel.name);
}

const EmuKernel* find_kernel(const EmuTwin& twin, const std::string& name) {
  for (int i = 0; i < twin.nkernels; i++) {
    if (name == twin.kernels[i].name) return &twin.kernels[i];
  }
  return nullptr;
}

Result add_function(const std::shared_ptr<Module>& module, const Image& image,
                    const std::string& name, const KernelInfo& info) {
  const EmuKernel* kernel = find_kernel(*module->twin, name);
  if (kernel == nullptr) {
    return invalid_image("the image has the kernel " + name + ", its twin of sm_" +
                         std::to_string(module->twin->arch / 10) + " does not");
  }
  Result same = check_parameters(info.parameter_bytes, *kernel);
  if (!same.ok()) return same;
  auto function = std::make_shared<Function>();
  function->name = name;
  function->module = module;
  function->kernel = kernel;
  function->info = info;
  function->target = image.target;
  function->linked = image.linked || image.ptx;
  if (function->info.registers == 0) function->info.registers = 32;  // what a JIT might choose
  module->functions[name] = driver().functions.add(function);
  return Result();
}

void unload(Module& module) {
  module.loaded = false;
  for (const auto& entry : module.functions) driver().functions.take(entry.second);
  module.functions.clear();
}

CUresult load(Call& call, const void* data, CUmodule* out, const JitOptions& options = {}) {
  if (CUresult code = call.forbid_in_capture()) return code;
  if (data == nullptr) return call.fail(CUDA_ERROR_INVALID_VALUE, "no image");
  std::shared_ptr<Module> module;
  Result result = load_module(call.context(), data, &module);
  if (!result.ok()) {
    options.write_error(result.message);
    return call.fail(result);
  }
  call.note("module", module->number);
  *out = module->handle;
  return CUDA_SUCCESS;
}

}  // namespace

Result load_module(Context& context, const void* data, std::shared_ptr<Module>* out) {
  int arch = context.device->spec->arch;
  ImageBytes bytes;
  if (is_fatbin(data)) {
    Result chosen = choose_entry(static_cast<const uint8_t*>(data), arch, &bytes);
    if (!chosen.ok()) return chosen;
    if (is_elf(bytes.data)) bytes = measure(bytes.data);
  } else {
    bytes = measure(data);
  }
  Image image;
  std::string error;
  if (!read_image(bytes, &image, &error)) return invalid_image(error);
  Result result = check_for_device(image, arch);
  if (!result.ok()) return result;
  auto module = std::make_shared<Module>();
  module->context = &context;
  module->number = ++driver().last_number;
  result = find_twin(image, context.device->spec->checked, &module->twin);
  for (const auto& entry : image.kernels) {
    if (result.ok()) result = add_function(module, image, entry.first, entry.second);
  }
  if (!result.ok()) {
    unload(*module);
    return result;
  }
  driver().counters.modules_loaded++;
  if (image.ptx) driver().counters.links++;
  module->handle = driver().modules.add(module);
  *out = module;
  return Result();
}

EMU_API cuModuleLoadData(CUmodule* out, const void* image) {
  return api_in_context("cuModuleLoadData", [&](Call& call) { return load(call, image, out); });
}

EMU_API cuModuleLoadDataEx(CUmodule* out, const void* image, unsigned count, CUjit_option* options,
                           void** values) {
  return api_in_context("cuModuleLoadDataEx", [&](Call& call) {
    return load(call, image, out, JitOptions(count, options, values));
  });
}

EMU_API cuModuleLoadFatBinary(CUmodule* out, const void* image) {
  return api_in_context("cuModuleLoadFatBinary",
                        [&](Call& call) { return load(call, image, out); });
}

EMU_API cuModuleLoad(CUmodule* out, const char* path) {
  return api_in_context("cuModuleLoad", [&](Call& call) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return call.fail(CUDA_ERROR_FILE_NOT_FOUND, path);
    std::vector<char> bytes((std::istreambuf_iterator<char>(file)), {});
    bytes.push_back('\0');
    return load(call, bytes.data(), out);
  });
}

EMU_API cuModuleUnload(CUmodule handle) {
  return api_in_context("cuModuleUnload", [&](Call& call) {
    auto module = driver().modules.find(handle);
    if (module == nullptr) return call.fail(CUDA_ERROR_INVALID_HANDLE, "no such module");
    if (module->context != &call.context()) {
      return call.fail(CUDA_ERROR_INVALID_HANDLE, "module of another context");
    }
    CUresult code = wait_for_context(call.lock, call.context());
    unload(*module);
    driver().modules.take(handle);
    return code;
  });
}

EMU_API cuModuleGetFunction(CUfunction* out, CUmodule handle, const char* name) {
  return api_in_context("cuModuleGetFunction", name, [&](Call& call) {
    call.note("kernel", name);
    auto module = driver().modules.find(handle);
    if (module == nullptr) return call.fail(CUDA_ERROR_INVALID_HANDLE, "no such module");
    auto found = module->functions.find(name);
    if (found == module->functions.end()) {
      return call.fail(CUDA_ERROR_NOT_FOUND, std::string("the image has no kernel ") + name);
    }
    *out = found->second;
    return CUDA_SUCCESS;
  });
}

EMU_API cuModuleGetGlobal_v2(CUdeviceptr*, size_t*, CUmodule, const char* name) {
  return api_in_context("cuModuleGetGlobal_v2", [&](Call& call) {
    return call.fail(CUDA_ERROR_NOT_FOUND, std::string("no device variables here: ") + name);
  });
}

EMU_API cuModuleGetLoadingMode(CUmoduleLoadingMode* mode) {
  return api("cuModuleGetLoadingMode", [&](Call&) {
    *mode = CU_MODULE_EAGER_LOADING;
    return CUDA_SUCCESS;
  });
}

}  // namespace emu

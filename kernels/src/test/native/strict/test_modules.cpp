// SPDX-License-Identifier: Apache-2.0
// Images, the architecture rule, PTX through the driver's compiler, and the limits of a launch.
#include "harness.h"

namespace {

// Entries of the strict fatbin by kind and architecture, taken apart as the runtime does.
std::vector<char> entry(bool ptx, int arch) {
  const std::vector<char>& fatbin = strict_fatbin();
  size_t at = 16;
  while (at < fatbin.size()) {
    unsigned short kind;
    unsigned header, found_arch;
    size_t bytes;
    memcpy(&kind, &fatbin[at], 2);
    memcpy(&header, &fatbin[at + 4], 4);
    memcpy(&bytes, &fatbin[at + 8], 8);
    memcpy(&found_arch, &fatbin[at + 28], 4);
    if ((kind == 1) == ptx && static_cast<int>(found_arch) == arch) {
      auto start = fatbin.begin() + static_cast<long>(at + header);
      std::vector<char> result(start, start + static_cast<long>(bytes));
      result.push_back('\0');
      return result;
    }
    at += header + bytes;
  }
  report_failure(__FILE__, __LINE__, "no such entry");
  return {};
}

CUresult load(const std::vector<char>& image, CUmodule* module) {
  return cuModuleLoadData(module, image.data());
}

// The cubin the driver's compiler makes of PTX.
CUresult compile(const std::vector<char>& ptx, std::vector<char>* cubin) {
  CUlinkState link;
  OK(cuLinkCreate(0, nullptr, nullptr, &link));
  void* text = const_cast<char*>(ptx.data());
  CUresult code = cuLinkAddData(link, CU_JIT_INPUT_PTX, text, ptx.size(), "strict", 0, nullptr, nullptr);
  if (code == CUDA_SUCCESS) {
    void* data = nullptr;
    size_t bytes = 0;
    code = cuLinkComplete(link, &data, &bytes);
    cubin->assign(static_cast<char*>(data), static_cast<char*>(data) + bytes);
  }
  OK(cuLinkDestroy(link));
  return code;
}

void run_loaded(Gpu& gpu, CUmodule module) {
  CUfunction function;
  OK(cuModuleGetFunction(&function, module, "vector_add"));
  CUdeviceptr a = gpu.floats(std::vector<float>(32, 1.5f));
  int n = 32;
  void* params[] = {&a, &a, &a, &n};
  OK(cuLaunchKernel(function, 1, 1, 1, 32, 1, 1, 0, gpu.stream, params, nullptr));
  OK(cuStreamSynchronize(gpu.stream));
  EXPECT_EQ(3.0f, gpu.read_floats(a, 1)[0]);
}

}  // namespace

TEST(architecture_rule) {
  struct Case {
    int ordinal;
    bool ptx;
    int arch;
    CUresult want;
  };
  const Case cases[] = {{kAmpere, false, 80, CUDA_SUCCESS},
                        {kAmpere, false, 90, CUDA_ERROR_NO_BINARY_FOR_GPU},
                        {kHopper, false, 90, CUDA_SUCCESS},
                        {kHopper, false, 80, CUDA_ERROR_NO_BINARY_FOR_GPU},
                        {kHopper, true, 80, CUDA_SUCCESS},
                        {kBlackwell, false, 90, CUDA_ERROR_NO_BINARY_FOR_GPU},
                        {kBlackwell, true, 80, CUDA_SUCCESS},
                        {kBlackwell, true, 75, CUDA_SUCCESS},
                        {kTuring, false, 80, CUDA_ERROR_NO_BINARY_FOR_GPU},
                        {kTuring, true, 80, CUDA_ERROR_INVALID_PTX},
                        {kTuring, true, 75, CUDA_SUCCESS}};
  for (const Case& c : cases) {
    Gpu gpu(c.ordinal);
    CUmodule module;
    CUresult code = load(entry(c.ptx, c.arch), &module);
    EXPECT_EQ(c.want, code);
    if (code == CUDA_SUCCESS) run_loaded(gpu, module);
  }
}

TEST(wrong_images) {
  Gpu gpu(kAmpere);
  CUmodule module;
  EXPECT_ERROR(CUDA_ERROR_INVALID_IMAGE, "neither", cuModuleLoadData(&module, "this is no image"));
  std::vector<char> cubin = entry(false, 80);
  cubin[cubin.size() / 2] ^= 1;
  EXPECT_ERROR(CUDA_ERROR_INVALID_IMAGE, "no host twin", load(cubin, &module));
}

TEST(images_of_cuda_13_need_a_driver_of_cuda_13) {
  Gpu gpu(kAmpere);
  CUmodule module;
  control("version=12060");
  int version = 0;
  OK(cuDriverGetVersion(&version));
  EXPECT_EQ(12060, version);
  EXPECT_ERROR(CUDA_ERROR_INVALID_IMAGE, "needs a driver", load(entry(false, 80), &module));
  EXPECT_ERROR(CUDA_ERROR_UNSUPPORTED_PTX_VERSION, "PTX ISA 9.0 is newer", load(entry(true, 80), &module));
  std::vector<char> cubin;
  EXPECT_ERROR(CUDA_ERROR_UNSUPPORTED_PTX_VERSION, "PTX ISA 9.0 is newer", compile(entry(true, 80), &cubin));
  control("version=13000");
  OK(load(entry(true, 80), &module));
}

TEST(driver_compiles_ptx) {
  std::vector<char> for_turing, for_blackwell;
  {
    Gpu gpu(kBlackwell);
    int before = attribute(kBlackwell, 1000019);
    OK(compile(entry(true, 80), &for_blackwell));
    EXPECT_EQ(before + 1, attribute(kBlackwell, 1000019));
    CUmodule module;
    OK(load(for_blackwell, &module));
    run_loaded(gpu, module);
  }
  {
    Gpu gpu(kTuring);
    OK(compile(entry(true, 75), &for_turing));
    CUmodule module;
    OK(load(for_turing, &module));
    run_loaded(gpu, module);
    EXPECT_EQ(CUDA_ERROR_NO_BINARY_FOR_GPU, load(for_blackwell, &module));
    std::vector<char> cubin;
    EXPECT_EQ(CUDA_ERROR_NO_BINARY_FOR_GPU, compile(entry(true, 80), &cubin));
  }
  Gpu gpu(kAmpere);
  std::vector<char> cubin, broken = entry(true, 80);
  broken[0] = 0;
  EXPECT_ERROR(CUDA_ERROR_INVALID_PTX, "not PTX", compile(broken, &cubin));
}

TEST(compiled_ptx_keeps_the_architecture_it_was_written_for) {
  struct Case {
    int ordinal, arch, want;
  };
  for (const Case& c : {Case{kHopper, 80, 800}, Case{kHopper, 75, 750}, Case{kChecked, 80, 800}}) {
    Gpu gpu(c.ordinal);
    std::vector<char> cubin;
    OK(compile(entry(true, c.arch), &cubin));
    for (const std::vector<char>& image : {entry(true, c.arch), cubin}) {
      CUmodule module;
      OK(load(image, &module));
      CUfunction function;
      OK(cuModuleGetFunction(&function, module, "compiled_for"));
      CUdeviceptr out = gpu.ints({0});
      void* params[] = {&out};
      OK(cuLaunchKernel(function, 1, 1, 1, 1, 1, 1, 0, gpu.stream, params, nullptr));
      OK(cuStreamSynchronize(gpu.stream));
      EXPECT_EQ(c.want, gpu.read_ints(out, 1)[0]);
    }
  }
  Gpu gpu(kHopper);
  CUdeviceptr out = gpu.ints({0});
  OK(gpu.run("compiled_for", 1, 1, out));
  EXPECT_EQ(900, gpu.read_ints(out, 1)[0]);
}

TEST(compiler_writes_its_log) {
  Gpu gpu(kAmpere);
  char log[64] = "";
  CUjit_option options[] = {CU_JIT_ERROR_LOG_BUFFER, CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES};
  void* values[] = {log, reinterpret_cast<void*>(sizeof log)};
  CUlinkState link;
  OK(cuLinkCreate(2, options, values, &link));
  char text[] = "nonsense";
  EXPECT_EQ(CUDA_ERROR_INVALID_PTX, cuLinkAddData(link, CU_JIT_INPUT_PTX, text, sizeof text, "x", 0, nullptr, nullptr));
  EXPECT(strcmp(log, "not PTX") == 0);
  OK(cuLinkDestroy(link));
  EXPECT_EQ(CUDA_ERROR_INVALID_HANDLE, cuLinkDestroy(link));
}

TEST(unloaded_module) {
  Gpu gpu(kAmpere);
  CUfunction function = gpu.function("vector_add");
  CUdeviceptr a = gpu.floats(std::vector<float>(32, 1.0f));
  OK(gpu.launch("vector_add", 1, 32, a, a, a, 32));
  OK(cuModuleUnload(gpu.module));
  EXPECT_EQ(2.0f, gpu.read_floats(a, 1)[0]);  // what was queued ran first
  int n = 32;
  void* params[] = {&a, &a, &a, &n};
  EXPECT_ERROR(CUDA_ERROR_INVALID_HANDLE, "module unloaded?",
               cuLaunchKernel(function, 1, 1, 1, 32, 1, 1, 0, gpu.stream, params, nullptr));
  EXPECT_EQ(CUDA_ERROR_INVALID_HANDLE, cuModuleUnload(gpu.module));
}

TEST(limits_of_a_launch) {
  Gpu gpu(kAmpere);
  CUdeviceptr a = gpu.bytes(4096);
  CUfunction function;
  EXPECT_ERROR(CUDA_ERROR_NOT_FOUND, "no kernel", cuModuleGetFunction(&function, gpu.module, "nothing"));
  EXPECT_ERROR(CUDA_ERROR_INVALID_VALUE, "__launch_bounds__", gpu.launch("votes", 1, 64, a));
  EXPECT_ERROR(CUDA_ERROR_INVALID_VALUE, "bad block", gpu.launch("vector_add", 1, 1025, a, a, a, 1));
  EXPECT_ERROR(CUDA_ERROR_INVALID_VALUE, "bad grid", gpu.launch("vector_add", 0, 32, a, a, a, 1));
  EXPECT_ERROR(CUDA_ERROR_INVALID_VALUE, "opted into", gpu.launch_shaped("reverse_blocks", 1, 32, 49153, a, a));
  function = gpu.function("reverse_blocks");
  OK(cuFuncSetAttribute(function, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, 163 << 10));
  OK(gpu.launch_shaped("reverse_blocks", 1, 32, 163 << 10, a, a));
  EXPECT_ERROR(CUDA_ERROR_INVALID_VALUE, "the device allows",
               cuFuncSetAttribute(function, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, 164 << 10));
  void* params[] = {&a, nullptr};
  EXPECT_ERROR(CUDA_ERROR_INVALID_VALUE, "parameter 1 is null",
               cuLaunchKernel(function, 1, 1, 1, 32, 1, 1, 128, gpu.stream, params, nullptr));
}

TEST(attributes_of_a_kernel_come_from_the_image) {
  Gpu gpu(kAmpere);
  int value = 0;
  OK(cuFuncGetAttribute(&value, CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK, gpu.function("race_read")));
  EXPECT_EQ(64, value);
  OK(cuFuncGetAttribute(&value, CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES, gpu.function("race_read")));
  EXPECT_EQ(256, value);
  OK(cuFuncGetAttribute(&value, CU_FUNC_ATTRIBUTE_NUM_REGS, gpu.function("race_read")));
  EXPECT(value > 4 && value < 128);
  int blocks = 0;
  OK(cuOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, gpu.function("vector_add"), 256, 0));
  EXPECT_EQ(8, blocks);
  OK(cuOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, gpu.function("vector_add"), 256, 40 << 10));
  EXPECT_EQ(4, blocks);
}

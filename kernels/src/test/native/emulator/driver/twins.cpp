// SPDX-License-Identifier: Apache-2.0
#include "driver/twins.h"

#include <dlfcn.h>

#include <fstream>
#include <map>

#include "driver/text.h"

namespace emu {

namespace {

std::map<uint64_t, std::string>& g_prefixes = *new std::map<uint64_t, std::string>;
std::map<std::string, const EmuTwin*>& g_twins = *new std::map<std::string, const EmuTwin*>;
std::string& g_folder = *new std::string;

std::string own_folder() {
  Dl_info info{};
  if (dladdr(reinterpret_cast<void*>(&own_folder), &info) == 0) return ".";
  std::string path = info.dli_fname;
  size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash);
}

int twin_arch(const Target& target) {
  if (target.arch == 90 && target.suffix == 'a') return 900;
  return target.arch >= 80 ? 800 : 750;
}

}  // namespace

Result load_image_list() {
  g_folder = environment("EMU_TWINS", own_folder().c_str());
  std::ifstream list(g_folder + "/images.txt");
  std::string hash, arch, prefix;
  while (list >> hash >> arch >> prefix) g_prefixes[std::stoull(hash, nullptr, 16)] = prefix;
  return Result();
}

Result find_twin(const Image& image, bool checked, const EmuTwin** twin) {
  auto found = g_prefixes.find(image.fingerprint);
  if (found == g_prefixes.end()) {
    return {CUDA_ERROR_INVALID_IMAGE, "no host twin was built from this image (sm_" +
                                          image.target.label() + "); " + g_folder +
                                          "/images.txt does not list it: rebuild the emulator"};
  }
  int arch = twin_arch(image.source);
  std::string path = g_folder + "/" + found->second + (checked ? "-checked-" : "-fast-") +
                     std::to_string(arch) + ".so";
  auto known = g_twins.find(path);
  if (known == g_twins.end()) {
    void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) return {CUDA_ERROR_INVALID_IMAGE, dlerror()};
    auto* loaded = static_cast<const EmuTwin*>(dlsym(library, "emu_twin"));
    if (loaded == nullptr || loaded->abi != EMU_TWIN_ABI) {
      return {CUDA_ERROR_INVALID_IMAGE, path + " is not a twin of this emulator: rebuild it"};
    }
    known = g_twins.emplace(path, loaded).first;
  }
  *twin = known->second;
  return Result();
}

}  // namespace emu

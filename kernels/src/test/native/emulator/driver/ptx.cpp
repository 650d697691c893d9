// SPDX-License-Identifier: Apache-2.0
// The parts of PTX that say how a kernel may be launched (PTX ISA, sections "Directives").
#include "driver/ptx.h"

#include <cctype>
#include <cstdlib>

namespace emu {

namespace {

// The word after `directive`, or "" if it is missing. Searches [from, to).
std::string word_after(const std::string& text, const std::string& directive, size_t from,
                       size_t to) {
  size_t at = text.find(directive, from);
  if (at == std::string::npos || at >= to) return "";
  at += directive.size();
  while (at < to && isspace(static_cast<unsigned char>(text[at])) != 0) at++;
  size_t end = at;
  while (end < to && (isalnum(static_cast<unsigned char>(text[end])) != 0 || text[end] == '_' ||
                      text[end] == '.' || text[end] == '$')) {
    end++;
  }
  return text.substr(at, end - at);
}

// ".param .u64 name", ".param .align 16 .b8 name[32]"
int parameter_bytes(const std::string& declaration) {
  size_t bracket = declaration.find('[');
  int count = bracket == std::string::npos ? 1 : atoi(declaration.c_str() + bracket + 1);
  for (int bits : {8, 16, 32, 64}) {
    for (const char* kind : {".u", ".s", ".b", ".f"}) {
      if (declaration.find(kind + std::to_string(bits) + " ") != std::string::npos) {
        return bits / 8 * count;
      }
    }
  }
  return 0;
}

KernelInfo read_entry(const std::string& text, size_t name_end) {
  KernelInfo kernel;
  size_t body = text.find('{', name_end);
  if (body == std::string::npos) body = text.size();
  size_t open = text.find('(', name_end);
  if (open < body) {
    size_t close = text.find(')', open);
    for (size_t at = open; (at = text.find(".param", at)) < close;) {
      size_t end = text.find_first_of(",)", at);
      kernel.parameter_bytes.push_back(parameter_bytes(text.substr(at, end - at)));
      at = end;
    }
  }
  size_t bounds = text.find(".maxntid", name_end);
  if (bounds < body) {
    kernel.max_threads = 1;
    const char* at = text.c_str() + bounds + 8;
    for (int i = 0; i < 3; i++) {
      char* end = nullptr;
      long value = strtol(at, &end, 10);
      if (end == at) break;
      kernel.max_threads *= static_cast<int>(value);
      if (*end != ',') break;
      at = end + 1;
    }
  }
  return kernel;
}

}  // namespace

bool read_ptx(const std::string& text, Image* image, std::string* error) {
  std::string version = word_after(text, ".version", 0, text.size());
  std::string target = word_after(text, ".target", 0, text.size());
  size_t dot = version.find('.');
  if (dot == std::string::npos || target.rfind("sm_", 0) != 0) {
    *error = "neither a fatbin, nor a cubin, nor PTX";
    return false;
  }
  image->ptx_version = atoi(version.c_str()) * 10 + atoi(version.c_str() + dot + 1);
  image->target.arch = atoi(target.c_str() + 3);
  char last = target.back();
  image->target.suffix = last == 'a' || last == 'f' ? last : '\0';
  for (size_t at = 0; (at = text.find(".entry", at)) != std::string::npos;) {
    at += 6;
    std::string name = word_after(text, "", at, text.size());
    if (!name.empty()) image->kernels[name] = read_entry(text, at + name.size());
  }
  return true;
}

int newest_ptx(int driver_version) {
  int major = driver_version / 1000;
  int minor = driver_version % 1000 / 10;
  if (major >= 13) return (major - 4) * 10 + minor;  // CUDA 13.0: PTX 9.0
  if (major == 12) {
    // 12.0: 8.0 up to 12.5: 8.5; 12.6 still had 8.5, and from 12.7 on it is one less than the
    // minor.
    return 80 + (minor <= 5 ? minor : minor - 1);
  }
  return 70 + minor;  // CUDA 11
}

}  // namespace emu

// SPDX-License-Identifier: Apache-2.0
// What the kernels ask of the system: whether they can run, and memory in large pages.
#include <cpuid.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "highbeam_cpu.h"

namespace highbeam {
namespace {

constexpr size_t kLargePage = size_t{2} << 20;
// Linux: Documentation/arch/x86/xstate.rst.
constexpr long kRequestPermission = 0x1023;
constexpr long kTileData = 18;

size_t rounded_up(size_t bytes) { return (bytes + kLargePage - 1) & ~(kLargePage - 1); }

bool has_bit(unsigned word, int bit) { return (word >> bit & 1) != 0; }

/// Intel SDM, volume 2, CPUID leaf 7: AVX-512 F, DQ, BW, VL; AMX BF16, TILE, INT8; in subleaf 1 AVX-512 BF16.
bool has_instructions() {
  unsigned a = 0;
  unsigned b = 0;
  unsigned c = 0;
  unsigned d = 0;
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d) == 0) {
    return false;
  }
  unsigned a1 = 0;
  unsigned rest = 0;
  if (__get_cpuid_count(7, 1, &a1, &rest, &rest, &rest) == 0 || !has_bit(a1, 5)) {
    return false;
  }
  return has_bit(b, 16) && has_bit(b, 17) && has_bit(b, 30) && has_bit(b, 31) && has_bit(d, 22) && has_bit(d, 24) && has_bit(d, 25);
}

}  // namespace

bool is_supported() { return has_instructions() && syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0; }

void* allocate(size_t bytes) {
  // More than asked for, so that it can begin at a large page; what lies around it is given back.
  const size_t wanted = rounded_up(bytes);
  char* memory = static_cast<char*>(mmap(nullptr, wanted + kLargePage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
  if (memory == MAP_FAILED) {
    return nullptr;
  }
  char* begin = reinterpret_cast<char*>(rounded_up(reinterpret_cast<size_t>(memory)));
  if (begin != memory) {
    munmap(memory, static_cast<size_t>(begin - memory));
  }
  munmap(begin + wanted, static_cast<size_t>(memory + kLargePage - begin));
  madvise(begin, wanted, MADV_HUGEPAGE);
  return begin;
}

void release(void* memory, size_t bytes) { munmap(memory, rounded_up(bytes)); }

}  // namespace highbeam

// SPDX-License-Identifier: Apache-2.0
// The peak of the matrix tiles: products of registers alone, nothing is loaded. Prints operations per second, an addition and a product being
// two, for bf16 and int8, with one thread and with more; the best pass counts.
//
//   peak [threads]
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

#include "tile.h"

namespace {

constexpr int kPasses = 5;
constexpr int kRounds = 1000000;
constexpr int kProductsPerRound = 4;
constexpr int kTilePermission = 0x1023;
constexpr int kTileData = 18;

/// Seconds of the best pass.
double measure(bool is_int8) {
  highbeam::TileShapes shapes;
  for (int tile = 0; tile < 8; tile++) {
    shapes.set(tile, highbeam::kTileRows, highbeam::kStepBytes);
  }
  const highbeam::TileScope scope(shapes);
  double best = 1e9;
  for (int pass = 0; pass < kPasses; pass++) {
    const auto begin = std::chrono::steady_clock::now();
    for (int round = 0; round < kRounds; round++) {
      if (is_int8) {
        _tile_dpbssd(0, 4, 6);
        _tile_dpbssd(1, 4, 7);
        _tile_dpbssd(2, 5, 6);
        _tile_dpbssd(3, 5, 7);
      } else {
        _tile_dpbf16ps(0, 4, 6);
        _tile_dpbf16ps(1, 4, 7);
        _tile_dpbf16ps(2, 5, 6);
        _tile_dpbf16ps(3, 5, 7);
      }
    }
    best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  }
  return best;
}

void report(bool is_int8, int count) {
  std::vector<double> seconds(count);
  std::vector<std::thread> threads;
  for (int i = 0; i < count; i++) {
    threads.emplace_back([&seconds, is_int8, i] { seconds[i] = measure(is_int8); });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  const double products = 1.0 * count * kRounds * kProductsPerRound * highbeam::kTileRows * highbeam::kTileColumns * (is_int8 ? 64 : 32);
  const double rate = 2 * products / *std::max_element(seconds.begin(), seconds.end());
  std::printf("tiles of %s, %d thread%s: %.2f T%sP/s\n", is_int8 ? "int8" : "bf16", count, count == 1 ? "" : "s", rate / 1e12,
              is_int8 ? "O" : "FLO");
}

}  // namespace

int main(int argc, char** argv) {
  if (syscall(SYS_arch_prctl, kTilePermission, kTileData) != 0) {
    std::puts("this machine has no tiles");
    return 1;
  }
  const int most = argc > 1 ? std::atoi(argv[1]) : static_cast<int>(std::thread::hardware_concurrency());
  for (const bool is_int8 : {false, true}) {
    for (int count = 1; count <= most; count = count == most ? most + 1 : std::min(2 * count, most)) {
      report(is_int8, count);
    }
  }
}

#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds the driver emulator and the twins of the kernels where nvcc, g++ and make are, and says in one line what is
# missing where they are not: tests on emulated devices then skip.
#
#   build.sh [MAKE TARGET...]
set -euo pipefail

here=$(CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)
export CUDA_HOME=${CUDA_HOME:-/usr/local/cuda}

skip() {
  echo "emulator: not built, $1; tests on emulated devices are skipped"
  exit 0
}

[ "${EMULATOR_SKIP:-false}" = false ] || skip "as asked"
[ "$(uname -sm)" = "Linux x86_64" ] || skip "it runs on x86-64 Linux only"
command -v make >/dev/null || skip "make is missing"
command -v "${CXX:-g++}" >/dev/null || skip "${CXX:-g++} is missing"
if [ -z "${NVCC:-}" ]; then
  NVCC=$(command -v nvcc || echo "$CUDA_HOME/bin/nvcc")
fi
command -v "$NVCC" >/dev/null || skip "nvcc is missing"
[ -f "$CUDA_HOME/include/cuda.h" ] || skip "$CUDA_HOME/include/cuda.h is missing (set CUDA_HOME)"
export NVCC

exec make -s --no-print-directory -C "$here" -j"${EMULATOR_JOBS:-2}" "$@"

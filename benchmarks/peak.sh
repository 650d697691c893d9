#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds and runs src/main/cpu/peak.cpp: the peak of this machine's matrix tiles.
#
#   benchmarks/peak.sh [threads]
set -euo pipefail

here=$(CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)
mkdir -p "$here/target"
"${CXX:-g++}" -std=c++17 -O2 -Wall -Wextra -pthread -mavx512f -mamx-tile -mamx-int8 -mamx-bf16 \
  -I"$here/../kernels/src/main/cpu" "$here/src/main/cpu/peak.cpp" -o "$here/target/peak"
exec "$here/target/peak" "$@"

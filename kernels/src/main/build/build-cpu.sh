#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds the kernels of the CPU backend into the library that the jar carries.
#
#   build-cpu.sh OUT_DIR
#
# writes OUT_DIR/cpu/libhighbeam_cpu.so for Linux on x86-64. Nothing is done if sources, options and compiler are those of the file that is
# there. Elsewhere, or without g++ (CXX, or the PATH) and a JDK's jni.h, no library is written, and one line says so here.
set -euo pipefail
export LC_ALL=C

here=$(CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)
sources=$(CDPATH='' cd -- "$here/../cpu" && pwd -P)
# Each result has one order of operations, so the compiler may not fuse or reorder any. The processor is asked before anything else runs.
options=(-std=c++17 -O3 -fPIC -shared -ffp-contract=off -fvisibility=hidden -fno-exceptions -fno-rtti
  -mavx512f -mavx512bw -mavx512dq -mavx512vl -mavx512bf16 -mfma -mamx-tile -mamx-int8 -mamx-bf16
  # False alarms of gcc 12's own headers, where vectors are made of nothing.
  -Wall -Wextra -Werror -Wno-uninitialized -Wno-maybe-uninitialized
  -static-libgcc -static-libstdc++ -Wl,-z,defs -Wl,--build-id=none -s)

[ $# -eq 1 ] || { echo "usage: build-cpu.sh OUT_DIR" >&2; exit 1; }
mkdir -p "$1/cpu"
out=$(CDPATH='' cd -- "$1/cpu" && pwd -P)

none() {
  echo "build-cpu: $1: this build carries no CPU kernels of machine code; Java's compute instead." >&2
  rm -f "$out/libhighbeam_cpu.so" "$out/sources"
  exit 0
}

[ "$(uname -sm)" = "Linux x86_64" ] || none "$(uname -sm) is not Linux x86_64"
compiler=$(command -v "${CXX:-g++}" || true)
[ -n "$compiler" ] || none "no g++ found"
java_home=${JAVA_HOME:-$(dirname "$(dirname "$(readlink -f "$(command -v javac || echo /none/none)")")")}
[ -f "$java_home/include/jni.h" ] || none "no jni.h in $java_home"

stamp=$({
  echo "${options[*]}" && "$compiler" --version | head -1
  cd "$sources" && find . -name '*.cpp' -o -name '*.h' | sort | xargs sha256sum
} | sha256sum | cut -d' ' -f1)
if [ -f "$out/libhighbeam_cpu.so" ] && [ "$(cat "$out/sources" 2>/dev/null)" = "$stamp" ]; then
  exit 0
fi
echo "build-cpu: $("$compiler" --version | head -1)" >&2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# Relative names keep the folder out of the result.
(cd "$sources" && "$compiler" "${options[@]}" -I"$java_home/include" -I"$java_home/include/linux" ./*.cpp -o "$work/libhighbeam_cpu.so")
mv "$work/libhighbeam_cpu.so" "$out/libhighbeam_cpu.so"
echo "$stamp" >"$out/sources"

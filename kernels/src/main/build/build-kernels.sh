#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds the CUDA kernels into the files that the jar carries.
#
#   build-kernels.sh OUT_DIR [default|release|ARCH,ARCH...]
#
# writes OUT_DIR/kernels.properties, OUT_DIR/kernels/kernels.fatbin and OUT_DIR/kernels/kernels.tsv. ARCH is sm_80,
# sm_90a, compute_80... (compute: PTX). Nothing is done if sources, options and compiler are those of the files that
# are there. Without nvcc (NVCC, the PATH, or CUDA_HOME) the properties say images=0, and one line says so here.
# Two builds of the same sources with the same compiler give the same bytes, wherever they run; so results are kept in
# KERNELS_CACHE (default ~/.cache/highbeam-kernels, the last eight; "off" for none) for other folders and clean builds.
set -euo pipefail
export LC_ALL=C

here=$(CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)
sources=$(CDPATH='' cd -- "$here/../cuda" && pwd -P)
resource_folder=META-INF/highbeam
max_kernels=150
# Host optimisation has no part in it; ptxas optimises at -O3 by default.
options=(-std=c++17 -Werror all-warnings -Xcudafe --display_error_number)

fail() {
  echo "build-kernels: $*" >&2
  exit 1
}

[ $# -ge 1 ] || fail "usage: build-kernels.sh OUT_DIR [default|release|ARCH,ARCH...]"
mkdir -p "$1/kernels"
out=$(CDPATH='' cd -- "$1" && pwd -P)
case ${2:-default} in
  default) archs=sm_80,sm_90a,compute_75,compute_80 ;;
  release) archs=sm_75,sm_80,sm_86,sm_89,sm_90a,sm_100,sm_120,compute_75,compute_80 ;;
  *) archs=$2 ;;
esac
IFS=, read -ra arch_list <<<"$archs"
for arch in "${arch_list[@]}"; do
  [[ $arch =~ ^(sm|compute)_[0-9]{2,3}[af]?$ ]] || fail "not an architecture: $arch"
done

"$here/check-sources.sh" "$sources"

find_nvcc() {
  if [ -n "${NVCC:-}" ]; then
    command -v "$NVCC"
  elif command -v nvcc; then
    :
  elif [ -x "${CUDA_HOME:-/usr/local/cuda}/bin/nvcc" ]; then
    echo "${CUDA_HOME:-/usr/local/cuda}/bin/nvcc"
  fi
}

# Readers never see half a file, and an equal file keeps its time.
publish() {
  if ! cmp -s "$1" "$2"; then
    mv -f "$1" "$2"
  fi
}

work=$(mktemp -d)
cleanup() {
  # A compiler that failed leaves the other one running.
  jobs -p | xargs -r kill 2>/dev/null || true
  rm -rf "$work"
}
trap cleanup EXIT

nvcc=$(find_nvcc || true)
if [ -z "$nvcc" ]; then
  echo "build-kernels: no nvcc found: this build carries no CUDA kernels and computes on the CPU." >&2
  printf '%s\n' "# What this build carries for CUDA devices." format=1 images=0 >"$work/kernels.properties"
  rm -f "$out/kernels/kernels.fatbin" "$out/kernels/kernels.tsv"
  publish "$work/kernels.properties" "$out/kernels.properties"
  exit 0
fi
nvcc_version=$("$nvcc" --version | sed -n 's/.*release .*, V\([0-9.]*\).*/\1/p')
[ -n "$nvcc_version" ] || fail "$nvcc does not tell its version"

# Names and contents of all sources, the options and the compiler.
hash_sources() {
  {
    echo "1 $archs ${options[*]} $nvcc_version"
    (cd "$sources" && find . -name '*.cu' -o -name '*.h' | sort | xargs sha256sum)
  } | sha256sum | cut -d' ' -f1
}
source_hash=$(hash_sources)
if [ -f "$out/kernels/kernels.fatbin" ] && [ -f "$out/kernels/kernels.tsv" ] &&
  grep -qx "sourceHash=$source_hash" "$out/kernels.properties" 2>/dev/null; then
  exit 0
fi

# Properties last: they say that the others are complete.
publish_all() {
  rm -f "$out/kernels.properties"
  publish "$1/kernels.fatbin" "$out/kernels/kernels.fatbin"
  publish "$1/kernels.tsv" "$out/kernels/kernels.tsv"
  publish "$1/kernels.properties" "$out/kernels.properties"
}

results=(kernels.fatbin kernels.tsv kernels.properties)
cache=${KERNELS_CACHE:-${XDG_CACHE_HOME:-${HOME:-/nonexistent}/.cache}/highbeam-kernels}
if [ "$cache" != off ] && (cd "$cache/$source_hash" 2>/dev/null && sha256sum --quiet -c sums >/dev/null 2>&1); then
  for file in "${results[@]}"; do
    cp "$cache/$source_hash/$file" "$work/$file"
  done
  touch "$cache/$source_hash"
  publish_all "$work"
  exit 0
fi

echo "build-kernels: nvcc $nvcc_version compiles for $archs" >&2
# The tools behind nvcc lie in a folder that only nvcc knows.
tools=$("$nvcc" --dryrun -E -x cu /dev/null 2>&1 | sed -n 's/^#\$ _HERE_=//p')
[ -x "$tools/ptxas" ] && [ -x "$tools/fatbinary" ] || fail "no ptxas and fatbinary beside $nvcc ('$tools')"

# Runs the given function for each further argument, two at a time; fails if one fails.
two_at_a_time() {
  local body=$1 argument running=0
  shift
  for argument in "$@"; do
    if [ "$running" -eq 2 ]; then
      wait -n || return 1
      running=1
    fi
    "$body" "$argument" &
    running=$((running + 1))
  done
  while [ "$running" -gt 0 ]; do
    wait -n || return 1
    running=$((running - 1))
  done
}

# Relative paths keep the folder out of the result.
to_ptx() {
  (cd "$sources" && "$nvcc" "${options[@]}" -ptx -arch="compute_$1" kernels.cu -o "$work/$1.ptx") ||
    fail "nvcc failed for compute_$1"
}

to_cubin() {
  "$tools/ptxas" -v -arch="sm_$1" -m64 "$work/$1.ptx" -o "$work/$1.cubin" 2>"$work/$1.log" ||
    fail "ptxas failed for sm_$1: $(cat "$work/$1.log")"
}

mapfile -t ptx_numbers < <(printf '%s\n' "${arch_list[@]#*_}" | sort -u)
mapfile -t cubin_numbers < <(printf '%s\n' "${arch_list[@]}" | sed -n 's/^sm_//p')
two_at_a_time to_ptx "${ptx_numbers[@]}"
two_at_a_time to_cubin "${cubin_numbers[@]}"

images=()
printf 'arch\tkernel\tregisters\tstatic_shared\tmax_threads\tspill_stores\tspill_loads\tstack\n' >"$work/kernels.tsv"
for arch in "${arch_list[@]}"; do
  number=${arch#*_}
  awk -f "$here/ptx-kernels.awk" "$work/$number.ptx" | sort >"$work/$number.kernels"
  count=$(wc -l <"$work/$number.kernels")
  [ "$count" -gt 0 ] || fail "no kernels for $arch"
  [ "$count" -le "$max_kernels" ] || fail "$arch has $count kernels, more than $max_kernels"
  if [ "${arch%%_*}" = sm ]; then
    images+=("--image3=kind=elf,sm=$number,file=$work/$number.cubin")
    awk -v arch="$arch" -f "$here/ptxas-log.awk" "$work/$number.kernels" "$work/$number.log" >>"$work/kernels.tsv" ||
      fail "the log of ptxas for $arch is not as expected"
  else
    images+=("--image3=kind=ptx,sm=$number,file=$work/$number.ptx")
    awk -v arch="$arch" '{ printf "%s\t%s\t0\t0\t%s\t0\t0\t0\n", arch, $1, $2 }' "$work/$number.kernels" \
      >>"$work/kernels.tsv"
  fi
done
"$tools/fatbinary" --create="$work/kernels.fatbin" -64 -compress=false "${images[@]}" || fail "fatbinary failed"

cat >"$work/kernels.properties" <<PROPERTIES
# What this build carries for CUDA devices.
format=1
images=${#arch_list[@]}
fatbin=$resource_folder/kernels/kernels.fatbin
sourceHash=$source_hash
nvcc=$nvcc_version
archs=$archs
PROPERTIES

[ "$source_hash" = "$(hash_sources)" ] || fail "the sources changed while they were being compiled: build again"
if [ "$cache" != off ] && mkdir -p "$cache" 2>/dev/null && entry=$(mktemp -d "$cache/new.XXXXXX"); then
  for file in "${results[@]}"; do
    cp "$work/$file" "$entry/$file"
  done
  (cd "$entry" && sha256sum "${results[@]}" >sums)
  rm -rf "${cache:?}/$source_hash"
  # Another build may have put the same there meanwhile.
  mv -T "$entry" "$cache/$source_hash" 2>/dev/null || rm -rf "$entry"
  find "$cache" -mindepth 1 -maxdepth 1 -type d -printf '%T@ %p\n' | sort -rn | tail -n +9 | cut -d' ' -f2- |
    xargs -r -d '\n' rm -rf
fi
publish_all "$work"

#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Refuses kernel sources that the host twins could not run, or that would run otherwise there.
#
#   check-sources.sh CUDA_FOLDER
set -euo pipefail
export LC_ALL=C
cd "$1"

failed=0

# forbid REASON PATTERN [FILE THAT MAY...]: no other source may hold the pattern outside of its line comments.
forbid() {
  local reason=$1 pattern=$2 file found
  shift 2
  while read -r file; do
    for allowed in "$@"; do
      # shellcheck disable=SC2053 # a pattern
      [[ $file == $allowed ]] && continue 2
    done
    if found=$(sed 's@//.*@@' "$file" | grep -nE "$pattern"); then
      printf '%s\n' "$found" | sed "s|^|$file:|" >&2
      echo "check-sources: $reason" >&2
      failed=1
    fi
  done < <(find . -name '*.cu' -o -name '*.h' | sed 's|^\./||' | sort)
}

forbid "inline PTX belongs in include/ptx*.h, beside its host twin" '\basm\b' 'include/ptx*.h'
forbid "KARCH is the architecture; __CUDA_ARCH__ does not exist in a twin" '__CUDA_ARCH__' include/device.h
forbid "DYN_SMEM declares dynamic shared memory" 'extern[[:space:]]+__shared__' include/device.h
forbid "no cooperative groups, CUB, Thrust or libcu++" 'cooperative_groups|<cub/|<thrust/|<cuda/'
forbid "no __constant__, __managed__ or device variables: a twin has one copy for all devices" \
  '__constant__|__managed__|^[[:space:]]*(static[[:space:]]+)?__device__[^(]*;'
forbid "no textures, surfaces or dynamic parallelism" 'cudaTextureObject_t|cudaSurfaceObject_t|<<<'
forbid "no clusters or grid-wide waits: blocks of a twin run one after another" \
  '__cluster_dims__|grid_group|this_grid|__nanosleep'
forbid "__activemask depends on how the compiler schedules" '__activemask'
forbid "no printf or assert in kernels" '\b(printf|assert)[[:space:]]*\('
forbid "no floating-point atomics: their order is not fixed" 'atomicAdd[[:space:]]*\([^,]*,[[:space:]]*[0-9.]+f'
forbid "kernels are extern \"C\": their names are an interface" \
  '^[[:space:]]*(template[^;{]*)?__global__'

exit "$failed"

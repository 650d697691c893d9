// SPDX-License-Identifier: Apache-2.0
// Host stand-in for the CUDA device language. The build puts it in front of kernel sources
// (-include) when g++ compiles them into a twin; EMU_ARCH is 750, 800 or 900 (= sm_90a).
// What kernels must not use (float atomics, __activemask, __constant__, textures, cooperative
// groups) is missing on purpose: it fails to compile here before it fails on a device.
#pragma once

#ifndef EMU_ARCH
#error "compile twins with -DEMU_ARCH=750, 800 or 900"
#endif

#include <vector_types.h>
#include <vector_functions.h>
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cuda_fp8.h>

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>

#include "abi/twin_abi.h"
#include "shim/qualifiers.h"
#include "shim/synchronization.h"
#include "shim/warp_operations.h"
#include "shim/atomics.h"
#include "shim/bits.h"
#include "shim/arithmetic.h"
#include "shim/conversions.h"
#include "shim/memory_operations.h"
#include "shim/small_floats.h"
#include "shim/registry.h"

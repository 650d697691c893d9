// SPDX-License-Identifier: Apache-2.0
// cuda.h with the versioned names (cuMemAlloc_v2...) that JCuda binds to.
#pragma once

#define __CUDA_API_VERSION_INTERNAL
#include <cuda.h>

#define EMU_API extern "C" __attribute__((visibility("default"))) CUresult CUDAAPI

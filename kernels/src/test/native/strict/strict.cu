// SPDX-License-Identifier: Apache-2.0
// Kernels for the emulator's self test: a few good ones, and one for each mistake it must notice.
#include "strict.h"

#include "good.cu"
#include "memory_faults.cu"
#include "shared_faults.cu"
#include "synchronization_faults.cu"
#include "asynchronous.cu"

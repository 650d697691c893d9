// SPDX-License-Identifier: Apache-2.0
//
// Attention of PROMPT tokens on tensor cores (see include/attention_prompt_mma.h):
// out = softmax(cap(scale * q K^T)) V, one entry point per type of keys and values, operand type
// and head size up to which it works. Operands are rounded to 16 bits, sums are f32. bf16 needs
// sm_80; on sm_75, whose thread blocks have 64 KB of shared memory, heads are of 128 at most.
#include "include/attention_prompt_mma.h"

// f16 operands

extern "C" __global__ void __launch_bounds__(128, 2)
    attention_prompt_mma_f16_f16_d64(ATTENTION_PARAMETERS, const int* tiles) {
  attention_prompt_mma::run<f16, f16, 64>(ATTENTION_ARGUMENTS, tiles);
}

extern "C" __global__ void __launch_bounds__(128, 2)
    attention_prompt_mma_f16_f16_d96(ATTENTION_PARAMETERS, const int* tiles) {
  attention_prompt_mma::run<f16, f16, 96>(ATTENTION_ARGUMENTS, tiles);
}

extern "C" __global__ void __launch_bounds__(128, 2)
    attention_prompt_mma_f16_f16_d128(ATTENTION_PARAMETERS, const int* tiles) {
  attention_prompt_mma::run<f16, f16, 128>(ATTENTION_ARGUMENTS, tiles);
}

extern "C" __global__ void __launch_bounds__(128, 2)
    attention_prompt_mma_fp8_f16_d64(ATTENTION_PARAMETERS, const int* tiles) {
  attention_prompt_mma::run<f16, fp8, 64>(ATTENTION_ARGUMENTS, tiles);
}

extern "C" __global__ void __launch_bounds__(128, 2)
    attention_prompt_mma_fp8_f16_d96(ATTENTION_PARAMETERS, const int* tiles) {
  attention_prompt_mma::run<f16, fp8, 96>(ATTENTION_ARGUMENTS, tiles);
}

extern "C" __global__ void __launch_bounds__(128, 2)
    attention_prompt_mma_fp8_f16_d128(ATTENTION_PARAMETERS, const int* tiles) {
  attention_prompt_mma::run<f16, fp8, 128>(ATTENTION_ARGUMENTS, tiles);
}

#if KARCH >= 800

extern "C" __global__ void __launch_bounds__(128, 2)
    attention_prompt_mma_f16_f16_d256(ATTENTION_PARAMETERS, const int* tiles) {
  attention_prompt_mma::run<f16, f16, 256>(ATTENTION_ARGUMENTS, tiles);
}

extern "C" __global__ void __launch_bounds__(128, 2)
    attention_prompt_mma_fp8_f16_d256(ATTENTION_PARAMETERS, const int* tiles) {
  attention_prompt_mma::run<f16, fp8, 256>(ATTENTION_ARGUMENTS, tiles);
}

// bf16 operands

extern "C" __global__ void __launch_bounds__(128, 2)
    attention_prompt_mma_bf16_bf16_d64(ATTENTION_PARAMETERS, const int* tiles) {
  attention_prompt_mma::run<bf16, bf16, 64>(ATTENTION_ARGUMENTS, tiles);
}

extern "C" __global__ void __launch_bounds__(128, 2)
    attention_prompt_mma_bf16_bf16_d96(ATTENTION_PARAMETERS, const int* tiles) {
  attention_prompt_mma::run<bf16, bf16, 96>(ATTENTION_ARGUMENTS, tiles);
}

extern "C" __global__ void __launch_bounds__(128, 2)
    attention_prompt_mma_bf16_bf16_d128(ATTENTION_PARAMETERS, const int* tiles) {
  attention_prompt_mma::run<bf16, bf16, 128>(ATTENTION_ARGUMENTS, tiles);
}

extern "C" __global__ void __launch_bounds__(128, 2)
    attention_prompt_mma_bf16_bf16_d256(ATTENTION_PARAMETERS, const int* tiles) {
  attention_prompt_mma::run<bf16, bf16, 256>(ATTENTION_ARGUMENTS, tiles);
}

extern "C" __global__ void __launch_bounds__(128, 2)
    attention_prompt_mma_fp8_bf16_d64(ATTENTION_PARAMETERS, const int* tiles) {
  attention_prompt_mma::run<bf16, fp8, 64>(ATTENTION_ARGUMENTS, tiles);
}

extern "C" __global__ void __launch_bounds__(128, 2)
    attention_prompt_mma_fp8_bf16_d96(ATTENTION_PARAMETERS, const int* tiles) {
  attention_prompt_mma::run<bf16, fp8, 96>(ATTENTION_ARGUMENTS, tiles);
}

extern "C" __global__ void __launch_bounds__(128, 2)
    attention_prompt_mma_fp8_bf16_d128(ATTENTION_PARAMETERS, const int* tiles) {
  attention_prompt_mma::run<bf16, fp8, 128>(ATTENTION_ARGUMENTS, tiles);
}

extern "C" __global__ void __launch_bounds__(128, 2)
    attention_prompt_mma_fp8_bf16_d256(ATTENTION_PARAMETERS, const int* tiles) {
  attention_prompt_mma::run<bf16, fp8, 256>(ATTENTION_ARGUMENTS, tiles);
}

#endif

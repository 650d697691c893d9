// SPDX-License-Identifier: Apache-2.0
//
// All kernels as one translation unit, which becomes one fatbin and, for tests, one twin library
// per emulated architecture. One plain #include per file, in the order of a step.
#include "assign_slots.cu"
#include "embed.cu"
#include "rms_norm.cu"
#include "rope_append.cu"
#include "attention_prompt_simt.cu"
#include "attention_prompt_mma.cu"
#include "attention_output_simt.cu"
#include "attention_output_mma.cu"
#include "attention_combine.cu"
#include "gather.cu"
#include "linear_simt.cu"
#include "linear_mma.cu"
#include "linear_wgmma.cu"
#include "sample_scan.cu"
#include "sample_adjust.cu"
#include "sample_draw.cu"

// SPDX-License-Identifier: Apache-2.0
//
// All kernels as one translation unit, which becomes one fatbin and, for tests, one twin library
// per emulated architecture. One plain #include per file, in the order of a step.
#include "rms_norm.cu"

// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cpu;

/**
 * What binding an op needs beside its buffers.
 *
 * @param context threads, kernels and scratch memory
 * @param step the state that all ops of the executable share
 */
record BindContext(CpuContext context, StepState step) {}

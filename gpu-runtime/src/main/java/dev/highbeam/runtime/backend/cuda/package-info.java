// SPDX-License-Identifier: Apache-2.0
/**
 * The backend on NVIDIA GPUs. Read {@link dev.highbeam.runtime.backend.cuda.CudaBackend} (weights
 * and memory), then {@link dev.highbeam.runtime.backend.cuda.CudaExecutable} (a step), then the
 * ops. A step is one copy of the batch to the device, kernels whose launches were marshalled once,
 * and one copy of the results back; steps that only decode replay a graph.
 *
 * <p>Of a linear, {@link dev.highbeam.runtime.backend.cuda.LinearFamily} fixes the bits, {@link
 * dev.highbeam.runtime.backend.cuda.LinearTiles} the launch and {@link
 * dev.highbeam.runtime.backend.cuda.WeightTiles} the memory.
 */
@NullMarked
package dev.highbeam.runtime.backend.cuda;

import org.jspecify.annotations.NullMarked;

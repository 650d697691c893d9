// SPDX-License-Identifier: Apache-2.0
/**
 * The backend on NVIDIA GPUs. Of a linear, {@link dev.highbeam.runtime.backend.cuda.LinearFamily}
 * fixes the bits, {@link dev.highbeam.runtime.backend.cuda.LinearTiles} the launch and {@link
 * dev.highbeam.runtime.backend.cuda.WeightTiles} the memory.
 */
@NullMarked
package dev.highbeam.runtime.backend.cuda;

import org.jspecify.annotations.NullMarked;

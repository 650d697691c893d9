// SPDX-License-Identifier: Apache-2.0
/** Tests of the backend on NVIDIA GPUs. */
@NullMarked
package dev.highbeam.runtime.backend.cuda;

import org.jspecify.annotations.NullMarked;

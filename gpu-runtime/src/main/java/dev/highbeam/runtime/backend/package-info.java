// SPDX-License-Identifier: Apache-2.0

/**
 * The seam between models and devices. A model records a {@link
 * dev.highbeam.runtime.backend.Program} once; a {@link dev.highbeam.runtime.backend.Backend} packs
 * the weights and compiles the program into an {@link dev.highbeam.runtime.backend.Executable}; a
 * step of the engine is one {@link dev.highbeam.runtime.backend.ForwardBatch} given to it. Read
 * Program, {@link dev.highbeam.runtime.backend.Op}, ForwardBatch, Backend, in that order.
 *
 * <p>The sub-packages are implementations and know nothing of each other: {@code reference} is
 * scalar f32 and the oracle, {@code cpu} is the fast one in Java.
 */
@NullMarked
package dev.highbeam.runtime.backend;

import org.jspecify.annotations.NullMarked;

// SPDX-License-Identifier: Apache-2.0

/**
 * The fast backend in Java. Read {@link dev.highbeam.runtime.backend.cpu.Product} first: linears
 * and attention are block products, whose sums are single chains of fused multiply-adds, vectorised
 * across columns. That alone makes results independent of batch, chunking, threads and vector
 * width.
 *
 * <p>{@link dev.highbeam.runtime.backend.cpu.CpuBackend} packs weights into panels and binds each
 * op of a program to its memory ({@code BoundOp} and its implementations); the loops inside are
 * {@link dev.highbeam.runtime.backend.cpu.Kernels}, in a plain and a Vector API form; {@link
 * dev.highbeam.runtime.backend.cpu.ThreadPool} shares their indices out.
 */
@NullMarked
package dev.highbeam.runtime.backend.cpu;

import org.jspecify.annotations.NullMarked;

// SPDX-License-Identifier: Apache-2.0

/**
 * Other engines for a CPU beside ours, on the same models and prompts: {@code CpuPeers} runs each
 * in a process of its own, by turns, and prints ratios. {@code TestedEngine} is what each has to
 * do.
 */
@NullMarked
package dev.highbeam.benchmarks.peers;

import org.jspecify.annotations.NullMarked;

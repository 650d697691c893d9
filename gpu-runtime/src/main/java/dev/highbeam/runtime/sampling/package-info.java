// SPDX-License-Identifier: Apache-2.0

/**
 * From a row of logits to a token: the oracle that every device's own sampling must repeat bit for
 * bit. {@link dev.highbeam.runtime.sampling.Sampler} gives the order of the steps, {@link
 * dev.highbeam.runtime.sampling.SequenceSampling} is what a sequence remembers between them, {@link
 * dev.highbeam.runtime.sampling.CounterRandom} is the only source of chance.
 *
 * <p>Everything after the logits' own adjustments is integer arithmetic over 40-bit weights, so
 * that no result depends on the order in which a device sums.
 */
@NullMarked
package dev.highbeam.runtime.sampling;

import org.jspecify.annotations.NullMarked;

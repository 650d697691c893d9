// SPDX-License-Identifier: Apache-2.0

/**
 * The engine: continuous batching over a paged KV cache. From outside, take an {@link
 * dev.highbeam.runtime.engine.EngineLease} and talk through an {@link
 * dev.highbeam.runtime.engine.EngineClient}. To read the inside, follow one step: Sequence,
 * KvPagePool, PrefixCache, Scheduler, BatchBuilder, Engine, EngineLoop, in that order.
 */
@NullMarked
package dev.highbeam.runtime.engine;

import org.jspecify.annotations.NullMarked;

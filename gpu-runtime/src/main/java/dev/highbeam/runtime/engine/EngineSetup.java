// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.engine;

import dev.highbeam.runtime.backend.Capacity;
import dev.highbeam.runtime.backend.Executable;
import dev.highbeam.runtime.tokenizer.Tokenizer;
import org.jspecify.annotations.Nullable;

/**
 * What an engine is put together from.
 *
 * @param info what callers are told
 * @param capacity limits that the executable was compiled for
 * @param executable the model on its device; owned by the engine
 * @param tokenizer for stop texts
 * @param endTokenIds tokens with which the model ends its sequences
 * @param maxChunkTokens most tokens of one sequence in one step
 * @param prefixCaching whether equal prompt beginnings share pages
 * @param isAsync whether a step is planned while the one before runs
 * @param selfTest tests the device when outputs look broken, owned by the engine; null for none
 */
@SuppressWarnings("ArrayRecordComponent") // Taken apart once and never compared.
record EngineSetup(
    EngineInfo info,
    Capacity capacity,
    Executable executable,
    Tokenizer tokenizer,
    int[] endTokenIds,
    int maxChunkTokens,
    boolean prefixCaching,
    boolean isAsync,
    @Nullable SelfTest selfTest) {}

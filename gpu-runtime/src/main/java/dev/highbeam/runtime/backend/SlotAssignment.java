// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend;

import dev.highbeam.runtime.api.SamplingParams;

/**
 * Gives a state slot to a sequence: everything that sampling needs to know of it. Sent with the
 * batch that first schedules the sequence, and again when it comes back after a preemption, so that
 * a slot's state never depends on what happened before.
 *
 * @param slot the state slot
 * @param sampling parameters, seed included
 * @param sampleIndex which of the request's samples this sequence is
 * @param promptLength tokens of the prompt
 * @param tokenIds prompt and output tokens known so far, of which the first tokenCount count
 * @param tokenCount number of them
 * @param endTokenIds tokens that end the sequence; not sampled before min_tokens
 */
@SuppressWarnings("ArrayRecordComponent") // Passed on once and never compared.
public record SlotAssignment(
    int slot,
    SamplingParams sampling,
    int sampleIndex,
    int promptLength,
    int[] tokenIds,
    int tokenCount,
    int[] endTokenIds) {}

// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.api;

import org.jspecify.annotations.Nullable;

/**
 * One generated continuation of a request.
 *
 * @param sampleIndex which of the request's n samples, from 0
 * @param tokenIds generated tokens, the one that ended the sample included
 * @param finishReason why it ended
 * @param stopReason the stop text or stop token id that ended it; null for end of sequence and
 *     length
 * @param textTokenCount tokens whose text counts: all but a last one that ended the sample by its
 *     id
 * @param textEnd characters of those tokens' text that count, or -1 for all (a stop text cuts
 *     inside the last tokens)
 * @param cumulativeLogprob sum of ln p over the tokens
 * @param logprobs per-token log-probabilities if asked for
 * @param isRepeating whether the tokens hold a loop: one token more than 32 times in a row, or a
 *     pattern of up to 16 tokens at least four times over more than 32 tokens
 * @param cachedTokenCount prompt tokens whose keys and values came from the prefix cache
 */
public record Sample(
    int sampleIndex,
    TokenIds tokenIds,
    FinishReason finishReason,
    @Nullable String stopReason,
    int textTokenCount,
    int textEnd,
    double cumulativeLogprob,
    @Nullable TokenLogprobs logprobs,
    boolean isRepeating,
    int cachedTokenCount) {}

// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.engine;

/**
 * What a running engine is: the part of every row's provenance that does not depend on the row.
 *
 * @param model the model folder's name
 * @param modelFingerprint SHA-256 over the model's files that shape results, hexadecimal
 * @param numericsId short text that is equal for engines that give equal bits
 * @param device one line for people
 * @param dtype type of weights and activations
 * @param maxModelLength most tokens of prompt and output together
 * @param maxSequences most sequences in one step
 * @param vocabularySize token ids are below it
 * @param pageSize tokens per KV page
 * @param pageCount KV pages
 * @param memoryPlan one line for people: weights, activations, pages
 */
public record EngineInfo(
    String model,
    String modelFingerprint,
    String numericsId,
    String device,
    String dtype,
    int maxModelLength,
    int maxSequences,
    int vocabularySize,
    int pageSize,
    int pageCount,
    String memoryPlan) {}

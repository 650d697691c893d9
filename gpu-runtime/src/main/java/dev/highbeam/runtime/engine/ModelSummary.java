// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.engine;

import dev.highbeam.runtime.api.SamplingSetting;
import dev.highbeam.runtime.api.Settings;

/**
 * What a model folder holds, as far as its headers tell.
 *
 * @param name the folder's name
 * @param architecture the architecture's class name, as config.json has it
 * @param layerCount layers of the decoder
 * @param hiddenSize width of the residual stream
 * @param vocabularySize rows of the embedding table
 * @param maxModelLength most tokens of a sequence, as configured
 * @param weightBytes bytes of the packed weights in the configured type
 * @param kvBytesPerToken bytes of keys and values per token in the configured type
 * @param recommendedSampling what the model's generation_config.json recommends
 */
public record ModelSummary(
    String name,
    String architecture,
    int layerCount,
    int hiddenSize,
    int vocabularySize,
    int maxModelLength,
    long weightBytes,
    long kvBytesPerToken,
    Settings<SamplingSetting> recommendedSampling) {}

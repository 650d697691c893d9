// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.engine;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * What a running engine is: the part of every row's provenance that does not depend on the row. Of
 * several engines that serve as one: what they are together.
 *
 * @param model the model folder's name
 * @param modelFingerprint SHA-256 over the model's files that shape results, hexadecimal
 * @param numericsId short text that is equal for engines that give equal bits; of engines that do
 *     not, all of theirs joined by {@code +}
 * @param device one line for people, every device in it
 * @param dtype type of weights and activations
 * @param maxModelLength most tokens of prompt and output together
 * @param maxSequences most sequences in one step, of all engines together
 * @param vocabularySize token ids are below it
 * @param pageSize tokens per KV page
 * @param pageCount KV pages of all engines
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
    String memoryPlan) {

  /** The engines of several devices as one; at least one. */
  static EngineInfo together(List<EngineInfo> engines) {
    EngineInfo first = engines.get(0);
    return new EngineInfo(
        first.model,
        first.modelFingerprint,
        distinct(engines, EngineInfo::numericsId, "+"),
        counted(engines.stream().map(EngineInfo::device).toList()),
        distinct(engines, EngineInfo::dtype, "+"),
        engines.stream().mapToInt(EngineInfo::maxModelLength).min().orElseThrow(),
        engines.stream().mapToInt(EngineInfo::maxSequences).sum(),
        first.vocabularySize,
        first.pageSize,
        engines.stream().mapToInt(EngineInfo::pageCount).sum(),
        counted(engines.stream().map(EngineInfo::memoryPlan).toList()));
  }

  private static String distinct(
      List<EngineInfo> engines, Function<EngineInfo, String> text, String separator) {
    return engines.stream().map(text).distinct().collect(Collectors.joining(separator));
  }

  /** Equal texts once, with their number. */
  private static String counted(List<String> texts) {
    Map<String, Integer> counts = new LinkedHashMap<>();
    texts.forEach(text -> counts.merge(text, 1, Integer::sum));
    return counts.entrySet().stream()
        .map(text -> (text.getValue() == 1 ? "" : text.getValue() + " x ") + text.getKey())
        .collect(Collectors.joining("; "));
  }
}

// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.api;

import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link Setting} is.
 *
 * @param name in snake_case, as vLLM and OpenAI spell it
 * @param defaultValue holds when no layer sets a value; null where unset is itself a meaning
 * @param description one sentence for the help text, with the allowed range
 * @param parser from name and raw value to the setting's type; throws InvalidSettingException
 */
public record SettingDefinition(
    String name,
    @Nullable Object defaultValue,
    String description,
    BiFunction<String, Object, Object> parser) {}

// SPDX-License-Identifier: Apache-2.0

/**
 * The vocabulary that the engine shares with its callers: what is asked ({@link Request}, {@link
 * SamplingParams}), what comes back ({@link Outcome}), how an engine is set up ({@link
 * EngineConfig}) and how it fails ({@link EngineException}). Plain immutable values; this package
 * uses nothing else of the project.
 */
@NullMarked
package dev.highbeam.runtime.api;

import org.jspecify.annotations.NullMarked;

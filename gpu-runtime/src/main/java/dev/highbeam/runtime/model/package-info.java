// SPDX-License-Identifier: Apache-2.0

/**
 * From a model folder to a recorded forward pass. {@link dev.highbeam.runtime.model.ModelFolder} is
 * the way in: it holds the {@link dev.highbeam.runtime.model.ModelConfig} (what the model is), the
 * {@code Checkpoint} (where its weights lie) and what generation_config.json adds. Its load gives
 * weights to a backend and records the {@link dev.highbeam.runtime.model.DecoderModel}'s program.
 *
 * <p>Nothing in a model folder is trusted: files are read as data only, every size is checked
 * before it is used, and whatever is wrong ends in one {@link
 * dev.highbeam.runtime.api.EngineException} whose message is a sentence for the person who chose
 * the folder.
 */
@NullMarked
package dev.highbeam.runtime.model;

import org.jspecify.annotations.NullMarked;

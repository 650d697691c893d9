// SPDX-License-Identifier: Apache-2.0

/** Text to token ids and back, from the tokenizer files of a model folder. */
@NullMarked
package dev.highbeam.runtime.tokenizer;

import org.jspecify.annotations.NullMarked;

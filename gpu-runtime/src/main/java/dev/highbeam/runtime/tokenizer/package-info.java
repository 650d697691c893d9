// SPDX-License-Identifier: Apache-2.0
/**
 * Tokenizers of Hugging Face model folders, in Java alone: text to token ids and back.
 *
 * <p>{@link dev.highbeam.runtime.tokenizer.Tokenizers} opens a folder, {@link
 * dev.highbeam.runtime.tokenizer.Tokenizer} is what it gives, {@link
 * dev.highbeam.runtime.tokenizer.StreamDecoder} turns output into text token by token, and {@link
 * dev.highbeam.runtime.tokenizer.StopStrings} finds where it ends. To read the code, begin with
 * BpeTokenizer, which names the way of a text; then BpeModel and BpeMerger for the tokens of one
 * word, SplitPattern and its scanners for how words are cut, TokenizerJsonReader for the file.
 *
 * <p>Token ids equal those of the Hugging Face library for the same tokenizer.json. What this
 * package does not know (a regular expression, a kind of component) it refuses by name when the
 * folder is opened, since a tokenizer that guesses gives wrong tokens without an error.
 */
@NullMarked
package dev.highbeam.runtime.tokenizer;

import org.jspecify.annotations.NullMarked;

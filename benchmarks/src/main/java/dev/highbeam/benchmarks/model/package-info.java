// SPDX-License-Identifier: Apache-2.0

/**
 * Models of real shapes with random weights, written once and read by every engine that is
 * measured: as a Hugging Face folder, and with the same weights as GGUF files.
 */
@NullMarked
package dev.highbeam.benchmarks.model;

import org.jspecify.annotations.NullMarked;

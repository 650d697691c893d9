// SPDX-License-Identifier: Apache-2.0

/**
 * From rows to Parquet files, in two steps. Each bundle writes what it gets into one part, an Avro
 * file in a hidden folder, and tells only the part's name; parts of bundles that failed are told by
 * nobody. When all bundles are done, parts are put together, in the order of the input, into a few
 * large Parquet files with fixed names. No row goes through a shuffle, and a half-written file is
 * never seen.
 */
@NullMarked
package dev.highbeam.transforms.write;

import org.jspecify.annotations.NullMarked;

// SPDX-License-Identifier: Apache-2.0

/**
 * From files to records. The launcher makes a {@link dev.highbeam.transforms.read.Survey} of the
 * input: it finds rows and columns and cuts files into {@link
 * dev.highbeam.transforms.read.InputSplit}s. {@link dev.highbeam.transforms.read.ReadRecords} reads
 * the splits on the workers. Both go through the same row readers, so they agree on every row:
 * which position it has, and whether it is good.
 */
@NullMarked
package dev.highbeam.transforms.read;

import org.jspecify.annotations.NullMarked;

// SPDX-License-Identifier: Apache-2.0

/**
 * Tests of reading and recording models. {@link dev.highbeam.runtime.model.TinyCheckpoint} writes
 * the folders that other packages' tests use too; the golden test compares with the outputs of
 * independent programs.
 */
package dev.highbeam.runtime.model;

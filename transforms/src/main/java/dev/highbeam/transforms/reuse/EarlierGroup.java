// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms.reuse;

import dev.highbeam.transforms.shards.FileFacts;
import java.io.Serializable;

/**
 * A row group of a file of results: what one worker reads at a time.
 *
 * @param number among all row groups of the output
 * @param folder that the file lies in
 * @param file as the output's manifest has it
 * @param rowGroup within the file
 */
public record EarlierGroup(int number, String folder, FileFacts file, int rowGroup)
    implements Serializable {}

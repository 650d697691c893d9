// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms.write;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.TreeMap;

/**
 * One file of a job's output, to be put together.
 *
 * @param target where it will lie
 * @param sources the files whose rows it takes, in order
 * @param rows in all of them
 * @param metadata entries of its footer
 */
record MergeJob(
    OutputKind kind,
    String target,
    ArrayList<String> sources,
    long rows,
    TreeMap<String, String> metadata)
    implements Serializable {}

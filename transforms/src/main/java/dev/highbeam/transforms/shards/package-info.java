// SPDX-License-Identifier: Apache-2.0

/**
 * What a job keeps on disk so that it can go on after a crash: the work list, cut into shards; the
 * journal of each unfinished shard; the commit of each finished one; the manifest of a finished
 * job. {@link dev.highbeam.transforms.shards.WorkFolder} has the names. Every file is written under
 * a temporary name, synced and renamed, and is named after its shard, never after the attempt that
 * wrote it, so that a second attempt at the same shard replaces files by files of equal worth.
 */
@NullMarked
package dev.highbeam.transforms.shards;

import org.jspecify.annotations.NullMarked;

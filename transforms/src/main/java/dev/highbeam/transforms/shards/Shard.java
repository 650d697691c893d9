// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms.shards;

import java.io.Serializable;

/**
 * A piece of the work list: the unit of durability.
 *
 * @param number its name everywhere
 * @param requests the file of its requests
 */
public record Shard(int number, FileFacts requests) implements Serializable {}

// SPDX-License-Identifier: Apache-2.0

/** What reading and writing Parquet share: compression without Hadoop's native codecs. */
@NullMarked
package dev.highbeam.transforms.parquet;

import org.jspecify.annotations.NullMarked;

// SPDX-License-Identifier: Apache-2.0

/**
 * What one input row is while it travels: its typed columns ({@link
 * dev.highbeam.transforms.rows.Columns}), its key (source, position), its compact binary form, and
 * the JSON that it was or can be written as. Knows neither files nor Beam transforms.
 */
@NullMarked
package dev.highbeam.transforms.rows;

import org.jspecify.annotations.NullMarked;

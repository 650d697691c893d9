// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms.rows;

/**
 * A value kept as the JSON that it was: an object, an array, a number beyond 64 bits, or a value
 * whose column holds texts elsewhere. Tells {@code 5} from {@code "5"} in a column of texts.
 */
public record JsonText(String text) {}

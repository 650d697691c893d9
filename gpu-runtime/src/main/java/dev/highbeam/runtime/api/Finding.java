// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.api;

/**
 * One thing that was found out about this machine, for people.
 *
 * @param isGood whether all is well; else the text says what to do
 * @param what the thing in one or two words, such as {@code kernel cache}
 * @param text what was found, one line
 */
public record Finding(boolean isGood, String what, String text) {}

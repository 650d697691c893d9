// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend;

/**
 * The room for KV pages beside all else that a program takes.
 *
 * @param executableBytes bytes that compiling takes beside weights and pages
 * @param pageBytes bytes of one page, in the memory where pages are the scarcest
 * @param budget bytes that pages may take there; negative if not even the rest fits
 */
public record PageRoom(long executableBytes, long pageBytes, long budget) {}

// SPDX-License-Identifier: Apache-2.0

/** What the machine itself can do, measured by small programs, as a limit for what engines do. */
@NullMarked
package dev.highbeam.benchmarks.roofline;

import org.jspecify.annotations.NullMarked;

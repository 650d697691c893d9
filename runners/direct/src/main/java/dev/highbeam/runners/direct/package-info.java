// SPDX-License-Identifier: Apache-2.0

/**
 * The program on Beam's Direct runner: one process, one machine. {@link
 * dev.highbeam.runners.direct.Main} puts the command line, the runner's options and the engines
 * together; with {@link dev.highbeam.runners.direct.FatalExit} it is the only place that may end
 * the JVM.
 */
@NullMarked
package dev.highbeam.runners.direct;

import org.jspecify.annotations.NullMarked;

// SPDX-License-Identifier: Apache-2.0

/**
 * The program on a Flink cluster. {@link dev.highbeam.runners.flink.Main} runs where the job is
 * submitted, {@link dev.highbeam.runners.flink.WorkerEngines} in the TaskManagers; these and {@link
 * dev.highbeam.runners.flink.WorkerExit} are all that knows of Flink's processes.
 */
@NullMarked
package dev.highbeam.runners.flink;

import org.jspecify.annotations.NullMarked;

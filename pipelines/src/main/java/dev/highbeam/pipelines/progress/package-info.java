// SPDX-License-Identifier: Apache-2.0

/**
 * What a user sees while a job runs: {@link dev.highbeam.pipelines.progress.ProgressMeter} turns
 * snapshots into rates and an estimate of the time left, {@link
 * dev.highbeam.pipelines.progress.ProgressText} writes them, {@link
 * dev.highbeam.pipelines.progress.ProgressReporter} decides when and owns the thread.
 */
@NullMarked
package dev.highbeam.pipelines.progress;

import org.jspecify.annotations.NullMarked;

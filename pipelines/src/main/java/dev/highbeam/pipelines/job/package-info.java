// SPDX-License-Identifier: Apache-2.0

/**
 * One job from its checks to its record: {@link dev.highbeam.pipelines.job.GenerateJob} checks what
 * can be checked at once, locks the output folder, starts the pipeline, watches it and writes
 * {@code job.json} and {@code _SUCCESS}. Nothing here touches Beam; what runs the rows is a {@link
 * dev.highbeam.pipelines.job.JobStarter}.
 */
@NullMarked
package dev.highbeam.pipelines.job;

import org.jspecify.annotations.NullMarked;

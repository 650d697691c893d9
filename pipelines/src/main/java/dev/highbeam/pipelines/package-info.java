// SPDX-License-Identifier: Apache-2.0

/**
 * Jobs as Beam pipelines: {@link dev.highbeam.pipelines.GeneratePipeline} wires the transforms,
 * {@link dev.highbeam.pipelines.BeamStarter} runs the wiring on whatever runner the options name.
 * To follow a job from the command line, read {@code cli.Highbeam}, {@code job.GenerateJob} and
 * then these two.
 */
@NullMarked
package dev.highbeam.pipelines;

import org.jspecify.annotations.NullMarked;

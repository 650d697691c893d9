// SPDX-License-Identifier: Apache-2.0

/**
 * The command line: {@link dev.highbeam.pipelines.cli.Highbeam} picks the command, {@link
 * dev.highbeam.pipelines.cli.OptionSpecs} derives its options and help from the settings, {@link
 * dev.highbeam.pipelines.cli.CommandArguments} turns what was typed into settings.
 */
@NullMarked
package dev.highbeam.pipelines.cli;

import org.jspecify.annotations.NullMarked;

// SPDX-License-Identifier: Apache-2.0

/**
 * What a user may say about a job, from which layer, and what is wrong with it. {@link
 * dev.highbeam.pipelines.options.SettingCatalog} lists every setting once; the command line, the
 * config file and the help text are derived from it.
 */
@NullMarked
package dev.highbeam.pipelines.options;

import org.jspecify.annotations.NullMarked;

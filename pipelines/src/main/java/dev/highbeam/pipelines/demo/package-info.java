// SPDX-License-Identifier: Apache-2.0

/**
 * The demo beside the job itself: its files ({@link dev.highbeam.pipelines.demo.DemoFiles}), the
 * rules that the model has to beat, and the report over what came out. All of it is plain data in,
 * text out.
 */
@NullMarked
package dev.highbeam.pipelines.demo;

import org.jspecify.annotations.NullMarked;

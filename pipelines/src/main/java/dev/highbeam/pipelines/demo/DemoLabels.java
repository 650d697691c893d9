// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.pipelines.demo;

/** The two labels of a message, given or guessed. */
record DemoLabels(String topic, String urgency) {}

// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.pipelines.options;

/** The headings under which the help text lists the settings, in its order. */
public enum SettingGroup {
  INPUT("Input"),
  SAMPLING("Sampling (for all rows; a row's own column of the snake_case name wins)"),
  ENGINE("Engine"),
  OUTPUT("Output"),
  RUNNER("Runner"),
  DIRECT("Direct runner (./highbeam)"),
  FLINK("Flink runner (docs/flink.md)");

  private final String title;

  SettingGroup(String title) {
    this.title = title;
  }

  public String title() {
    return title;
  }
}

// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runners.flink;

import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * What a cluster does after a failure, as its configuration says. A batch job has no checkpoints,
 * and without these Flink's default is to do nothing: one lost worker, or one full disk for a
 * second, would cost a night's work.
 *
 * @param strategy the configured word, "none" if there is no word
 * @param isConfigured whether there is one
 */
record RestartRule(String strategy, boolean isConfigured) {

  private static final String KEY = "restart-strategy.type";
  private static final String OLD_KEY = "restart-strategy";

  /** Flink's words for never. */
  private static final Set<String> NEVER = Set.of("none", "off", "disable", "false");

  /** The rule in a cluster's effective configuration. */
  static RestartRule of(Map<String, String> configuration) {
    String word = configuration.getOrDefault(KEY, configuration.getOrDefault(OLD_KEY, ""));
    return word.isBlank()
        ? new RestartRule("none", false)
        : new RestartRule(word.strip().toLowerCase(Locale.ROOT), true);
  }

  boolean restarts() {
    return !NEVER.contains(strategy);
  }

  /** Why a job is not submitted, and what to do. */
  String refusal() {
    return "the cluster would start nothing again after a failure ("
        + KEY
        + (isConfigured ? " is " + strategy : " is not set, which for a batch job means none")
        + "); set "
        + KEY
        + ": fixed-delay in the cluster's configuration, or accept it with --allowNoRestart";
  }
}

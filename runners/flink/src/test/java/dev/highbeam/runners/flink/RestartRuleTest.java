// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runners.flink;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class RestartRuleTest {

  private static final String KEY = "restart-strategy.type";

  @Test
  void givenNoWord_of_nothingRestarts() {
    RestartRule rule = RestartRule.of(Map.of("rest.port", "8081", KEY, " "));
    assertThat(rule.restarts()).isFalse();
    assertThat(rule.refusal())
        .contains(KEY + " is not set")
        .contains(KEY + ": fixed-delay")
        .contains("--allowNoRestart");
  }

  @Test
  void givenWordsForNever_of_nothingRestarts() {
    for (String word : List.of("none", "off", "disable", "OFF")) {
      RestartRule rule = RestartRule.of(Map.of(KEY, word));
      assertThat(rule.restarts()).as(word).isFalse();
      assertThat(rule.refusal()).contains(KEY + " is " + rule.strategy());
    }
  }

  @Test
  void givenStrategies_of_restarts() {
    for (String word : List.of("fixed-delay", "fixeddelay", "failure-rate", "exponential-delay")) {
      assertThat(RestartRule.of(Map.of(KEY, word)).restarts()).as(word).isTrue();
    }
  }

  @Test
  void givenTheOlderKey_of_countsUnlessTheNewOneIsThere() {
    assertThat(RestartRule.of(Map.of("restart-strategy", "fixed-delay")).restarts()).isTrue();
    assertThat(RestartRule.of(Map.of("restart-strategy", "fixed-delay", KEY, "none")).restarts())
        .isFalse();
  }
}

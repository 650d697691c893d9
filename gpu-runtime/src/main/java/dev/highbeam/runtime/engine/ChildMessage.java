// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.engine;

import dev.highbeam.runtime.api.EngineConfig;
import dev.highbeam.runtime.api.EngineException;
import dev.highbeam.runtime.api.Outcome;
import dev.highbeam.runtime.api.Request;

/**
 * What an engine's own process and its parent tell each other: the parent on the child's standard
 * input, the child on its standard output. Tickets are the parent's.
 */
sealed interface ChildMessage {

  /** To the child, first and once. */
  record Start(EngineConfig config) implements ChildMessage {}

  /** To the child. */
  record Submit(long ticket, Request request) implements ChildMessage {}

  /** To the child; the request still ends in one outcome. */
  record Cancel(long ticket) implements ChildMessage {}

  /** From the child, once: the engine runs. */
  record Ready(EngineInfo info) implements ChildMessage {}

  /** From the child: a request's one outcome. */
  record Ended(Outcome outcome) implements ChildMessage {}

  /** From the child, now and then. */
  record Counters(EngineStats stats) implements ChildMessage {}

  /** From the child, last: why its engine has ended or could not start. */
  record Failed(EngineException.Kind kind, String message) implements ChildMessage {}
}

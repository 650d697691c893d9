// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.engine;

import dev.highbeam.runtime.api.EngineException;
import dev.highbeam.runtime.api.Request;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** What a {@link QueueClient} hands requests to. Safe from any thread; returns at once. */
interface ClientHost {

  /** Tickets are unique in the process: a client may have requests with several hosts. */
  AtomicLong NEXT_TICKET = new AtomicLong();

  /** From now on the client gets the outcomes of its requests. */
  void join(QueueClient client);

  /** Requests submitted that have not ended. */
  int openCount();

  /** Takes a request of a client; returns its ticket. */
  long submit(int client, Request request);

  /** Gives a request up; ignores a ticket that it does not know. */
  void cancel(long ticket);

  /** The client wants no more outcomes; its open requests are given up. */
  void leave(int client);

  /** Why requests are not served any more, or null while they are. */
  @Nullable EngineException failure();
}

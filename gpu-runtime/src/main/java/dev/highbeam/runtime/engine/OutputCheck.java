// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.engine;

import dev.highbeam.runtime.api.EngineException;
import dev.highbeam.runtime.api.Outcome;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks at what leaves the engine, and tests the device when too much of it is degenerate: a device
 * that computes wrongly and says nothing would fill a night's output with one character. Used by
 * the engine's thread.
 */
final class OutputCheck implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(OutputCheck.class);

  private final OutputGuard guard = new OutputGuard();
  private final @Nullable SelfTest selfTest;
  private final LongSupplier clock;
  private boolean isSuspect;

  /**
   * A check that has seen nothing.
   *
   * @param selfTest owned by this; null if the device has none, then outputs are only counted
   * @param clock as System::nanoTime
   */
  OutputCheck(@Nullable SelfTest selfTest, LongSupplier clock) {
    this.selfTest = selfTest;
    this.clock = clock;
  }

  /** A request has ended, with these sequences. */
  void ended(RequestState request, List<Sequence> sequences) {
    isSuspect |= guard.count(fault(request, sequences), clock.getAsLong());
  }

  private static OutputGuard.@Nullable Fault fault(RequestState request, List<Sequence> sequences) {
    if (request.outcome() instanceof Outcome.Rejection rejection) {
      return switch (rejection.code()) {
        case NON_FINITE -> OutputGuard.Fault.NON_FINITE;
        case UNIFORM -> OutputGuard.Fault.UNIFORM;
        case TOO_LONG, EMPTY, BAD_REQUEST, CANCELLED, TIMEOUT, POISON -> null;
      };
    }
    return sequences.stream().anyMatch(Sequence::isRepeating) ? OutputGuard.Fault.REPEATING : null;
  }

  /** Whether too many requests were degenerate since the last test. */
  boolean isSuspect() {
    return isSuspect;
  }

  /**
   * Tests the device; called before the requests of the last step are published, so that a device
   * that fails takes none of them along.
   *
   * @throws EngineException fatal, if the device fails its test
   */
  void testDevice() {
    isSuspect = false;
    if (selfTest == null) {
      return;
    }
    String suspicion = guard.describe() + " gave degenerate outputs";
    guard.tested(clock.getAsLong());
    LOG.info("{}: testing the device", suspicion);
    try {
      selfTest.run();
    } catch (EngineException e) {
      throw EngineException.fatal(suspicion + ", and " + e.getMessage(), e);
    }
  }

  DegenerateCounts counts() {
    return guard.counts();
  }

  @Override
  public void close() {
    if (selfTest != null) {
      selfTest.close();
    }
  }
}

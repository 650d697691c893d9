// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.engine;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Finds out which requests end the process that computes them. All requests that ran when a process
 * ended are suspects. They run again in small groups or alone, nothing else beside them, and those
 * of a group that ends a process run alone. Who ends a process alone that he is suspected of ending
 * before is convicted. So it takes two ends, and three if somebody outside may have killed the
 * process while he was alone in it: one end may be anybody's doing.
 *
 * <p>A process is dear to start, and a device computes one request at a time badly. So groups have
 * about the root of the number of suspects, and few suspects run alone at once. Of k culprits each
 * ends at most one group, and one or two processes alone.
 *
 * <p>Single-threaded; knows requests by their tickets only.
 */
final class Trials {

  /** Fewer suspects are not worth a group. */
  private static final int FEW = 16;

  private static final int TOGETHER = 1;
  private static final int ALONE = 2;
  private static final int ALONE_BUT_KILLED = 1;
  private static final int CONVICTED = 2;

  private final int capacity;
  private final LinkedHashSet<Long> fresh = new LinkedHashSet<>();
  private final Deque<LinkedHashSet<Long>> groups = new ArrayDeque<>();

  /** What speaks against a request. */
  private final Map<Long, Integer> guilt = new HashMap<>();

  private LinkedHashSet<Long> running = new LinkedHashSet<>();
  private boolean isTrial;

  /**
   * Nothing suspected yet.
   *
   * @param capacity requests that a process may have at once
   */
  Trials(int capacity) {
    this.capacity = capacity;
  }

  /** Takes a request in that nothing is known of. */
  void add(long ticket) {
    fresh.add(ticket);
  }

  /** Requests to hand to the process now; they run from now on. */
  List<Long> next() {
    if (isTrial && !running.isEmpty()) {
      return List.of();
    }
    while (!groups.isEmpty() && running.isEmpty()) {
      running = groups.removeFirst();
      isTrial = true;
    }
    if (!running.isEmpty() && isTrial) {
      return List.copyOf(running);
    }
    isTrial = false;
    List<Long> started = new ArrayList<>();
    Iterator<Long> waiting = fresh.iterator();
    // Suspects wait until those have ended that run now: who else runs must not be suspected.
    while (groups.isEmpty() && running.size() < capacity && waiting.hasNext()) {
      long ticket = waiting.next();
      waiting.remove();
      running.add(ticket);
      started.add(ticket);
    }
    return started;
  }

  /** A request has ended, or was given up before it ran. */
  void remove(long ticket) {
    running.remove(ticket);
    fresh.remove(ticket);
    groups.forEach(group -> group.remove(ticket));
    guilt.remove(ticket);
  }

  boolean isRunning(long ticket) {
    return running.contains(ticket);
  }

  boolean isIdle() {
    return running.isEmpty();
  }

  /**
   * The process has ended with all that ran in it. Returns who is convicted, known no more.
   *
   * @param isKilled whether somebody outside may have ended it
   */
  Set<Long> processEnded(boolean isKilled) {
    List<Long> suspects = List.copyOf(running);
    running = new LinkedHashSet<>();
    if (suspects.size() == 1) {
      long suspect = suspects.get(0);
      int weight = isKilled ? ALONE_BUT_KILLED : ALONE;
      if (guilt.merge(suspect, weight, Integer::sum) >= CONVICTED) {
        guilt.remove(suspect);
        return Set.of(suspect);
      }
    } else {
      suspects.forEach(suspect -> guilt.put(suspect, TOGETHER));
    }
    int size = isTrial || suspects.size() <= FEW ? 1 : (int) Math.sqrt(suspects.size());
    for (int end = suspects.size(); end > 0; end -= size) {
      groups.addFirst(new LinkedHashSet<>(suspects.subList(Math.max(0, end - size), end)));
    }
    return Set.of();
  }
}

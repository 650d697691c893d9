// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.image;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What this process did with its cache: counts, the files it uses, the warnings it has given. The
 * engines of one process share it, each on its own thread, so it may be used from any.
 */
final class CacheActivity {

  private static final Logger LOG = LoggerFactory.getLogger(CacheActivity.class);

  private final LongAdder hits = new LongAdder();
  private final LongAdder misses = new LongAdder();
  private final LongAdder builds = new LongAdder();
  private final LongAdder evictions = new LongAdder();
  private final LongAdder corrupt = new LongAdder();
  private final Set<String> used = ConcurrentHashMap.newKeySet();
  private final Set<String> warned = ConcurrentHashMap.newKeySet();
  private final Consumer<String> warnings;

  CacheActivity() {
    this(warning -> LOG.warn("{}", warning));
  }

  CacheActivity(Consumer<String> warnings) {
    this.warnings = warnings;
  }

  void hit() {
    hits.increment();
  }

  void missed() {
    misses.increment();
  }

  void built() {
    builds.increment();
  }

  void evicted() {
    evictions.increment();
  }

  void foundCorrupt() {
    corrupt.increment();
  }

  CacheCounts counts() {
    return new CacheCounts(hits.sum(), misses.sum(), builds.sum(), evictions.sum(), corrupt.sum());
  }

  /** Notes that this process works with a file, which it then never evicts. */
  void uses(String fileName) {
    used.add(fileName);
  }

  boolean isUsing(String fileName) {
    return used.contains(fileName);
  }

  /** Logs a warning about a matter, the first time only: a broken disk breaks every write. */
  void warnOnce(String matter, String warning) {
    if (warned.add(matter)) {
      warnings.accept(warning);
    }
  }
}

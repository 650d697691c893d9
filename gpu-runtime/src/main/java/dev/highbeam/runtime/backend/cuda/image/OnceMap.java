// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.image;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * Values that are made once per key, however many threads ask at the same time: the first makes it,
 * the others wait for that. A failure reaches all who waited and is forgotten. May be used from any
 * thread, but the making of a value must not ask for the same key.
 */
final class OnceMap<K, V> {

  private final ConcurrentHashMap<K, CompletableFuture<V>> values = new ConcurrentHashMap<>();

  /** The value of a key, made now if there is none, and kept. */
  V get(K key, Supplier<V> make) {
    CompletableFuture<V> mine = new CompletableFuture<>();
    CompletableFuture<V> there = values.putIfAbsent(key, mine);
    if (there != null) {
      return join(there);
    }
    try {
      V value = make.get();
      mine.complete(value);
      return value;
    } catch (RuntimeException | Error e) {
      values.remove(key, mine);
      mine.completeExceptionally(e);
      throw e;
    }
  }

  /** As {@link #get}, but the value is kept only while it is being made. */
  V share(K key, Supplier<V> make) {
    return get(
        key,
        () -> {
          try {
            return make.get();
          } finally {
            // Whoever waits holds the future already; whoever comes now makes it anew.
            values.remove(key);
          }
        });
  }

  void put(K key, V value) {
    values.put(key, CompletableFuture.completedFuture(value));
  }

  /** The value of a key, if it is made. */
  Optional<V> peek(K key) {
    CompletableFuture<V> there = values.get(key);
    return there == null || !there.isDone() || there.isCompletedExceptionally()
        ? Optional.empty()
        : Optional.of(there.join());
  }

  /** All values that are made. */
  List<V> values() {
    return List.copyOf(values.keySet()).stream().map(this::peek).flatMap(Optional::stream).toList();
  }

  void remove(K key) {
    values.remove(key);
  }

  /** Removes all keys of a kind and returns their values, waiting for those being made. */
  List<V> removeAll(Predicate<K> kind) {
    List<V> removed = new ArrayList<>();
    for (K key : List.copyOf(values.keySet())) {
      CompletableFuture<V> there = kind.test(key) ? values.remove(key) : null;
      if (there != null) {
        there.handle((value, failure) -> failure == null && removed.add(value)).join();
      }
    }
    return removed;
  }

  private static <V> V join(CompletableFuture<V> future) {
    try {
      return future.join();
    } catch (CompletionException e) {
      // The failure is the maker's own: whoever waited sees what the maker saw.
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw e;
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms;

import dev.highbeam.runtime.api.SamplingParams;
import dev.highbeam.transforms.arrange.Move;
import dev.highbeam.transforms.arrange.RowRef;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.avro.generic.GenericRecord;

/**
 * The order of a shard's requests: those that are computed beside each other follow each other, at
 * the place of the first of them; everything else is as the input has it. With the longest first,
 * what is computed together comes in the order of its longest request, because what begins last
 * ends last, and then the others wait for it.
 */
final class ShardOrder {

  /** Characters that make about one token. */
  private static final long CHARS_PER_TOKEN = 4;

  private static final Comparator<Entry> BY_PLACE =
      Comparator.comparing((Entry entry) -> entry.move().place())
          .thenComparing(entry -> entry.move().rank())
          .thenComparing(entry -> entry.move().row());

  private final boolean longestFirst;
  private final List<Entry> entries = new ArrayList<>();
  private final Map<RowRef, Long> longest = new HashMap<>();

  ShardOrder(boolean longestFirst) {
    this.longestFirst = longestFirst;
  }

  /**
   * A request of the shard.
   *
   * @param move how it came to be here
   * @param length about how many tokens it may cost, 0 if that is not asked for
   */
  record Entry(Move move, GenericRecord request, long length) {}

  void add(Move move, GenericRecord request) {
    long length = longestFirst ? length(InferenceRequestCoder.fromRecord(request)) : 0;
    entries.add(new Entry(move, request, length));
    longest.merge(move.place(), length, Math::max);
  }

  List<Entry> sorted() {
    Comparator<Entry> byLongest =
        Comparator.comparing(
            (Entry entry) -> longest.getOrDefault(entry.move().place(), 0L),
            Comparator.reverseOrder());
    Comparator<Entry> byLength = Comparator.comparing(Entry::length, Comparator.reverseOrder());
    entries.sort(
        longestFirst
            ? byLongest
                .thenComparing(entry -> entry.move().place())
                .thenComparing(byLength)
                .thenComparing(BY_PLACE)
            : BY_PLACE);
    return entries;
  }

  /** Without max_tokens nothing is known of the output, and the prompt alone counts. */
  static long length(InferenceRequest request) {
    SamplingParams sampling = SamplingParams.of(request.sampling());
    long output = (long) sampling.maxTokens().orElse(0) * sampling.n();
    return request.prompt().length() / CHARS_PER_TOKEN + output;
  }
}

// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms;

import dev.highbeam.runtime.api.SamplingParams;
import dev.highbeam.transforms.arrange.Move;
import dev.highbeam.transforms.arrange.PrefixHashes;
import dev.highbeam.transforms.arrange.RequestKey;
import dev.highbeam.transforms.arrange.RowRef;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * The keys of one split's requests, in blocks. Requests of one block that are equal give one key,
 * so that a request that the input repeats without end is no burden for whoever sorts the keys.
 */
final class KeyCollector {

  private static final int BLOCK_KEYS = 1 << 16;

  private final int split;
  private final Arranging arranging;
  private final Consumer<byte[]> keyBlocks;
  private final Consumer<byte[]> moveBlocks;
  private final List<RequestKey> keys = new ArrayList<>();
  private final List<Move> moves = new ArrayList<>();
  private final Map<RequestKey.Content, RowRef> firsts = new HashMap<>();
  private int index;

  KeyCollector(
      int split, Arranging arranging, Consumer<byte[]> keyBlocks, Consumer<byte[]> moveBlocks) {
    this.split = split;
    this.arranging = arranging;
    this.keyBlocks = keyBlocks;
    this.moveBlocks = moveBlocks;
  }

  /** Takes the split's next request. */
  void add(InferenceRequest request) {
    RowRef row = new RowRef(split, index++);
    String fingerprint = Fingerprint.of(request.prompt(), SamplingParams.of(request.sampling()));
    int[] prefixes =
        arranging.groupPrefixes() ? PrefixHashes.of(request.prompt()) : PrefixHashes.none();
    RequestKey key = RequestKey.of(prefixes, fingerprint, row);
    RowRef first = arranging.dedupe() ? firsts.putIfAbsent(key.content(), row) : null;
    if (first == null) {
      keys.add(key);
    } else {
      moves.add(Move.localCopy(row, first));
    }
    if (keys.size() + moves.size() == BLOCK_KEYS) {
      flush();
    }
  }

  /** Gives away what is there. */
  void flush() {
    if (!keys.isEmpty()) {
      keyBlocks.accept(RequestKey.encode(keys));
    }
    if (!moves.isEmpty()) {
      moveBlocks.accept(Move.encode(moves));
    }
    keys.clear();
    moves.clear();
    firsts.clear();
  }
}

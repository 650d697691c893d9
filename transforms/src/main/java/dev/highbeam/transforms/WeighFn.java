// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms;

import dev.highbeam.transforms.arrange.Move;
import java.util.ArrayList;
import java.util.List;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.values.KV;

/** Counts what comes to and goes from the splits of a group. */
final class WeighFn extends DoFn<KV<Integer, Iterable<byte[]>>, Loads> {

  private static final long serialVersionUID = 1L;

  private final long rows;

  WeighFn(long rows) {
    this.rows = rows;
  }

  @ProcessElement
  public void weigh(@Element KV<Integer, Iterable<byte[]>> group, OutputReceiver<Loads> output) {
    Loads loads = Loads.of(rows);
    for (byte[] block : group.getValue()) {
      List<Move> moves = new ArrayList<>();
      Move.decode(block, moves);
      moves.forEach(loads::add);
    }
    output.output(loads);
  }
}

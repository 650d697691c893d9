// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import dev.highbeam.runtime.backend.cuda.driver.CudaStream;
import dev.highbeam.runtime.backend.cuda.driver.Launch;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One kernel of a step, bound to its memory. Its launches are prepared when a size first occurs and
 * kept: after the first steps, enqueueing is a table lookup and one driver call.
 */
abstract class CudaOp implements StepAction {

  private final String label;
  private final Buckets buckets;

  /** Prepared launches by block of logit rows, then by bucket of sizes. */
  private final List<@Nullable Launch[]> launches = new ArrayList<>();

  /**
   * An op.
   *
   * @param largest most rows, tiles or items of a step
   */
  CudaOp(String label, int largest) {
    this.label = label;
    this.buckets = new Buckets(largest);
  }

  @Override
  public final String label() {
    return label;
  }

  /** Rows, tiles or items of a step from which the grid is made; 0 launches nothing. */
  abstract int size(StepCounts counts);

  /** The launch for up to so many rows, tiles or items of a block of logit rows. */
  abstract Launch prepare(int size, int headBlock);

  @Override
  public final void enqueue(CudaStream stream, StepCounts counts) {
    int size = size(counts);
    if (size > 0) {
      stream.launch(launch(buckets.indexOf(size), counts.headBlock()));
    }
  }

  private Launch launch(int bucket, int headBlock) {
    while (launches.size() <= headBlock) {
      launches.add(new Launch[buckets.count()]);
    }
    @Nullable Launch[] row = launches.get(headBlock);
    Launch launch = row[bucket];
    if (launch == null) {
      launch = prepare(buckets.size(bucket), headBlock);
      row[bucket] = launch;
    }
    return launch;
  }
}

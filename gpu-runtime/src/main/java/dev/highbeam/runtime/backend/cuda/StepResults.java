// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import dev.highbeam.runtime.api.SamplingParams;
import dev.highbeam.runtime.backend.Capacity;
import dev.highbeam.runtime.backend.ForwardBatch;
import dev.highbeam.runtime.backend.StepOutput;
import dev.highbeam.runtime.backend.cuda.driver.CudaContext;
import dev.highbeam.runtime.backend.cuda.driver.CudaStream;
import dev.highbeam.runtime.backend.cuda.driver.DeviceMemory;
import dev.highbeam.runtime.backend.cuda.driver.DevicePointer;
import dev.highbeam.runtime.backend.cuda.driver.PinnedMemory;
import java.nio.IntBuffer;
import java.util.List;

/**
 * What a step gives back, by logit row: token ids, log-probabilities and flags, then 20 places for
 * alternatives each. Written by the sampling kernels, copied to pinned memory at the end of the
 * step, of which there are two pieces for the two steps in flight.
 */
final class StepResults implements AutoCloseable {

  private static final int PLACES = SamplingParams.MAX_LOGPROBS;
  private static final int PIECES = 2;

  /** Bit of a row's flags: NaN or no finite logit. */
  private static final int NON_FINITE = 1;

  private static final int UNIFORM = 2;

  private final int rows;
  private final DeviceMemory device;
  private final PinnedMemory[] pinned = new PinnedMemory[PIECES];
  private final IntBuffer[] words = new IntBuffer[PIECES];
  private final StepOutput[] outputs = new StepOutput[PIECES];

  StepResults(CudaContext context, Capacity capacity) {
    rows = capacity.maxStepTokens();
    device = context.allocate(bytes(capacity), "results");
    for (int piece = 0; piece < PIECES; piece++) {
      pinned[piece] = context.allocatePinned(bytes(capacity), "results", false);
      words[piece] = pinned[piece].buffer().asIntBuffer();
      outputs[piece] = new StepOutput(rows, PLACES);
    }
  }

  /** Bytes on the device. */
  static long bytes(Capacity capacity) {
    return (long) capacity.maxStepTokens() * (3 + 2 * PLACES) * Integer.BYTES;
  }

  /** [R] sampled tokens or targets. */
  DevicePointer tokenIds() {
    return at(0);
  }

  /** [R] f32. */
  DevicePointer logprobs() {
    return at(rows);
  }

  /** [R] flags. */
  DevicePointer flags() {
    return at(2L * rows);
  }

  /** [R][20]. */
  DevicePointer topTokenIds() {
    return at(3L * rows);
  }

  /** [R][20] f32. */
  DevicePointer topLogprobs() {
    return at((3L + PLACES) * rows);
  }

  private DevicePointer at(long word) {
    return device.slice(word * Integer.BYTES, device.bytes() - word * Integer.BYTES);
  }

  /** Copies what the batch asked for, alternatives only if it has any. */
  void copyToHost(ForwardBatch batch, int piece, CudaStream stream) {
    if (batch.logitCount() == 0) {
      return;
    }
    long copied = hasAlternatives(batch) ? device.bytes() : 3L * rows * Integer.BYTES;
    stream.copyToHost(pinned[piece], device.pointer(), copied);
  }

  private static boolean hasAlternatives(ForwardBatch batch) {
    for (int row = 0; row < batch.logitCount(); row++) {
      if (batch.logitAlternatives[row] > 0) {
        return true;
      }
    }
    return false;
  }

  /** The output of a step whose copy is done; alternatives only where rows asked for them. */
  StepOutput read(ForwardBatch batch, int piece) {
    IntBuffer from = words[piece];
    StepOutput output = outputs[piece];
    for (int row = 0; row < batch.logitCount(); row++) {
      float logprob = Float.intBitsToFloat(from.get(rows + row));
      int flags = from.get(2 * rows + row);
      output.setToken(row, from.get(row), logprob, (flags & NON_FINITE) != 0);
      if ((flags & UNIFORM) != 0) {
        output.setUniform(row);
      }
      for (int j = 0; j < batch.logitAlternatives[row]; j++) {
        int place = 3 * rows + row * PLACES + j;
        float topLogprob = Float.intBitsToFloat(from.get(place + rows * PLACES));
        output.setAlternative(row, j, from.get(place), topLogprob);
      }
    }
    return output;
  }

  @Override
  public void close() {
    Closing.all(List.of(device, pinned[0], pinned[1]));
  }
}

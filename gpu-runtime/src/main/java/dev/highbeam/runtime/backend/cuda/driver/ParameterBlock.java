// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.driver;

import java.nio.ByteOrder;
import java.nio.LongBuffer;
import jcuda.driver.JCudaDriver;

/**
 * Where one stream hands kernel arguments to the driver: a table of addresses, then the values they
 * point to, one word each. The driver reads it during the launch, so one block serves all launches
 * of a stream.
 *
 * <p>JCuda's usual way, a Pointer to Pointers to arrays, makes its native half take the structure
 * apart and allocate at every launch: 30 microseconds for 24 arguments, measured with a driver that
 * does nothing. Here the table never changes and JCuda sees a single number; a launch costs one
 * copy of its words, 0.8 microseconds on the same machine and nothing for the collector. The memory
 * is pinned because that is the kind whose address Java gets to know.
 */
final class ParameterBlock {

  /** CUDA allows 4,096 bytes of arguments before 12.1; ours are at most a word each. */
  static final int MAX_ARGUMENTS = 128;

  private static final int TABLE_WORDS = MAX_ARGUMENTS + 1;
  private static final int BYTES = (TABLE_WORDS + MAX_ARGUMENTS) * Long.BYTES;

  private final HostAddress address;
  private final LongBuffer words;

  private ParameterBlock(HostAddress address) {
    this.address = address;
    this.words = address.getByteBuffer(0, BYTES).order(ByteOrder.nativeOrder()).asLongBuffer();
    for (int i = 0; i < MAX_ARGUMENTS; i++) {
      words.put(i, entry(i));
    }
  }

  static ParameterBlock allocate(SharedContext context, String label) {
    HostAddress address = new HostAddress();
    context.check(
        JCudaDriver.cuMemHostAlloc(address, BYTES, 0),
        "cuMemHostAlloc",
        "launch arguments of stream '" + label + "'");
    return new ParameterBlock(address);
  }

  /** Makes the table hold these arguments and end behind them. */
  HostAddress fill(long[] values) {
    words.put(TABLE_WORDS, values);
    // A kernel that expects more arguments than it is given meets null, not an older launch's word.
    words.put(values.length, 0);
    return address;
  }

  /** Undoes the end mark, for the next launch. */
  void reset(long[] values) {
    words.put(values.length, entry(values.length));
  }

  private long entry(int argument) {
    return argument < MAX_ARGUMENTS
        ? address.address() + (TABLE_WORDS + (long) argument) * Long.BYTES
        : 0;
  }

  int free() {
    return JCudaDriver.cuMemFreeHost(address);
  }
}

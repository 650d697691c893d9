// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.driver;

import static dev.highbeam.runtime.api.Checks.checkArgument;

import java.util.ArrayList;
import java.util.List;

/**
 * The arguments of a kernel in the order of its parameters, checked when they are added: every
 * pointer must be of this context and its memory open. Immutable.
 */
public final class KernelArguments {

  private static final long WORD = 0xffff_ffffL;

  private final SharedContext context;
  private final long[] values;
  private final List<Memory> memories;

  /** A memory that an argument points into. */
  private record Memory(String argument, CudaMemory memory) {}

  private KernelArguments(SharedContext context, long[] values, List<Memory> memories) {
    this.context = context;
    this.values = values;
    this.memories = memories;
  }

  /** Begins a list of arguments for kernels of one context. */
  public static Builder builder(CudaContext context) {
    return new Builder(context.shared());
  }

  /** How many there are. */
  public int count() {
    return values.length;
  }

  SharedContext context() {
    return context;
  }

  /** One word per argument, little-endian as the device reads it. Not to be changed. */
  long[] values() {
    return values;
  }

  /** Throws if a memory was closed since. */
  void checkOpen() {
    for (Memory pointer : memories) {
      checkArgument(
          !pointer.memory.isClosed(), "%s: %s is closed", pointer.argument, pointer.memory);
    }
  }

  void addTo(Capture capture) {
    memories.forEach(pointer -> capture.use(pointer.memory));
  }

  /** Collects arguments. */
  public static final class Builder {

    private final SharedContext context;
    private final List<Long> values = new ArrayList<>();
    private final List<Memory> memories = new ArrayList<>();

    private Builder(SharedContext context) {
      this.context = context;
    }

    /**
     * A pointer to device or mapped memory.
     *
     * @throws DeviceMismatchException naming the argument, if it is of another context
     */
    public Builder pointer(String name, DevicePointer pointer) {
      return pointer(name, pointer, 0);
    }

    /** As {@link #pointer(String, DevicePointer)}, for a kernel that uses so many bytes of it. */
    public Builder pointer(String name, DevicePointer pointer, long bytes) {
      String argument = "argument '" + name + "'";
      DeviceMismatchException.check(
          context, pointer.memory().context(), argument, "its launch belongs");
      pointer.checkHolds(bytes, argument);
      memories.add(new Memory(argument, pointer.memory()));
      return add(name, pointer.address());
    }

    /** All of a device memory. */
    public Builder pointer(String name, DeviceMemory memory) {
      return pointer(name, memory.pointer());
    }

    public Builder nullPointer(String name) {
      return add(name, 0);
    }

    public Builder int32(String name, int value) {
      return add(name, value & WORD);
    }

    public Builder int64(String name, long value) {
      return add(name, value);
    }

    public Builder float32(String name, float value) {
      return add(name, Float.floatToRawIntBits(value) & WORD);
    }

    private Builder add(String name, long value) {
      checkArgument(
          values.size() < ParameterBlock.MAX_ARGUMENTS,
          "a kernel has at most %s arguments; '%s' is one more",
          ParameterBlock.MAX_ARGUMENTS,
          name);
      values.add(value);
      return this;
    }

    public KernelArguments build() {
      long[] words = values.stream().mapToLong(Long::longValue).toArray();
      return new KernelArguments(context, words, List.copyOf(memories));
    }
  }
}

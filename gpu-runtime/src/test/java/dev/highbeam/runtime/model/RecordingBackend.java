// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.model;

import dev.highbeam.runtime.backend.Backend;
import dev.highbeam.runtime.backend.Capacity;
import dev.highbeam.runtime.backend.DType;
import dev.highbeam.runtime.backend.Executable;
import dev.highbeam.runtime.backend.LinearSpec;
import dev.highbeam.runtime.backend.PackedLinear;
import dev.highbeam.runtime.backend.PackedTable;
import dev.highbeam.runtime.backend.PackedVector;
import dev.highbeam.runtime.backend.PageRoom;
import dev.highbeam.runtime.backend.Program;
import dev.highbeam.runtime.backend.WeightSource;
import java.util.ArrayList;
import java.util.List;

/** Packs nothing and remembers what it was given. Activations are BF16, as on a real device. */
final class RecordingBackend implements Backend {

  /** Names of all tensors in the order in which they were given. */
  final List<String> read = new ArrayList<>();

  record Linear(LinearSpec spec, long bytes) implements PackedLinear {}

  record Table(int rowCount, int width, long bytes) implements PackedTable {}

  record Vector(String name, int length, long bytes, float offset) implements PackedVector {}

  @Override
  public PackedLinear pack(LinearSpec spec, DType weightType) {
    long bytes = (long) spec.rowCount() * spec.inputWidth() * weightType.bytes();
    spec.members().forEach(member -> read.add(member.name()));
    for (WeightSource bias : spec.biases()) {
      if (bias != null) {
        read.add(bias.name());
        bytes += bias.elementCount() * DType.F32.bytes();
      }
    }
    return new Linear(spec, bytes);
  }

  @Override
  public PackedTable packTable(WeightSource source, DType weightType) {
    read.add(source.name());
    long[] shape = source.shape();
    return new Table((int) shape[0], (int) shape[1], source.elementCount() * weightType.bytes());
  }

  @Override
  public PackedVector packVector(WeightSource source, float offset) {
    read.add(source.name());
    return new Vector(
        source.name(), (int) source.shape()[0], source.elementCount() * DType.F32.bytes(), offset);
  }

  @Override
  public DType defaultType() {
    return DType.BF16;
  }

  @Override
  public DType activationType(DType asked) {
    return DType.BF16;
  }

  @Override
  public DType kvType(DType asked) {
    return asked;
  }

  @Override
  public Executable compile(Program program, Capacity capacity) {
    throw new UnsupportedOperationException("records only");
  }

  @Override
  public String numerics(Program program) {
    return "none";
  }

  @Override
  public String describe() {
    return "records what it is given";
  }

  @Override
  public boolean prefersAsyncScheduling() {
    return false;
  }

  @Override
  public PageRoom pageRoom(Program program, Capacity capacity, double fraction) {
    return new PageRoom(0, 1, 0);
  }

  @Override
  public void close() {}
}

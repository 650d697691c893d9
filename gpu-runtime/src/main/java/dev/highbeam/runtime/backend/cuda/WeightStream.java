// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import dev.highbeam.runtime.backend.Op;
import dev.highbeam.runtime.backend.Program;
import dev.highbeam.runtime.backend.cuda.driver.CudaContext;
import dev.highbeam.runtime.backend.cuda.driver.CudaEvent;
import dev.highbeam.runtime.backend.cuda.driver.CudaStream;
import dev.highbeam.runtime.backend.cuda.driver.DeviceMemory;
import dev.highbeam.runtime.backend.cuda.driver.DevicePointer;
import dev.highbeam.runtime.backend.cuda.driver.PinnedMemory;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Brings the weights of streamed layers from pinned host memory: two slots on the device, each as
 * large as the largest layer; while one layer runs from its slot, the next is copied into the other
 * by a stream of its own.
 *
 * <p>Events order the two streams, so that the same sequence can run eagerly or be captured: the
 * copies fork from the step's stream at its start, and each is joined by the layer that waits for
 * it.
 */
final class WeightStream implements AutoCloseable {

  private static final int SLOTS = 2;

  private final List<StreamedLayer> layers;
  private final List<AutoCloseable> owned = new ArrayList<>();
  private final List<DeviceMemory> slots = new ArrayList<>();
  private final List<CudaEvent> ready = new ArrayList<>();
  private final List<CudaEvent> free = new ArrayList<>();
  private final CudaStream copies;

  private WeightStream(CudaContext context, List<StreamedLayer> layers) {
    this.layers = layers;
    copies = own(context.stream("weights"));
    for (int slot = 0; slot < Math.min(SLOTS, layers.size()); slot++) {
      slots.add(own(context.allocate(slotBytes(layers), "streamed layer")));
      ready.add(own(context.event()));
      free.add(own(context.event()));
    }
  }

  /** The stream of a program's weights, or null if all are resident. */
  static @Nullable WeightStream of(CudaContext context, Program program, LayerPlaces places) {
    List<StreamedLayer> layers = StreamedLayer.of(program, places);
    return layers.isEmpty() ? null : new WeightStream(context, layers);
  }

  /** Bytes of the slots for a program. */
  static long bytes(Program program, LayerPlaces places) {
    List<StreamedLayer> layers = StreamedLayer.of(program, places);
    return Math.min(SLOTS, layers.size()) * slotBytes(layers);
  }

  private static long slotBytes(List<StreamedLayer> layers) {
    return layers.stream().mapToLong(StreamedLayer::bytes).max().orElse(0);
  }

  private <T extends AutoCloseable> T own(T resource) {
    owned.add(resource);
    return resource;
  }

  /** What must come before the first op of a step. */
  StepAction begin() {
    return new Begin();
  }

  /** Adds a streamed linear with its waits. */
  void bind(Op.Linear op, List<StepAction> actions, Function<DevicePointer, StepAction> linear) {
    CudaLinear weight = (CudaLinear) op.weight();
    int index = indexOf(weight);
    StreamedLayer layer = layers.get(index);
    if (layer.beginsWith(weight)) {
      actions.add(new Arrival(index));
    }
    DeviceMemory slot = slots.get(index % SLOTS);
    actions.add(linear.apply(slot.slice(layer.offsetOf(weight), weight.bytes())));
    if (layer.endsWith(weight)) {
      actions.add(new Departure(index));
    }
  }

  private int indexOf(CudaLinear weight) {
    for (int index = 0; index < layers.size(); index++) {
      if (layers.get(index).offsetOf(weight) >= 0) {
        return index;
      }
    }
    throw new IllegalArgumentException(weight.spec().name() + " is not streamed");
  }

  /** Starts the copy of a layer into its slot. */
  private void copy(int index) {
    StreamedLayer layer = layers.get(index);
    for (int i = 0; i < layer.linears().size(); i++) {
      long offset = layer.offset(i);
      for (PinnedMemory piece : layer.linears().get(i).pieces()) {
        DevicePointer target = slots.get(index % SLOTS).slice(offset, piece.bytes());
        copies.copyToDevice(target, piece, piece.bytes());
        offset += piece.bytes();
      }
    }
    copies.record(ready.get(index % SLOTS));
  }

  /** Forks the copies from the step's stream and starts the first ones. */
  private final class Begin implements StepAction {

    @Override
    public String label() {
      return "first streamed layers";
    }

    @Override
    public void enqueue(CudaStream stream, StepCounts counts) {
      stream.record(free.get(0));
      copies.waitFor(free.get(0));
      for (int index = 0; index < slots.size(); index++) {
        copy(index);
      }
    }
  }

  /** Makes the step wait for a layer. */
  private final class Arrival implements StepAction {

    private final int index;

    Arrival(int index) {
      this.index = index;
    }

    @Override
    public String label() {
      return "arrival of streamed layer " + index;
    }

    @Override
    public void enqueue(CudaStream stream, StepCounts counts) {
      stream.waitFor(ready.get(index % SLOTS));
    }
  }

  /** Gives a layer's slot to the layer after the next. */
  private final class Departure implements StepAction {

    private final int index;

    Departure(int index) {
      this.index = index;
    }

    @Override
    public String label() {
      return "departure of streamed layer " + index;
    }

    @Override
    public void enqueue(CudaStream stream, StepCounts counts) {
      if (index + SLOTS < layers.size()) {
        stream.record(free.get(index % SLOTS));
        copies.waitFor(free.get(index % SLOTS));
        copy(index + SLOTS);
      }
    }
  }

  @Override
  public void close() {
    Closing.all(owned);
  }
}

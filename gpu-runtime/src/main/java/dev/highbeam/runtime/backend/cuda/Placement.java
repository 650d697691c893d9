// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import dev.highbeam.runtime.api.EngineException;
import dev.highbeam.runtime.backend.KvGroup;
import dev.highbeam.runtime.backend.Op;
import dev.highbeam.runtime.backend.PageRoom;
import dev.highbeam.runtime.backend.Program;
import java.util.Locale;
import java.util.OptionalInt;

/**
 * Decides how many layers stay on the device. What the user said is honoured or refused with the
 * numbers; left alone, as many layers stay as leave room for the pages. Pure arithmetic: the same
 * numbers give the same places.
 *
 * @param program the program with its weights described
 * @param pageSize tokens per page
 * @param kvLocation where keys and values lie
 * @param gpuLayers layers to keep on the device, if the user said so
 * @param fixedBytes bytes of the executable without weights and pages
 * @param deviceBudget bytes that all may take on the device
 * @param hostBudget bytes that pages may take in the host's memory
 */
record Placement(
    Program program,
    int pageSize,
    LayerPlaces.KvLocation kvLocation,
    OptionalInt gpuLayers,
    long fixedBytes,
    long deviceBudget,
    long hostBudget) {

  /**
   * The places that leave room for so many pages.
   *
   * @throws EngineException configuration, if there are none
   */
  LayerPlaces placesFor(int pageCount) {
    LayerPlaces least = null;
    for (int layers = mostLayers(); layers >= leastLayers(); layers--) {
      least = places(layers);
      if (room(least).budget() >= pageCount * room(least).pageBytes()) {
        return least;
      }
    }
    throw refusal(pageCount);
  }

  /** The room for pages with the most layers on the device that leave enough for so many pages. */
  PageRoom roomFor(int pageCount) {
    for (int layers = mostLayers(); layers > leastLayers(); layers--) {
      PageRoom room = room(places(layers));
      if (room.budget() >= pageCount * room.pageBytes()) {
        return room;
      }
    }
    return room(places(leastLayers()));
  }

  private int mostLayers() {
    return Math.min(gpuLayers.orElse(Integer.MAX_VALUE), layerCount());
  }

  private int leastLayers() {
    return gpuLayers.isPresent() ? mostLayers() : 0;
  }

  private LayerPlaces places(int layers) {
    return new LayerPlaces(layers, kvLocation);
  }

  /** Layers of the program, by its linears. */
  int layerCount() {
    int last = -1;
    for (Op op : program.body()) {
      if (op instanceof Op.Linear linear) {
        last = Math.max(last, linear.weight().spec().layer());
      }
    }
    return last + 1;
  }

  /** The room in the memory where pages are the scarcest. */
  PageRoom room(LayerPlaces places) {
    long device = deviceBudget - fixedBytes - weightBytes(places);
    long devicePage = devicePageBytes(places);
    long hostPage = hostPageBytes(places);
    boolean isHostScarcer = hostPage > 0 && hostBudget / hostPage < device / devicePage;
    return isHostScarcer
        ? new PageRoom(fixedBytes, hostPage, hostBudget)
        : new PageRoom(fixedBytes, devicePage, device);
  }

  /** Bytes of weights on the device, the slots of streamed layers included. */
  long weightBytes(LayerPlaces places) {
    long bytes = WeightStream.bytes(program, places);
    for (Op op : WorkspacePlan.ops(program)) {
      if (op instanceof Op.Linear linear) {
        boolean isResident = places.keepsWeightsOnDevice(linear.weight().spec().layer());
        bytes += isResident ? linear.weight().bytes() : 0;
      } else if (op instanceof Op.Embed embed) {
        bytes += embed.table().bytes();
      } else if (op instanceof Op.RmsNorm norm) {
        bytes += norm.weight().bytes();
      }
    }
    return bytes;
  }

  /** Bytes that a page takes on the device: its keys and values, and the ids of its tokens. */
  long devicePageBytes(LayerPlaces places) {
    long bytes = (long) pageSize * Integer.BYTES;
    for (KvGroup group : program.kvGroups()) {
      bytes += pageBytes(group) * layersOnDevice(group, places);
    }
    return bytes;
  }

  /** Bytes that a page takes in the host's memory. */
  long hostPageBytes(LayerPlaces places) {
    long bytes = 0;
    for (KvGroup group : program.kvGroups()) {
      bytes += pageBytes(group) * (group.layerCount() - layersOnDevice(group, places));
    }
    return bytes;
  }

  private long pageBytes(KvGroup group) {
    return group.bytesPerToken() / group.layerCount() * pageSize;
  }

  private static int layersOnDevice(KvGroup group, LayerPlaces places) {
    int count = 0;
    for (int layer = 0; layer < group.layerCount(); layer++) {
      count += places.keepsKvOnDevice(layer) ? 1 : 0;
    }
    return count;
  }

  private EngineException refusal(int pageCount) {
    LayerPlaces places = places(leastLayers());
    return EngineException.configuration(
        String.format(
            Locale.ROOT,
            "%d pages beside %d layers on the GPU (%.1f MiB of weights, %.1f MiB for steps) do not"
                + " fit into the %.1f MiB that are allowed; lower gpu_layers, max_num_seqs,"
                + " max_num_batched_tokens or max_model_len, or raise gpu_memory_utilization",
            pageCount,
            places.residentLayers(),
            weightBytes(places) / 0x1p20,
            fixedBytes / 0x1p20,
            deviceBudget / 0x1p20));
  }
}

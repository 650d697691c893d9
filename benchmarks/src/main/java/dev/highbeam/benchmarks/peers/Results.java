// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.benchmarks.peers;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.ToDoubleFunction;

/** What all rounds gave so far, in the order in which it came. */
final class Results {

  /** The engine that the others are compared with. */
  static final String OURS = "highbeam";

  /** One engine in one cell. */
  record Place(Cell cell, String contender) {}

  private final Map<Place, Map<Integer, Measurement>> measured = new LinkedHashMap<>();
  private final Map<Place, String> missing = new LinkedHashMap<>();

  void add(Place place, int round, Measurement measurement) {
    measured.computeIfAbsent(place, key -> new LinkedHashMap<>()).put(round, measurement);
  }

  /** Why an engine is missing in a cell; a cell that failed once is not tried again. */
  void miss(Place place, String reason) {
    missing.put(place, reason);
  }

  boolean isMissing(Place place) {
    return missing.containsKey(place);
  }

  Map<Place, String> missing() {
    return missing;
  }

  Set<Place> places() {
    return measured.keySet();
  }

  Set<Cell> cells() {
    Set<Cell> cells = new LinkedHashSet<>();
    measured.keySet().forEach(place -> cells.add(place.cell()));
    return cells;
  }

  /** All rounds of one engine in one cell. */
  List<Measurement> of(Place place) {
    return List.copyOf(measured.getOrDefault(place, Map.of()).values());
  }

  Spread spread(Place place, ToDoubleFunction<Measurement> value) {
    return Spread.of(of(place).stream().map(value::applyAsDouble).toList());
  }

  /**
   * Our value over another engine's in the same cell and the same round, so that what else the
   * machine did then met both; empty if no round has both.
   */
  Optional<Spread> ratio(Place place, ToDoubleFunction<Measurement> value) {
    Map<Integer, Measurement> ours = measured.getOrDefault(new Place(place.cell(), OURS), Map.of());
    List<Double> ratios = new ArrayList<>();
    measured
        .getOrDefault(place, Map.of())
        .forEach(
            (round, theirs) -> {
              Measurement own = ours.get(round);
              if (own != null) {
                ratios.add(value.applyAsDouble(own) / value.applyAsDouble(theirs));
              }
            });
    return ratios.isEmpty() ? Optional.empty() : Optional.of(Spread.of(ratios));
  }

  /** An engine's median at the batch at which that is greatest, among cells of these weights. */
  Optional<Place> best(String contender, String weights, ToDoubleFunction<Measurement> value) {
    return measured.keySet().stream()
        .filter(place -> place.contender().equals(contender))
        .filter(place -> place.cell().weights().equals(weights))
        .max(
            (left, right) ->
                Double.compare(spread(left, value).median(), spread(right, value).median()));
  }
}

// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.benchmarks.peers;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;

/** The tables of {@link CpuPeers}, as Markdown for people and as JSON with every round. */
final class Report {

  private final Results results;
  private final Map<String, String> about;

  /**
   * @param about options, machine and versions, by name
   */
  Report(Results results, Map<String, String> about) {
    this.results = results;
    this.about = new TreeMap<>(about);
  }

  void write(Path folder) throws IOException {
    Files.createDirectories(folder);
    Files.writeString(folder.resolve("report.md"), markdown());
    new JsonMapper()
        .writerWithDefaultPrettyPrinter()
        .writeValue(folder.resolve("report.json").toFile(), json());
  }

  /** Medians of all rounds, least and most in brackets; ratios are ours over the row's engine. */
  String markdown() {
    List<String> lines = new ArrayList<>();
    lines.add("# CPU engines side by side");
    lines.add("");
    lines.add(
        "Tokens per second, medians with least and most; a ratio is highbeam over the row's engine,"
            + " round by round.");
    lines.add("");
    lines.add(
        "| weights | batch | engine | rounds | prefill | decode | ratio, prefill | ratio, decode |"
            + " others' cores |");
    lines.add("|---|---|---|---|---|---|---|---|---|");
    for (Cell cell : results.cells()) {
      for (Results.Place place : results.places()) {
        if (place.cell().equals(cell)) {
          lines.add(row(place));
        }
      }
    }
    addBest(lines);
    if (!results.missing().isEmpty()) {
      lines.add("");
      results
          .missing()
          .forEach(
              (place, reason) ->
                  lines.add("* " + place.contender() + ", " + place.cell() + ": " + reason));
    }
    lines.add("");
    about.forEach((name, value) -> lines.add("* " + name + ": " + value));
    return String.join("\n", lines) + "\n";
  }

  private String row(Results.Place place) {
    return String.format(
        Locale.ROOT,
        "| %s | %d | %s | %d | %s | %s | %s | %s | %s |",
        place.cell().weights(),
        place.cell().batch(),
        place.contender(),
        results.of(place).size(),
        rate(results.spread(place, Measurement::prefill)),
        rate(results.spread(place, Measurement::decode)),
        ratio(place, Measurement::prefill),
        ratio(place, Measurement::decode),
        others(place));
  }

  /** Our best batch against each engine's best batch. */
  private void addBest(List<String> lines) {
    for (String weights : results.cells().stream().map(Cell::weights).distinct().toList()) {
      Optional<Results.Place> ours = results.best(Results.OURS, weights, Measurement::decode);
      if (ours.isEmpty()) {
        continue;
      }
      double own = results.spread(ours.get(), Measurement::decode).median();
      lines.add("");
      for (String name :
          results.places().stream().map(Results.Place::contender).distinct().toList()) {
        results
            .best(name, weights, Measurement::decode)
            .filter(place -> !name.equals(Results.OURS))
            .ifPresent(place -> lines.add(best(ours.get(), own, place)));
      }
    }
  }

  private String best(Results.Place ours, double own, Results.Place theirs) {
    return String.format(
        Locale.ROOT,
        "* %s, decode, best batch of each: highbeam (%d) over %s (%d): %.2f x",
        ours.cell().weights(),
        ours.cell().batch(),
        theirs.contender(),
        theirs.cell().batch(),
        own / results.spread(theirs, Measurement::decode).median());
  }

  private static String rate(Spread spread) {
    return String.format(
        Locale.ROOT, "%.1f (%.1f..%.1f)", spread.median(), spread.min(), spread.max());
  }

  private String ratio(Results.Place place, ToDoubleFunction<Measurement> value) {
    if (place.contender().equals(Results.OURS)) {
      return "";
    }
    return results
        .ratio(place, value)
        .map(
            spread ->
                String.format(
                    Locale.ROOT, "%.2f (%.2f..%.2f)", spread.median(), spread.min(), spread.max()))
        .orElse("");
  }

  private String others(Results.Place place) {
    List<Double> known =
        results.of(place).stream()
            .filter(measured -> measured.others().isPresent())
            .map(Measurement::othersCores)
            .toList();
    return known.isEmpty() ? "" : String.format(Locale.ROOT, "%.2f", Spread.of(known).max());
  }

  private ObjectNode json() {
    ObjectNode root = new JsonMapper().createObjectNode();
    ObjectNode facts = root.putObject("about");
    about.forEach(facts::put);
    var runs = root.putArray("results");
    for (Results.Place place : results.places()) {
      ObjectNode run = runs.addObject();
      run.put("contender", place.contender())
          .put("weights", place.cell().weights())
          .put("batch", place.cell().batch());
      var rounds = run.putArray("rounds");
      for (Measurement measured : results.of(place)) {
        ObjectNode round = rounds.addObject();
        round
            .put("prefill_tokens_per_second", measured.prefill())
            .put("decode_tokens_per_second", measured.decode());
        measured.others().ifPresent(cores -> round.put("others_cores", cores));
      }
    }
    var missing = root.putArray("missing");
    results
        .missing()
        .forEach(
            (place, reason) ->
                missing
                    .addObject()
                    .put("contender", place.contender())
                    .put("weights", place.cell().weights())
                    .put("batch", place.cell().batch())
                    .put("reason", reason));
    return root;
  }
}

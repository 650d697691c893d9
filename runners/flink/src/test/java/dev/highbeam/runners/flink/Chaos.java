// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runners.flink;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * The program behind {@code chaos.sh}: an undisturbed job first, then the same job once for each
 * seed while TaskManagers are killed; a line per run in a table.
 */
final class Chaos {

  private static final Map<String, String> DEFAULTS =
      Map.of(
          "rows", "10000",
          "maxTokens", "96",
          "maxNumSeqs", "16",
          "seeds", "1-20",
          "oneKillSeeds", "1-5",
          "from", "10",
          "to", "30",
          "minKills", "3",
          "minSeconds", "120");

  private final Map<String, String> options;
  private final Path folder;
  private final ChaosJob job;

  private Chaos(Map<String, String> options) {
    this.options = options;
    this.folder = Path.of(options.get("folder")).toAbsolutePath().normalize();
    this.job = new ChaosJob(number("rows"), number("maxTokens"), number("maxNumSeqs"));
  }

  public static void main(String[] args) throws Exception {
    Map<String, String> options = new TreeMap<>(DEFAULTS);
    for (String arg : args) {
      String[] option = arg.replaceFirst("^--", "").split("=", 2);
      if (option.length != 2 || !(DEFAULTS.containsKey(option[0]) || option[0].equals("folder"))) {
        throw new IllegalArgumentException(arg + " is no option; there are " + DEFAULTS.keySet());
      }
      options.put(option[0], option[1]);
    }
    System.exit(new Chaos(options).run() ? 0 : 1);
  }

  private boolean run() throws IOException, InterruptedException {
    Files.createDirectories(folder);
    Path input = folder.resolve("input");
    Set<String> ids = job.writeInput(input);
    ChaosRun calm = calm(input, ids);
    boolean isGood = isCalmGood(calm);
    int calmMillis = (int) (1000 * calm.seconds());
    for (int seed : seeds("oneKillSeeds")) {
      // In the middle: the first and last tenth are the job's start and end.
      KillPlan plan = KillPlan.once(seed, calmMillis * 3 / 10, calmMillis * 8 / 10);
      ChaosRun run = ChaosRun.of(job, input, ids, unused("one-kill-" + seed), plan);
      boolean isOne = run.killedAt().size() == 1 && run.decoded() <= 1.10 * calm.tokens();
      isGood &= report("one kill, seed " + seed, run, calm, run.isAs(calm) && isOne);
    }
    for (int seed : seeds("seeds")) {
      KillPlan plan = KillPlan.every(seed, 1000 * number("from"), 1000 * number("to"));
      ChaosRun run = ChaosRun.of(job, input, ids, unused("seed-" + seed), plan);
      boolean isMany = run.killedAt().size() >= number("minKills");
      isGood &= report("seed " + seed, run, calm, run.isAs(calm) && isMany);
    }
    return isGood;
  }

  /** The undisturbed run; that of an earlier call for the same folder, if there was one. */
  private ChaosRun calm(Path input, Set<String> ids) throws IOException, InterruptedException {
    Path known = folder.resolve("calm.json");
    if (Files.exists(known)) {
      return new ObjectMapper().readValue(known.toFile(), ChaosRun.class);
    }
    line("Options: " + options);
    line("");
    line(
        "| run | kills | killed after s | s | lost | doubled | stray files | rows equal | tokens |"
            + " decoded | decoded / tokens | verdict |");
    line("|---|---|---|---|---|---|---|---|---|---|---|---|");
    ChaosRun calm = ChaosRun.of(job, input, ids, unused("calm"), KillPlan.none());
    report("undisturbed", calm, calm, isCalmGood(calm));
    new ObjectMapper().writeValue(known.toFile(), calm);
    return calm;
  }

  /** A folder of that name, or with a number if a call that was ended early has left one. */
  private Path unused(String name) {
    Path first = folder.resolve(name);
    for (int number = 2; Files.exists(first); number++) {
      first = folder.resolve(name + "-" + number);
    }
    return first;
  }

  private boolean isCalmGood(ChaosRun calm) {
    return calm.isAs(calm)
        && calm.seconds() >= number("minSeconds")
        && calm.decoded() == calm.tokens();
  }

  private boolean report(String name, ChaosRun run, ChaosRun calm, boolean isGood)
      throws IOException {
    String at = run.killedAt().stream().map(String::valueOf).collect(Collectors.joining(" "));
    line(
        String.format(
            Locale.ROOT,
            "| %s | %d | %s | %d | %d | %d | %d | %s | %d | %d | %.3f | %s |",
            name,
            run.killedAt().size(),
            at,
            run.seconds(),
            run.lost(),
            run.doubled(),
            run.stray().size(),
            run.hash().equals(calm.hash()) ? "yes" : "NO: " + run.hash(),
            run.tokens(),
            run.decoded(),
            (double) run.decoded() / calm.tokens(),
            isGood ? "good" : "BAD, exit code " + run.code()));
    return isGood;
  }

  private void line(String text) throws IOException {
    System.out.println(text);
    Files.writeString(
        folder.resolve("table.md"),
        text + "\n",
        StandardOpenOption.CREATE,
        StandardOpenOption.APPEND);
  }

  private int number(String name) {
    return Integer.parseInt(options.get(name));
  }

  /** Numbers from the first to the last; none if the option is empty. */
  private List<Integer> seeds(String name) {
    String[] ends = options.get(name).split("-", 2);
    if (ends[0].isEmpty()) {
      return List.of();
    }
    int last = Integer.parseInt(ends[ends.length - 1]);
    return java.util.stream.IntStream.rangeClosed(Integer.parseInt(ends[0]), last).boxed().toList();
  }
}

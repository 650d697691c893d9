// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runners.flink;

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
          "maxTokens", "64",
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
    line("Options: " + options);
    line("");
    line(
        "| run | kills | killed after s | s | lost | doubled | stray files | rows equal | tokens |"
            + " decoded | decoded / tokens | verdict |");
    line("|---|---|---|---|---|---|---|---|---|---|---|---|");
    ChaosRun calm = ChaosRun.of(job, input, ids, folder.resolve("calm"), KillPlan.none());
    boolean isGood = calm.isAs(calm) && calm.seconds() >= number("minSeconds");
    isGood &= calm.decoded() == calm.tokens();
    report("undisturbed", calm, calm, isGood);
    int calmMillis = (int) (1000 * calm.seconds());
    for (int seed : seeds("oneKillSeeds")) {
      // In the middle: the first and last tenth are the job's start and end.
      KillPlan plan = KillPlan.once(seed, calmMillis * 3 / 10, calmMillis * 8 / 10);
      ChaosRun run = ChaosRun.of(job, input, ids, folder.resolve("one-kill-" + seed), plan);
      boolean isOne = run.killedAt().size() == 1 && run.decoded() <= 1.10 * calm.tokens();
      isGood &= report("one kill, seed " + seed, run, calm, run.isAs(calm) && isOne);
    }
    for (int seed : seeds("seeds")) {
      KillPlan plan = KillPlan.every(seed, 1000 * number("from"), 1000 * number("to"));
      ChaosRun run = ChaosRun.of(job, input, ids, folder.resolve("seed-" + seed), plan);
      boolean isMany = run.killedAt().size() >= number("minKills");
      isGood &= report("seed " + seed, run, calm, run.isAs(calm) && isMany);
    }
    return isGood;
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

// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.benchmarks.peers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Our engine and others on the same random models and prompts: for each kind of weights and each
 * batch all engines run one after another, each in a process of its own, and then the next round
 * begins. So neighbours in time are compared, no engine's memory or threads touch another, and one
 * that crashes costs its own cell only. Tables are written anew after every run, so that a broken
 * one leaves what it had. {@code benchmarks/README.md} has the command.
 */
public final class CpuPeers {

  private static final DateTimeFormatter CLOCK =
      DateTimeFormatter.ofPattern("HH:mm:ss", Locale.ROOT);

  private final CpuPeersOptions options;
  private final List<Peer> peers;
  private final Results results = new Results();

  private CpuPeers(CpuPeersOptions options, List<Peer> peers) {
    this.options = options;
    this.peers = peers;
  }

  public static void main(String[] args) throws Exception {
    CpuPeersOptions options = CpuPeersOptions.parse(args);
    new CpuPeers(options, peers(options)).compare();
  }

  private static List<Peer> peers(CpuPeersOptions options) {
    List<Peer> all =
        List.of(
            JavaPeer.highbeam(options),
            JavaPeer.kherud(options),
            JavaPeer.jlama(options),
            new LlamaBench(options));
    List<Peer> chosen = new ArrayList<>();
    for (String name : options.contenders()) {
      chosen.add(
          all.stream()
              .filter(peer -> peer.name().equals(name))
              .findFirst()
              .orElseThrow(
                  () ->
                      new IllegalArgumentException(
                          "no contender is called "
                              + name
                              + "; there are "
                              + all.stream().map(Peer::name).toList())));
    }
    return chosen;
  }

  private void compare() throws IOException, InterruptedException {
    Report report = new Report(results, about());
    for (int round = 1; round <= options.rounds(); round++) {
      for (String weights : options.weights()) {
        for (int batch : options.batches()) {
          for (Peer peer : inTurn(round)) {
            run(peer, new Cell(weights, batch), round);
            report.write(options.out());
          }
        }
      }
    }
    System.out.println();
    System.out.print(report.markdown());
    System.out.println("* written to " + options.out());
  }

  /** Each round another engine begins. */
  private List<Peer> inTurn(int round) {
    List<Peer> turned = new ArrayList<>(peers);
    Collections.rotate(turned, 1 - round);
    return turned;
  }

  private void run(Peer peer, Cell cell, int round) throws IOException, InterruptedException {
    Results.Place place = new Results.Place(cell, peer.name());
    if (results.isMissing(place)) {
      return;
    }
    String what = "round " + round + " of " + options.rounds() + ", " + cell + ", " + peer.name();
    Optional<String> obstacle = peer.reasonToSkip(cell);
    if (obstacle.isPresent()) {
      say(what + ": skipped, " + obstacle.get());
      results.miss(place, "skipped, " + obstacle.get());
      return;
    }
    say(what + " ...");
    long begin = System.nanoTime();
    try {
      Measurement measured = peer.measure(cell, log(peer, cell, round));
      results.add(place, round, measured);
      say(
          String.format(
              Locale.ROOT,
              "%s: prefill %.1f, decode %.1f tokens/s; took %.0f s",
              what,
              measured.prefill(),
              measured.decode(),
              (System.nanoTime() - begin) / 1e9));
    } catch (FailedRunException e) {
      say(what + ": " + e.getMessage());
      results.miss(place, String.valueOf(e.getMessage()));
    }
  }

  private Path log(Peer peer, Cell cell, int round) {
    return options
        .out()
        .resolve("logs")
        .resolve(
            peer.name() + "-" + cell.weights() + "-" + cell.batch() + "-round" + round + ".log");
  }

  private Map<String, String> about() throws IOException {
    Map<String, String> about = new TreeMap<>(options.values());
    about.put("java", System.getProperty("java.vm.version"));
    about.put("processors", Integer.toString(Runtime.getRuntime().availableProcessors()));
    about.put("processor", processor());
    return about;
  }

  /** The processor's name where Linux tells it. */
  private static String processor() throws IOException {
    Path file = Path.of("/proc/cpuinfo");
    if (!Files.isReadable(file)) {
      return System.getProperty("os.arch");
    }
    return Files.readAllLines(file).stream()
        .filter(line -> line.startsWith("model name"))
        .map(line -> line.substring(line.indexOf(':') + 1).trim())
        .findFirst()
        .orElse(System.getProperty("os.arch"));
  }

  private static void say(String text) {
    System.out.println(CLOCK.format(LocalTime.now(ZoneId.systemDefault())) + " " + text);
  }
}

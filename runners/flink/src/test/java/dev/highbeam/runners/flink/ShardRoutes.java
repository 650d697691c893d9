// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runners.flink;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Measures three ways on which shards can reach the workers (docs/adr/0011): how evenly rows fall
 * on two TaskManagers with two slots each, and what it costs to lose one of them when half of the
 * shards are complete. Arguments: a folder, and rows of the job (default 2000).
 *
 * <pre>
 * java -Dhighbeam.root=. -cp "runners/flink/target/test-classes:runners/flink/target/highbeam-flink.jar:\
 *   runners/flink/target/cluster/lib/*" dev.highbeam.runners.flink.ShardRoutes FOLDER
 * </pre>
 */
final class ShardRoutes {

  private static final int TOKENS = 64;
  private static final Pattern COMMIT = Pattern.compile("shard-\\d+\\.json");
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final HttpClient HTTP = HttpClient.newHttpClient();

  private final Path folder;
  private final Path input;
  private final ChaosJob job;

  private ShardRoutes(Path folder, int rows) {
    this.folder = folder;
    this.input = folder.resolve("input");
    this.job = new ChaosJob(rows, TOKENS, 16);
  }

  public static void main(String[] args) throws Exception {
    ShardRoutes routes =
        new ShardRoutes(
            Path.of(args[0]).toAbsolutePath().normalize(),
            args.length > 1 ? Integer.parseInt(args[1]) : 2000);
    routes.job.writeInput(routes.input);
    System.out.println(
        "| shards by | a TaskManager is lost | s | requests per engine | first subtask ends before"
            + " the last, s | subtasks started again | decoded / tokens |");
    System.out.println("|---|---|---|---|---|---|---|");
    for (boolean isKilled : new boolean[] {false, true}) {
      for (String route : List.of("source", "create", "reshuffle")) {
        routes.measure(route, isKilled);
      }
    }
  }

  private void measure(String route, boolean isKilled) throws Exception {
    Path own = Files.createDirectories(folder.resolve(route + (isKilled ? "-killed" : "")));
    Path output = own.resolve("out");
    try (LocalCluster cluster =
        LocalCluster.start(own, Map.of(), "--taskManagers=2", "--slots=2")) {
      List<String> arguments = new ArrayList<>(List.of(route));
      arguments.addAll(job.arguments(input, output));
      arguments.addAll(List.of("--parallelism=4", "--flinkMaster=" + cluster.master()));
      Process client = cluster.startMain(RoutedClient.class, arguments);
      while (isKilled && client.isAlive() && commits(output) < 32) {
        client.waitFor(100, TimeUnit.MILLISECONDS);
      }
      if (isKilled) {
        cluster.taskManager(1).destroyForcibly();
      }
      if (client.waitFor() != 0) {
        throw new IllegalStateException(cluster.lastLog());
      }
      report(route, isKilled, output, cluster);
    }
  }

  private static void report(String route, boolean isKilled, Path output, LocalCluster cluster)
      throws Exception {
    JsonNode record = JSON.readTree(output.resolve("job.json").toFile());
    List<String> requests = new ArrayList<>();
    cluster.engines().files().forEach(file -> requests.add(file.get("requests").asText()));
    long first = Long.MAX_VALUE;
    long last = 0;
    int again = 0;
    for (JsonNode subtask : inferSubtasks(cluster)) {
      first = Math.min(first, subtask.get("end-time").asLong());
      last = Math.max(last, subtask.get("end-time").asLong());
      again += subtask.get("attempt").asInt() > 0 ? 1 : 0;
    }
    System.out.printf(
        Locale.ROOT,
        "| %s | %s | %.0f | %s | %.1f | %d of 4 | %.3f |%n",
        route,
        isKilled ? "yes" : "no",
        record.get("seconds").asDouble(),
        String.join(" + ", requests),
        (last - first) / 1000.0,
        again,
        (double) cluster.engines().outputTokens() / record.at("/tokens/output").asLong());
  }

  /** Shards that are complete. */
  private static long commits(Path output) {
    Path journal = output.resolve("journal");
    if (!Files.isDirectory(journal)) {
      return 0;
    }
    try (Stream<Path> files = Files.list(journal)) {
      return files.filter(file -> COMMIT.matcher(file.getFileName().toString()).matches()).count();
    } catch (IOException e) {
      return 0; // The folder went while we looked.
    }
  }

  /** The subtasks that held the engine: those of the last vertex of the second of three jobs. */
  private static List<JsonNode> inferSubtasks(LocalCluster cluster) throws Exception {
    List<JsonNode> jobs = new ArrayList<>();
    get(cluster, "/jobs/overview").get("jobs").forEach(jobs::add);
    jobs.sort(Comparator.comparingLong(job -> job.get("start-time").asLong()));
    String job = jobs.get(1).get("jid").asText();
    List<JsonNode> subtasks = new ArrayList<>();
    for (JsonNode vertex : get(cluster, "/jobs/" + job).get("vertices")) {
      if (vertex.get("name").asText().contains("Infer")) {
        subtasks.clear();
        String path = "/jobs/" + job + "/vertices/" + vertex.get("id").asText();
        get(cluster, path).get("subtasks").forEach(subtasks::add);
      }
    }
    return subtasks;
  }

  private static JsonNode get(LocalCluster cluster, String path)
      throws IOException, InterruptedException {
    URI uri = URI.create("http://" + cluster.master() + path);
    return JSON.readTree(
        HTTP.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString())
            .body());
  }
}

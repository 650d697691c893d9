// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.benchmarks.peers;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** An engine for the JVM, behind {@link Worker}. */
final class JavaPeer implements Peer {

  /** The source that a peer's JVM compiles itself, and the libraries that it needs. */
  private static final Path SOURCES = Path.of("benchmarks", "peers");

  private final String name;
  private final CpuPeersOptions options;
  private final ModelFiles files;
  private final Launch launch;
  private final Function<Cell, Optional<String>> obstacle;

  /**
   * How its JVM is started.
   *
   * @param home of the JDK
   * @param main a class, or a source file
   * @param settings the engine's own
   */
  private record Launch(Path home, String classPath, String main, Map<String, String> settings) {}

  private JavaPeer(
      String name,
      CpuPeersOptions options,
      ModelFiles files,
      Launch launch,
      Function<Cell, Optional<String>> obstacle) {
    this.name = name;
    this.options = options;
    this.files = files;
    this.launch = launch;
    this.obstacle = obstacle;
  }

  static Peer highbeam(CpuPeersOptions options) {
    Launch launch =
        new Launch(
            Path.of(System.getProperty("java.home")),
            System.getProperty("java.class.path"),
            HighbeamEngine.class.getName(),
            options.settings());
    return new JavaPeer(
        "highbeam",
        options,
        ModelFiles::huggingFace,
        launch,
        cell ->
            HighbeamEngine.knows(cell.weights())
                ? Optional.empty()
                : Optional.of("this build has no setting quantization"));
  }

  static Peer kherud(CpuPeersOptions options) {
    Path home = Path.of(System.getProperty("java.home"));
    return new JavaPeer(
        "kherud",
        options,
        ModelFiles::gguf,
        fetched(options, home, "KherudEngine.java"),
        cell -> missing(options, home, "llama-"));
  }

  static Peer jlama(CpuPeersOptions options) {
    Path home = options.newerJava();
    return new JavaPeer(
        "jlama",
        options,
        ModelFiles::huggingFace,
        fetched(options, home, "JlamaEngine.java"),
        cell ->
            cell.weights().equals("bf16")
                ? missing(options, home, "jlama-core-")
                : Optional.of("Jlama 0.8 cannot multiply int8 weights of a tied embedding"));
  }

  /** A peer whose libraries lie in the peers' folder. */
  private static Launch fetched(CpuPeersOptions options, Path home, String source) {
    String separator = System.getProperty("path.separator");
    String classPath = ownClasses() + separator + options.peers().resolve("*");
    return new Launch(home, classPath, SOURCES.resolve(source).toString(), Map.of());
  }

  private static Optional<String> missing(CpuPeersOptions options, Path home, String jar) {
    if (!Files.isExecutable(home.resolve("bin/java"))) {
      return Optional.of(home + " has no Java (--newerJava names another)");
    }
    return hasJar(options.peers(), jar)
        ? Optional.empty()
        : Optional.of("no " + jar + "*.jar in " + options.peers() + ": fetch the peers");
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public Optional<String> reasonToSkip(Cell cell) {
    return obstacle.apply(cell);
  }

  @Override
  public Measurement measure(Cell cell, Path log) throws IOException, InterruptedException {
    WorkerTask task =
        new WorkerTask(
            files.of(options.model(), cell.weights()),
            cell.weights(),
            options.threads(),
            options.promptFile(cell.batch()),
            options.promptTokens(),
            options.newTokens(),
            cell.batch(),
            launch.settings());
    List<String> lines = ChildRun.run(command(task), log, options.limit());
    for (String line : lines) {
      Measurement measured = Measurement.parse(line);
      if (measured != null) {
        return measured;
      }
    }
    throw new FailedRunException("printed no measurement (" + log + ")");
  }

  private List<String> command(WorkerTask task) {
    List<String> command =
        new ArrayList<>(
            List.of(
                launch.home().resolve("bin/java").toString(),
                "-Xmx" + options.heap(),
                "--add-modules",
                "jdk.incubator.vector",
                "-cp",
                launch.classPath()));
    command.add(launch.main());
    command.addAll(task.arguments());
    return command;
  }

  private static boolean hasJar(Path folder, String prefix) {
    String[] names = folder.toFile().list((parent, file) -> file.startsWith(prefix));
    return names != null && names.length > 0;
  }

  /** Where this class was loaded from: all that a peer's process needs of ours. */
  private static String ownClasses() {
    return Path.of(
            URI.create(Worker.class.getProtectionDomain().getCodeSource().getLocation().toString()))
        .toString();
  }
}

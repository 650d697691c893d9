// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runners.flink;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A cluster of processes on this machine, started with the script that users have. */
final class LocalCluster implements AutoCloseable {

  static final Path ROOT =
      Path.of(System.getProperty("highbeam.root", "../..")).toAbsolutePath().normalize();

  private static final Path MODULE = ROOT.resolve("runners/flink");
  private static final Path TARGET = MODULE.resolve("target");

  private static final int ATTEMPTS = 3;
  private static final int FIRST_PORT = 12_000;
  private static final int PORTS = 18_000;
  private static final Set<Integer> GIVEN_PORTS = ConcurrentHashMap.newKeySet();

  private final Path folder;
  private final int restPort;
  private int jobs;

  /** How a process ended, and what it said. */
  record End(int code, String text) {}

  private LocalCluster(Path folder, int restPort) {
    this.folder = folder;
    this.restPort = restPort;
  }

  /**
   * Starts a cluster and waits until its TaskManagers are there.
   *
   * @param environment what its processes see beside the tests' own environment
   * @param options of the script
   */
  static LocalCluster start(Path folder, Map<String, String> environment, String... options)
      throws IOException, InterruptedException {
    for (int attempt = 1; ; attempt++) {
      int[] ports = freePorts();
      LocalCluster cluster = new LocalCluster(folder, ports[0]);
      List<String> command = new ArrayList<>(List.of("start"));
      command.addAll(List.of("--restPort=" + ports[0], "--rpcPort=" + ports[1]));
      command.addAll(List.of(options));
      Thread stop = new Thread(cluster::close, "stop-local-cluster");
      Runtime.getRuntime().addShutdownHook(stop);
      End end = cluster.script(environment, command);
      if (end.code() == 0) {
        return cluster;
      }
      Runtime.getRuntime().removeShutdownHook(stop);
      if (attempt == ATTEMPTS || !end.text().contains("the JobManager ended")) {
        throw new IllegalStateException(end.text());
      }
    }
  }

  /** Ports that nobody listens on, below those that systems give to outgoing connections. */
  static int[] freePorts() {
    int[] ports = new int[2];
    int at = FIRST_PORT + (int) (ProcessHandle.current().pid() * 37 % PORTS);
    for (int found = 0; found < 2; at = at + 1 < FIRST_PORT + PORTS ? at + 1 : FIRST_PORT) {
      boolean isNew = GIVEN_PORTS.add(at);
      if (isNew && isFree(at)) {
        ports[found++] = at;
      }
    }
    return ports;
  }

  private static boolean isFree(int port) {
    try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
      return socket.isBound();
    } catch (IOException e) {
      return false;
    }
  }

  End script(Map<String, String> environment, List<String> arguments)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.addAll(List.of("bash", MODULE.resolve("local-cluster.sh").toString()));
    command.addAll(arguments);
    command.add("--runDir=" + folder.resolve("run"));
    Path log = Files.createTempFile(folder, "script-", ".log");
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    for (String name : List.of("LD_LIBRARY_PATH", "EMU_DEVICES", "EMU_LOG", "EMU_FAULTS")) {
      builder.environment().remove(name);
    }
    builder.environment().putAll(environment);
    int code = builder.redirectOutput(log.toFile()).start().waitFor();
    return new End(code, Files.readString(log));
  }

  /** The REST service. */
  String master() {
    return "localhost:" + restPort;
  }

  /** Runs a command of the program against this cluster as a client of its own. */
  End run(List<String> arguments) throws IOException, InterruptedException {
    int code = start(arguments).waitFor();
    return new End(code, lastLog());
  }

  /** Starts a command whose output goes to the log of that number. */
  Process start(List<String> arguments) throws IOException {
    List<String> command = client(TARGET.resolve("highbeam-flink.jar") + ":" + lib());
    command.add("dev.highbeam.runners.flink.Main");
    command.addAll(arguments);
    command.add("--flinkMaster=" + master());
    return startAs(command, Map.of());
  }

  /**
   * Starts a program of the tests that is a client of its own.
   *
   * @param more of its class path, beside this module's tests
   */
  Process startMain(Class<?> main, List<String> arguments, Path... more) throws IOException {
    List<String> classes = new ArrayList<>();
    classes.add(TARGET.resolve("test-classes").toString());
    classes.add(TARGET.resolve("highbeam-flink.jar").toString());
    Stream.of(more).map(Path::toString).forEach(classes::add);
    classes.add(lib());
    List<String> command = client(String.join(":", classes));
    command.add(main.getName());
    command.addAll(arguments);
    return startAs(command, Map.of());
  }

  /** Runs a command as users of an existing cluster do: with {@code flink run}. */
  End flinkRun(List<String> flinkOptions, List<String> arguments)
      throws IOException, InterruptedException {
    List<String> command = client(lib());
    command.addAll(List.of("org.apache.flink.client.cli.CliFrontend", "run"));
    command.addAll(List.of("-m", master()));
    command.addAll(flinkOptions);
    command.add(TARGET.resolve("highbeam-flink.jar").toString());
    command.addAll(arguments);
    Path conf = folder.resolve("run/conf");
    int code = startAs(command, Map.of("FLINK_CONF_DIR", conf.toString())).waitFor();
    return new End(code, lastLog());
  }

  private static List<String> client(String classes) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx512m", "-cp", classes));
    return command;
  }

  private static String lib() {
    return TARGET.resolve("cluster/lib") + "/*";
  }

  private Process startAs(List<String> command, Map<String, String> environment)
      throws IOException {
    jobs++;
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().putAll(environment);
    return builder.redirectOutput(log(jobs).toFile()).start();
  }

  private Path log(int job) {
    return folder.resolve("job-" + job + ".log");
  }

  /** What a TaskManager has logged so far. */
  String taskManagerLog(int number) throws IOException {
    return Files.readString(folder.resolve("run/log/taskmanager-" + number + ".log"));
  }

  String jobManagerLog() throws IOException {
    return Files.readString(folder.resolve("run/log/jobmanager.log"));
  }

  String supervisorLog() throws IOException {
    return Files.readString(folder.resolve("run/log/supervisor.log"));
  }

  /** What the clients started last has said so far. */
  String lastLog() throws IOException {
    return Files.readString(log(jobs));
  }

  /** The process of a TaskManager. */
  ProcessHandle taskManager(int number) throws IOException {
    String pid = Files.readString(folder.resolve("run/pid/taskmanager-" + number)).strip();
    return ProcessHandle.of(Long.parseLong(pid)).orElseThrow();
  }

  /** The process of a TaskManager, or null while there is none. */
  @Nullable ProcessHandle taskManagerOrNull(int number) throws IOException {
    Path file = folder.resolve("run/pid/taskmanager-" + number);
    String pid = Files.exists(file) ? Files.readString(file).strip() : "";
    return pid.isEmpty() ? null : ProcessHandle.of(Long.parseLong(pid)).orElse(null);
  }

  /**
   * Kills the JobManager and all TaskManagers with signal 9, and whoever would start them again.
   */
  void killAll() throws IOException {
    List<ProcessHandle> killed = new ArrayList<>();
    for (String role : List.of("supervisor-", "taskmanager-", "jobmanager")) {
      for (Path file : pidFiles(role)) {
        ProcessHandle.of(Long.parseLong(Files.readString(file).strip())).ifPresent(killed::add);
      }
    }
    killed.forEach(ProcessHandle::destroyForcibly);
    for (ProcessHandle process : killed) {
      process.onExit().join();
    }
  }

  private List<Path> pidFiles(String role) throws IOException {
    try (Stream<Path> files = Files.list(folder.resolve("run/pid"))) {
      return files.filter(file -> file.getFileName().toString().startsWith(role)).toList();
    }
  }

  /** What the engines of this cluster have counted, those of killed processes included. */
  EngineFiles engines() throws IOException {
    return EngineFiles.of(folder.resolve("run"));
  }

  /** Stops all processes of this cluster; harmless when there are none. */
  @Override
  public void close() {
    try {
      if (Files.isDirectory(folder.resolve("run"))) {
        script(Map.of(), List.of("stop"));
      }
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException("the cluster could not be stopped", e);
    }
  }
}

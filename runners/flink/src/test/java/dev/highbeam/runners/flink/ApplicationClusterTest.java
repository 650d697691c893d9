// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runners.flink;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Application mode: the program runs inside the JobManager and ends with it. */
@Timeout(value = 20, unit = TimeUnit.MINUTES)
final class ApplicationClusterTest {

  private static final Path TARGET = LocalCluster.ROOT.resolve("runners/flink/target");

  @TempDir Path folder;

  @BeforeEach
  void writeConfiguration() throws IOException {
    int[] ports = LocalCluster.freePorts();
    Path conf = Files.createDirectory(folder.resolve("conf"));
    Files.writeString(
        conf.resolve("config.yaml"),
        """
        jobmanager: {rpc: {address: localhost, port: %d}, bind-host: localhost}
        rest: {address: localhost, port: %d, bind-address: localhost}
        taskmanager:
          host: localhost
          bind-host: localhost
          numberOfTaskSlots: 2
          cpu: {cores: 2.0}
          memory: {framework: {heap: {size: 128m}, off-heap: {size: 128m}},
            task: {heap: {size: 512m}, off-heap: {size: 0b}}, network: {min: 256m, max: 256m},
            managed: {size: 128m}, jvm-metaspace: {size: 256m}, jvm-overhead: {min: 192m, max: 192m}}
        heartbeat: {interval: 2000, timeout: 120000}
        restart-strategy: {type: fixed-delay, fixed-delay: {attempts: 2, delay: 1 s}}
        classloader: {parent-first-patterns: {additional: "dev.highbeam.runtime.;jcuda."}}
        """
            .formatted(ports[1], ports[0]));
  }

  private Process start(String name, String classes, List<String> arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx1g", "--add-modules", "jdk.incubator.vector", "-cp"));
    command.add(classes + ":" + TARGET.resolve("cluster/lib") + "/*");
    command.addAll(arguments);
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(folder.resolve(name).toFile())
        .start();
  }

  private Process jobManager(List<String> program) throws IOException {
    List<String> arguments = new ArrayList<>(List.of(ApplicationJobManager.class.getName()));
    arguments.add(folder.resolve("conf").toString());
    arguments.add(TARGET.resolve("highbeam-flink.jar").toString());
    arguments.addAll(program);
    return start("jobmanager", TARGET.resolve("test-classes").toString(), arguments);
  }

  @Test
  void givenApplicationMode_jobRunsToItsEndAndTheJobManagerEndsWell() throws Exception {
    Path input = DemoJob.input(folder.resolve("input"), 4);
    Path output = folder.resolve("out");
    Process taskManager =
        start(
            "taskmanager",
            TARGET.resolve("highbeam-engine.jar").toString(),
            List.of(
                "org.apache.flink.runtime.taskexecutor.TaskManagerRunner",
                "--configDir",
                folder.resolve("conf").toString()));
    try {
      Process jobManager =
          jobManager(
              DemoJob.arguments(input, output, "--device=cpu", "--maxTokens=6", "--parallelism=2"));
      assertThat(jobManager.waitFor()).as(Files.readString(folder.resolve("jobmanager"))).isZero();
    } finally {
      taskManager.destroyForcibly();
    }
    assertThat(DemoJob.rows(output)).hasSize(20);
    assertThat(output.resolve("_SUCCESS")).exists();
    assertThat(output.resolve("job.json")).content().contains("\"results\" : 20");
  }

  @Test
  void givenMistake_theJobManagerEndsAsFailedWithItsSentence() throws Exception {
    Path input = DemoJob.input(folder.resolve("input"), 1);
    Process jobManager =
        jobManager(
            DemoJob.arguments(
                input, folder.resolve("out"), "--maxTokens=6", "--targetParallelism=2"));
    assertThat(jobManager.waitFor()).isNotZero();
    assertThat(folder.resolve("jobmanager"))
        .content()
        .contains("--targetParallelism is the Direct runner's")
        .contains("highbeam ended with code 2");
  }
}

// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runners.flink;

import dev.highbeam.pipelines.BeamStarter;
import dev.highbeam.pipelines.cli.Engines;
import dev.highbeam.pipelines.cli.Highbeam;
import dev.highbeam.pipelines.cli.Terminal;
import dev.highbeam.runtime.engine.ModelCheck;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;

/**
 * Starts the program for a Flink cluster: with {@code flink run}, as a client of its own, or inside
 * a JobManager (application mode). A client's process ends with the command's exit code. A
 * JobManager is not ours to end: there a failure is thrown, on which Flink ends the application as
 * failed.
 */
public final class Main {

  private static final String FLINK = "org.apache.flink.api.java.ExecutionEnvironment";

  private Main() {}

  public static void main(String[] args) throws InterruptedException {
    Terminal terminal =
        Terminal.of(writer(FileDescriptor.out), writer(FileDescriptor.err), System.getenv());
    Engines engines =
        new Engines(
            ModelCheck::check,
            new BeamStarter(new FlinkRunnerOptions(), WorkerEngines.provider()),
            () -> null); // The engines run elsewhere.
    Highbeam highbeam = new Highbeam(terminal, engines);
    if (isFlinkHere() && Cluster.isThisProcess()) {
      int code = highbeam.run(args);
      if (code != 0) {
        throw new IllegalStateException("highbeam ended with code " + code + "; see above");
      }
      return;
    }
    Runtime.getRuntime().addShutdownHook(new Thread(highbeam::stop, "highbeam-shutdown"));
    int code = highbeam.run(args);
    if (highbeam.isStopping()) {
      new CountDownLatch(1).await(); // To exit now could overtake the signal's own exit code.
    }
    System.exit(code);
  }

  /** Whether somebody has put Flink beside this jar, which is without it. */
  static boolean isFlinkHere() {
    try {
      Class.forName(FLINK, false, Main.class.getClassLoader());
      return true;
    } catch (ClassNotFoundException e) {
      return false;
    }
  }

  private static PrintWriter writer(FileDescriptor descriptor) {
    return new PrintWriter(
        new OutputStreamWriter(new FileOutputStream(descriptor), StandardCharsets.UTF_8));
  }
}

// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.engine;

import java.io.File;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The command that starts a class of ours in a JVM like this one. */
final class ChildCommand {

  /** Options of this JVM that two cannot have: debuggers, agents, ports and files. */
  private static final List<String> NOT_INHERITED =
      List.of(
          "-agentlib:",
          "-agentpath:",
          "-javaagent:",
          "-Xrun",
          "-Xdebug",
          "-Xlog",
          "-Dcom.sun.management.",
          "-XX:OnOutOfMemoryError",
          "-XX:StartFlightRecording");

  private ChildCommand() {}

  /** Same Java, same memory, same class path, and that class as the program. */
  static List<String> of(Class<?> main) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    for (String option : ManagementFactory.getRuntimeMXBean().getInputArguments()) {
      if (NOT_INHERITED.stream().noneMatch(option::startsWith)) {
        command.add(option);
      }
    }
    // Standard output is for messages; what the JVM itself says at a crash must not mix with them.
    command.add("-XX:+DisplayVMOutputToStderr");
    command.addAll(List.of("-cp", classPath(main), main.getName()));
    return command;
  }

  /** With the place of the class, which on a cluster may have come with the job. */
  private static String classPath(Class<?> main) {
    String ours = System.getProperty("java.class.path");
    CodeSource source = main.getProtectionDomain().getCodeSource();
    if (source == null) {
      return ours;
    }
    String place = path(source);
    boolean isThere = Arrays.asList(ours.split(File.pathSeparator)).contains(place);
    return isThere ? ours : place + File.pathSeparator + ours;
  }

  private static String path(CodeSource source) {
    try {
      URI place = source.getLocation().toURI();
      return Path.of(place).toString();
    } catch (URISyntaxException e) {
      throw new IllegalStateException("a class path with a place that is no URI", e);
    }
  }
}

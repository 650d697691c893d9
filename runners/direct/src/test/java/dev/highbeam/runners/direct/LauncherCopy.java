// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runners.direct;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;

/** The launcher's script in a folder of its own, with a java of the test's own. */
final class LauncherCopy {

  static final Path ROOT =
      Path.of(System.getProperty("highbeam.root", "../..")).toAbsolutePath().normalize();

  private final Path folder;

  LauncherCopy(Path folder) throws IOException {
    this.folder = folder;
    Files.copy(ROOT.resolve("highbeam"), folder.resolve("highbeam"));
    Files.setPosixFilePermissions(
        folder.resolve("highbeam"), PosixFilePermissions.fromString("rwxr-xr-x"));
    Path jar = folder.resolve("runners/direct/target/highbeam.jar");
    Files.createDirectories(jar.getParent());
    Files.createFile(jar);
  }

  /** A java that notes its call in a file and then runs the script. */
  void writeJava(String script) throws IOException {
    Path java = folder.resolve("jdk/bin/java");
    Files.createDirectories(java.getParent());
    Files.writeString(
        java,
        "#!/bin/sh\necho \"restarts=$HIGHBEAM_RESTARTS $*\" >> '"
            + calls()
            + "'\n"
            + script
            + "\n");
    Files.setPosixFilePermissions(java, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  /** A java that runs a program of the tests' class path in place of the jar. */
  void writeJava(Class<?> main, String before, String options) throws IOException {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    writeJava(
        String.join(
            "\n",
            "while [ \"$1\" != -jar ]; do shift; done; shift 2",
            before,
            "exec '" + java + "' -Xmx512m --add-modules jdk.incubator.vector " + options + " \\",
            "  -cp '" + System.getProperty("java.class.path") + "' " + main.getName() + " \"$@\""));
  }

  /** A line for each start of java. */
  Path calls() {
    return folder.resolve("calls");
  }

  ProcessBuilder builder(List<String> arguments) {
    List<String> command = new ArrayList<>(List.of("" + folder.resolve("highbeam")));
    command.addAll(arguments);
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("JAVA_HOME", folder.resolve("jdk").toString());
    builder.environment().remove("HIGHBEAM_JAVA_OPTS");
    // Of a launcher that runs these tests: they count for that one alone.
    builder.environment().put("HIGHBEAM_RESTARTS", "7");
    builder.environment().put("HIGHBEAM_ENDED", "7");
    return builder.redirectErrorStream(true).redirectOutput(folder.resolve("log").toFile());
  }

  int launch(List<String> arguments) throws IOException, InterruptedException {
    return builder(arguments).start().waitFor();
  }

  /** What the last launch said. */
  String log() throws IOException {
    return Files.readString(folder.resolve("log"));
  }
}

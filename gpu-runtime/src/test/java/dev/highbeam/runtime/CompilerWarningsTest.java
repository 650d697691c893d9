// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Stands in for -Werror, which this module cannot have: javac's note about the incubating Vector
 * API has no switch. All other modules are compiled with -Werror.
 */
final class CompilerWarningsTest {
  private static final String INCUBATOR_NOTE = "compiler.warn.incubating.modules";

  @Test
  void givenOurSources_compileWithAllLints_warnOfTheIncubatorOnly(@TempDir Path classes)
      throws IOException {
    List<Path> sources;
    try (Stream<Path> files = Files.walk(Path.of("src/main/java"))) {
      sources = files.filter(file -> file.toString().endsWith(".java")).toList();
    }
    assumeTrue(!sources.isEmpty(), "no sources yet");

    assertThat(compile(sources, classes)).isEmpty();
  }

  @Test
  void givenRawType_compileWithAllLints_isReported(@TempDir Path folder) throws IOException {
    Path source = folder.resolve("Planted.java");
    Files.writeString(source, "final class Planted { java.util.List raw; }");

    assertThat(compile(List.of(source), folder)).singleElement().asString().contains("[rawtypes]");
  }

  private static List<String> compile(List<Path> sources, Path classes) throws IOException {
    JavaCompiler javac = ToolProvider.getSystemJavaCompiler();
    assumeTrue(javac != null, "this JVM has no compiler");
    DiagnosticCollector<JavaFileObject> found = new DiagnosticCollector<>();
    List<String> options =
        List.of(
            "-Xlint:all,-processing,-classfile,-options",
            "-proc:none",
            "--add-modules",
            "jdk.incubator.vector",
            "-classpath",
            System.getProperty("java.class.path"),
            "-d",
            classes.toString());
    try (StandardJavaFileManager files =
        javac.getStandardFileManager(found, Locale.ROOT, StandardCharsets.UTF_8)) {
      javac
          .getTask(null, files, found, options, null, files.getJavaFileObjectsFromPaths(sources))
          .call();
    }
    return found.getDiagnostics().stream()
        .filter(warning -> warning.getKind() != Diagnostic.Kind.NOTE)
        .filter(warning -> !INCUBATOR_NOTE.equals(warning.getCode()))
        .map(warning -> warning.toString())
        .toList();
  }
}

// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.tidy;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The house rules about source files that no compiler knows: each takes a file's path and content
 * and returns its violations, one sentence each. Pure functions, so TidyRulesTest can show that a
 * planted fault is found; TidyTest applies them to the repository.
 */
final class TidyRules {
  private static final int MAX_JAVA_LINES = 400;

  private static final Pattern STAR_IMPORT =
      Pattern.compile("^import (static )?[\\w.]+\\.\\*;", Pattern.MULTILINE);
  // Spelled in two halves so that this file obeys its own rules.
  private static final Pattern FIX_ME = Pattern.compile("\\bFIX" + "ME\\b|\\bXX" + "X\\b");
  private static final Pattern TO_DO = Pattern.compile("\\bTO" + "DO\\b(?!\\(#\\d+\\)| #\\d+)");
  private static final Pattern BANNED_CLASS =
      Pattern.compile("(Abstract|Base)[A-Z]\\w*|\\w+(Utils?|Helpers?|Manager|Impl)");
  private static final Pattern HEADING = Pattern.compile("^# \\S", Pattern.MULTILINE);
  private static final Pattern CODE_BLOCK =
      Pattern.compile("^ *```.*?^ *```", Pattern.MULTILINE | Pattern.DOTALL);
  private static final Pattern QUOTED = Pattern.compile("`([^`\\s]+)`");
  private static final Pattern PATH = Pattern.compile("[a-z.][\\w.-]*(/[\\w.-]+)*/?");
  private static final Pattern FILE_ENDING =
      Pattern.compile("\\.(md|xml|java|sh|txt|json|jsonl|py|properties|avsc|config)$");
  private static final Pattern SYNCHRONIZED = Pattern.compile("\\bsynchronized\\b");
  private static final Pattern COMMENT = Pattern.compile("//[^\\n]*|/\\*.*?\\*/", Pattern.DOTALL);

  /** Whoever builds may use a mirror, so no file may insist on a host. */
  private static final List<String> REGISTRY_HOSTS =
      List.of(
          "repo." + "maven.apache.org",
          "repo1." + "maven.org",
          "central." + "sonatype.com",
          "oss." + "sonatype.org",
          "plugins." + "gradle.org",
          "registry." + "npmjs.org",
          "pypi." + "org",
          "files." + "pythonhosted.org",
          "crates." + "io",
          "proxy." + "golang.org",
          "publish." + "djl.ai");

  private TidyRules() {}

  static List<String> java(String path, String content) {
    List<String> faults = new ArrayList<>();
    long lines = content.lines().count();
    if (lines > MAX_JAVA_LINES) {
      faults.add(path + " has " + lines + " lines, more than " + MAX_JAVA_LINES);
    }
    if (!content.startsWith("// SPDX-License-Identifier: Apache-2.0\n")) {
      faults.add(path + " does not start with the SPDX line");
    }
    if (STAR_IMPORT.matcher(content).find()) {
      faults.add(path + " has a star import");
    }
    String name = path.replaceFirst(".*/", "").replaceFirst("\\.java$", "");
    if (path.contains("src/main/") && BANNED_CLASS.matcher(name).matches()) {
      faults.add(path + " has a name that says how it is built, not what it is");
    }
    if (path.startsWith("gpu-runtime/src/main/")
        && !path.contains("/runtime/engine/")
        && !path.contains("/runtime/backend/cpu/")
        && !path.contains("/runtime/backend/cuda/driver/")
        && SYNCHRONIZED.matcher(COMMENT.matcher(content).replaceAll("")).find()) {
      faults.add(path + " locks, which only engine, backend.cpu and backend.cuda.driver may do");
    }
    return faults;
  }

  static List<String> packageInfo(String folder, String contentOrNull) {
    if (contentOrNull == null) {
      return List.of(folder + " has no package-info.java");
    }
    List<String> faults = new ArrayList<>();
    if (!contentOrNull.contains("@NullMarked")) {
      faults.add(folder + "/package-info.java is not @NullMarked");
    }
    if (!contentOrNull.contains("/**")) {
      faults.add(folder + "/package-info.java does not say what the package is for");
    }
    return faults;
  }

  static List<String> code(String path, String content) {
    List<String> faults = new ArrayList<>();
    if (FIX_ME.matcher(content).find()) {
      faults.add(path + " says that something must be fixed: fix it, or describe it in an issue");
    }
    if (TO_DO.matcher(content).find()) {
      faults.add(path + " has an open task without an issue number");
    }
    return faults;
  }

  static List<String> hosts(String path, String content) {
    return REGISTRY_HOSTS.stream()
        .filter(content::contains)
        .map(host -> path + " names the package registry " + host)
        .toList();
  }

  static List<String> markdown(String path, String content) {
    long titles = HEADING.matcher(CODE_BLOCK.matcher(content).replaceAll("")).results().count();
    return titles == 1 ? List.of() : List.of(path + " has " + titles + " titles instead of one");
  }

  /** What looks like a path of the repository in backticks must be one. */
  static List<String> namedPaths(String path, String content, Predicate<String> exists) {
    List<String> faults = new ArrayList<>();
    Matcher quoted = QUOTED.matcher(CODE_BLOCK.matcher(content).replaceAll(""));
    while (quoted.find()) {
      String named = quoted.group(1).replaceFirst("^\\./", "");
      boolean isPath =
          PATH.matcher(named).matches()
              && named.contains("/")
              && !(named + "/").contains("target/")
              && (named.endsWith("/")
                  || FILE_ENDING.matcher(named).find()
                  || exists.test(named.replaceFirst("/.*", "")));
      if (isPath && !exists.test(named.replaceFirst("/$", ""))) {
        faults.add(path + " names " + named + ", which does not exist");
      }
    }
    return faults;
  }
}

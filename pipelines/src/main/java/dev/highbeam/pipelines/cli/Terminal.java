// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.pipelines.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;

/**
 * Where the program writes, and what the other side can show.
 *
 * @param out for what was asked for
 * @param err for everything else: messages, progress
 * @param isErrTerminal whether a person watches err
 * @param columns of the terminal
 * @param showsUnicode whether more than ASCII can be shown
 * @param isRestart whether the launcher starts the same command again after a lost device
 */
public record Terminal(
    PrintWriter out,
    PrintWriter err,
    boolean isErrTerminal,
    int columns,
    boolean showsUnicode,
    boolean isRestart) {

  private static final int DEFAULT_COLUMNS = 100;
  private static final int MIN_COLUMNS = 60;
  private static final int MAX_COLUMNS = 200;

  /** A terminal of a program that is started for the first time. */
  public Terminal(
      PrintWriter out, PrintWriter err, boolean isErrTerminal, int columns, boolean showsUnicode) {
    this(out, err, isErrTerminal, columns, showsUnicode, false);
  }

  /** The terminal of this process, for the given streams and environment. */
  public static Terminal of(PrintWriter out, PrintWriter err, Map<String, String> environment) {
    String locale =
        environment.getOrDefault(
            "LC_ALL", environment.getOrDefault("LC_CTYPE", environment.getOrDefault("LANG", "")));
    boolean isDumb = "dumb".equals(environment.get("TERM"));
    return new Terminal(
        out,
        err,
        !isDumb && watchedByPerson(),
        columns(environment.getOrDefault("COLUMNS", "")),
        locale.toUpperCase(Locale.ROOT).replace("-", "").contains("UTF8"),
        environment.containsKey("HIGHBEAM_RESTART"));
  }

  private static int columns(String text) {
    try {
      return Math.max(MIN_COLUMNS, Math.min(MAX_COLUMNS, Integer.parseInt(text)));
    } catch (NumberFormatException e) {
      return DEFAULT_COLUMNS;
    }
  }

  /**
   * On Linux the kernel says it of stderr itself. System.console() speaks of stdin and stdout, and
   * from Java 22 on of nothing; elsewhere a log then gets lines, which is never wrong.
   */
  @SuppressWarnings("SystemConsoleNull") // Asked only where null still has its meaning.
  private static boolean watchedByPerson() {
    Path link = Path.of("/proc/self/fd/2");
    try {
      String target = Files.readSymbolicLink(link).toString();
      return target.startsWith("/dev/pts/")
          || target.startsWith("/dev/tty")
          || target.equals("/dev/console");
    } catch (IOException | UnsupportedOperationException e) {
      return Runtime.version().feature() < 22 && System.console() != null;
    }
  }
}

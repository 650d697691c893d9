// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.engine;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An engine's counters in a file of its own, written over after every step. A job's record counts
 * what came out; these files also count what was computed in processes that were killed, because
 * what was written before the kill is the system's, not the process's. They are kept where the
 * property {@value #FOLDER} of the JVM names a folder, and nowhere otherwise.
 *
 * <p>One JSON object per file, padded with blanks. Nothing is synced: a crash of the machine may
 * lose the last seconds.
 */
final class CounterFile implements AutoCloseable {

  static final String FOLDER = "highbeam.counters.dir";

  private static final Logger LOG = LoggerFactory.getLogger(CounterFile.class);
  private static final AtomicInteger ENGINES = new AtomicInteger();
  private static final int LENGTH = 512;

  private final FileChannel channel;
  private @Nullable EngineStats written;

  private CounterFile(FileChannel channel) {
    this.channel = channel;
  }

  /** The file of the next engine of this process; null if none is asked for or can be made. */
  static @Nullable CounterFile open() {
    String folder = System.getProperty(FOLDER, "");
    return folder.isEmpty() ? null : open(Path.of(folder));
  }

  static @Nullable CounterFile open(Path folder) {
    String name =
        "engine-" + ProcessHandle.current().pid() + "-" + ENGINES.incrementAndGet() + ".json";
    try {
      Files.createDirectories(folder);
      return new CounterFile(
          FileChannel.open(
              folder.resolve(name),
              StandardOpenOption.CREATE,
              StandardOpenOption.TRUNCATE_EXISTING,
              StandardOpenOption.WRITE));
    } catch (IOException e) {
      LOG.warn("No counters are kept: {} cannot be written", folder, e);
      return null;
    }
  }

  /** Writes the counters if they have changed; a disk that fails never fails the engine. */
  void write(EngineStats stats) {
    if (stats.equals(written)) {
      return;
    }
    written = stats;
    try {
      channel.write(ByteBuffer.wrap(text(stats).getBytes(StandardCharsets.US_ASCII)), 0);
    } catch (IOException e) {
      LOG.debug("counters not written", e);
    }
  }

  private static String text(EngineStats stats) {
    String json =
        String.format(
            Locale.ROOT,
            "{\"steps\":%d,\"prompt_tokens\":%d,\"cached_tokens\":%d,\"output_tokens\":%d,"
                + "\"requests\":%d,\"preemptions\":%d,\"sequence_steps\":%d,\"input_steps\":%d,"
                + "\"input_sequence_steps\":%d,\"step_nanos\":%d}",
            stats.steps(),
            stats.promptTokens(),
            stats.cachedTokens(),
            stats.outputTokens(),
            stats.finishedRequests(),
            stats.preemptions(),
            stats.sequenceSteps(),
            stats.inputSteps(),
            stats.inputSequenceSteps(),
            stats.stepNanos());
    return json + " ".repeat(Math.max(0, LENGTH - json.length())) + "\n";
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      LOG.debug("counters not closed", e);
    }
  }
}

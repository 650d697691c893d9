// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.pipelines;

import dev.highbeam.runtime.api.EngineConfig;
import dev.highbeam.runtime.api.EngineException;
import dev.highbeam.runtime.api.FinishReason;
import dev.highbeam.runtime.api.Outcome;
import dev.highbeam.runtime.api.RejectionCode;
import dev.highbeam.runtime.api.Request;
import dev.highbeam.runtime.api.Sample;
import dev.highbeam.runtime.api.TokenIds;
import dev.highbeam.runtime.engine.DegenerateCounts;
import dev.highbeam.runtime.engine.EngineClient;
import dev.highbeam.runtime.engine.EngineInfo;
import dev.highbeam.runtime.engine.EngineLease;
import dev.highbeam.runtime.engine.EngineStats;
import dev.highbeam.runtime.tokenizer.StreamDecoder;
import dev.highbeam.runtime.tokenizer.Tokenizer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * An engine without a model or a thread: each sample is the prompt again, cut at max_tokens, one
 * token per ASCII character; there is room for 64. With 1000 threads it cannot be started.
 */
final class EchoEngine {

  static final EngineInfo INFO =
      new EngineInfo("echo", "f00d", "echo-1", "none", "float32", 64, 8, 128, 16, 32, "none");

  private static final AtomicLong TICKETS = new AtomicLong();

  private EchoEngine() {}

  static EngineLease acquire(EngineConfig config) {
    if (config.cpuThreads() == 1000) {
      throw EngineException.configuration("the echo has no room for its cache");
    }
    return new Lease();
  }

  private record Lease() implements EngineLease {

    @Override
    public EngineClient connect() {
      return new Client();
    }

    @Override
    public EngineInfo info() {
      return INFO;
    }

    @Override
    public Tokenizer tokenizer() {
      return new AsciiTokenizer();
    }

    @Override
    public EngineStats stats() {
      return new EngineStats(
          0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 32, 0, 0, DegenerateCounts.NONE);
    }

    @Override
    public void close() {}
  }

  private static final class Client implements EngineClient {

    private final LinkedBlockingQueue<Outcome> finished = new LinkedBlockingQueue<>();

    @Override
    public long submit(Request request) {
      long ticket = TICKETS.incrementAndGet();
      int[] prompt = request.promptTokenIds();
      if (prompt.length >= 64) {
        finished.add(
            new Outcome.Rejection(ticket, RejectionCode.TOO_LONG, "no room for one token"));
        return ticket;
      }
      int limit = Math.min(64 - prompt.length, request.sampling().maxTokens().orElse(64));
      int count = Math.min(prompt.length, limit);
      FinishReason reason = count < prompt.length ? FinishReason.LENGTH : FinishReason.STOP;
      List<Sample> samples = new ArrayList<>();
      for (int i = 0; i < request.sampling().n(); i++) {
        samples.add(
            new Sample(
                i, TokenIds.copyOf(prompt, count), reason, null, count, -1, -1.5, null, false, 0));
      }
      finished.add(new Outcome.Completion(ticket, samples, null, INFO.numericsId()));
      return ticket;
    }

    @Override
    public @Nullable Outcome poll(Duration timeout) throws InterruptedException {
      return finished.poll(timeout.toNanos(), TimeUnit.NANOSECONDS);
    }

    @Override
    public void cancel(long ticket) {}

    @Override
    public void close() {}
  }

  private record AsciiTokenizer() implements Tokenizer {

    @Override
    public int[] encode(String text, Specials specials) {
      return text.chars().map(c -> c & 127).toArray();
    }

    @Override
    public String decode(int[] tokenIds, SpecialText specials) {
      byte[] bytes = new byte[tokenIds.length];
      for (int i = 0; i < bytes.length; i++) {
        bytes[i] = (byte) tokenIds[i];
      }
      return new String(bytes, StandardCharsets.US_ASCII);
    }

    @Override
    public StreamDecoder streamDecoder(SpecialText specials) {
      return new StreamDecoder() {
        @Override
        public void append(int tokenId, StringBuilder text) {
          text.append((char) tokenId);
        }

        @Override
        public void flush(StringBuilder text) {}
      };
    }

    @Override
    public String pieceText(int tokenId) {
      return String.valueOf((char) tokenId);
    }

    @Override
    public int vocabularySize() {
      return 128;
    }

    @Override
    public boolean isSpecial(int tokenId) {
      return false;
    }

    @Override
    public OptionalInt idOf(String piece) {
      return piece.length() == 1 ? OptionalInt.of(piece.charAt(0)) : OptionalInt.empty();
    }
  }
}

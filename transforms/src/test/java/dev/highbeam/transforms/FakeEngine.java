// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms;

import dev.highbeam.runtime.api.EngineConfig;
import dev.highbeam.runtime.api.EngineException;
import dev.highbeam.runtime.api.EngineSetting;
import dev.highbeam.runtime.api.FinishReason;
import dev.highbeam.runtime.api.Outcome;
import dev.highbeam.runtime.api.RejectionCode;
import dev.highbeam.runtime.api.Request;
import dev.highbeam.runtime.api.Sample;
import dev.highbeam.runtime.api.SamplingParams;
import dev.highbeam.runtime.api.Settings;
import dev.highbeam.runtime.api.TokenIds;
import dev.highbeam.runtime.api.TokenLogprobs;
import dev.highbeam.runtime.engine.EngineClient;
import dev.highbeam.runtime.engine.EngineInfo;
import dev.highbeam.runtime.engine.EngineLease;
import dev.highbeam.runtime.engine.EngineProvider;
import dev.highbeam.runtime.engine.EngineStats;
import dev.highbeam.runtime.tokenizer.Tokenizer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * An engine without a model: says the prompt backwards, then a sign made of seed and sample index.
 * One thread steps up to maxSequences requests, a token a step, so that short requests overtake
 * long ones. Can die after a number of outcomes, or never answer. One engine per name and process.
 */
public record FakeEngine(String name, int maxSequences, int maxModelLength, int diesAfter)
    implements EngineProvider {

  /** Prompts with this text are never answered. */
  public static final String STUCK = "[stuck]";

  /** Prompts with this text are answered by a device with other numerics. */
  public static final String ELSEWHERE = "[elsewhere]";

  /** Answers with this text count as loops; equal to itself backwards. */
  public static final String LOOP = "noon";

  private static final Map<String, Running> RUNNING = new ConcurrentHashMap<>();

  public static FakeEngine named(String name) {
    return new FakeEngine(name, 16, 4096, Integer.MAX_VALUE);
  }

  public static EngineConfig config() {
    return EngineConfig.of(
        Settings.none(EngineSetting.class).with(EngineSetting.MODEL, "/models/fake"));
  }

  /** What the engine of that name has seen, also after its end. */
  public static Running running(String name) {
    return RUNNING.get(name);
  }

  @Override
  public EngineLease acquire(EngineConfig config) {
    Running engine = RUNNING.computeIfAbsent(name, n -> new Running(this));
    engine.leases.incrementAndGet();
    return new Lease(engine);
  }

  /** The text that a request is answered with, if nothing cuts it. */
  public static String answer(String prompt, long seed, int sampleIndex) {
    String backwards = new StringBuilder(prompt).reverse().toString();
    return backwards + "#" + Math.floorMod(seed, 1000) + "." + sampleIndex;
  }

  /** The one thread and what it works on. */
  public static final class Running {

    public final AtomicInteger leases = new AtomicInteger();
    public final AtomicInteger connections = new AtomicInteger();
    public final AtomicInteger submitted = new AtomicInteger();
    public final AtomicInteger cancelled = new AtomicInteger();
    public final Set<Client> openClients = ConcurrentHashMap.newKeySet();
    public final AtomicInteger mostRunning = new AtomicInteger();

    private final FakeEngine engine;
    private final AtomicLong tickets = new AtomicLong();
    private final LinkedBlockingQueue<Job> incoming = new LinkedBlockingQueue<>();
    private volatile boolean dead;

    Running(FakeEngine engine) {
      this.engine = engine;
      Thread thread = new Thread(null, this::loop, "fake-engine-" + engine.name);
      thread.setDaemon(true);
      thread.start();
    }

    private void loop() {
      List<Job> running = new ArrayList<>();
      int outcomes = 0;
      try {
        while (!dead) {
          if (running.isEmpty()) {
            running.add(incoming.take());
          }
          while (running.size() < engine.maxSequences && !incoming.isEmpty()) {
            running.add(incoming.take());
          }
          mostRunning.accumulateAndGet(running.size(), Math::max);
          for (Iterator<Job> i = running.iterator(); i.hasNext(); ) {
            Job job = i.next();
            if (job.client.closed.get()) {
              cancelled.incrementAndGet();
              i.remove();
            } else if (--job.stepsLeft <= 0) {
              job.client.finished.add(job.outcome);
              i.remove();
              if (++outcomes >= engine.diesAfter) {
                dead = true;
              }
            }
          }
        }
      } catch (InterruptedException e) {
        dead = true;
      }
    }
  }

  private static final class Job {
    private final Client client;
    private final Outcome outcome;
    private int stepsLeft;

    Job(Client client, Outcome outcome, int steps) {
      this.client = client;
      this.outcome = outcome;
      this.stepsLeft = steps;
    }
  }

  private record Lease(Running engine) implements EngineLease {

    @Override
    public EngineClient connect() {
      engine.connections.incrementAndGet();
      return new Client(engine);
    }

    @Override
    public EngineInfo info() {
      FakeEngine fake = engine.engine;
      return new EngineInfo(
          "fake",
          "f".repeat(64),
          "fake-1+fake-2",
          "none",
          "float32",
          fake.maxModelLength,
          fake.maxSequences,
          258,
          16,
          100,
          "none");
    }

    @Override
    public Tokenizer tokenizer() {
      return new ByteTokenizer();
    }

    @Override
    public EngineStats stats() {
      throw new UnsupportedOperationException("no statistics");
    }

    @Override
    public void close() {
      engine.leases.decrementAndGet();
    }
  }

  /** One caller's end of the engine. */
  public static final class Client implements EngineClient {

    private final Running engine;
    private final LinkedBlockingQueue<Outcome> finished = new LinkedBlockingQueue<>();
    private final AtomicBoolean closed = new AtomicBoolean();

    Client(Running engine) {
      this.engine = engine;
      engine.openClients.add(this);
    }

    @Override
    public long submit(Request request) {
      if (engine.dead) {
        throw EngineException.fatal("the fake engine is dead", null);
      }
      engine.submitted.incrementAndGet();
      long ticket = engine.tickets.incrementAndGet();
      String prompt =
          new ByteTokenizer().decode(request.promptTokenIds(), Tokenizer.SpecialText.SKIP);
      Outcome outcome = outcome(ticket, request, prompt);
      int steps = prompt.contains(STUCK) ? Integer.MAX_VALUE : 1 + prompt.length() % 17;
      engine.incoming.add(new Job(this, outcome, steps));
      return ticket;
    }

    private Outcome outcome(long ticket, Request request, String prompt) {
      int room = engine.engine.maxModelLength - request.promptTokenCount();
      if (room < 1) {
        return new Outcome.Rejection(ticket, RejectionCode.TOO_LONG, "no room for one token");
      }
      List<Sample> samples = new ArrayList<>();
      SamplingParams sampling = request.sampling();
      for (int i = 0; i < sampling.n(); i++) {
        samples.add(sample(answer(prompt, request.seed(), i), i, room, sampling));
      }
      boolean withPrompt = sampling.promptLogprobs().isPresent();
      return new Outcome.Completion(
          ticket,
          samples,
          withPrompt ? logprobs(request.promptTokenCount()) : null,
          prompt.contains(ELSEWHERE) ? "fake-2" : "fake-1");
    }

    private static Sample sample(String text, int index, int room, SamplingParams sampling) {
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      int limit = Math.min(room, sampling.maxTokens().orElse(Integer.MAX_VALUE));
      for (String stop : sampling.stop()) {
        int at = text.indexOf(stop);
        if (at >= 0) {
          int end = at + stop.length();
          int kept = sampling.includeStopStringInOutput() ? end : at;
          return sample(index, bytes, end, FinishReason.STOP, kept, sampling);
        }
      }
      return bytes.length + 1 <= limit
          ? sample(index, bytes, bytes.length + 1, FinishReason.STOP, -1, sampling)
          : sample(index, bytes, limit, FinishReason.LENGTH, -1, sampling);
    }

    private static Sample sample(
        int index, byte[] bytes, int count, FinishReason reason, int end, SamplingParams params) {
      int[] ids = new int[count];
      for (int i = 0; i < count; i++) {
        ids[i] = i < bytes.length ? bytes[i] & 0xff : ByteTokenizer.END;
      }
      TokenLogprobs logprobs = params.logprobs().isPresent() ? logprobs(count) : null;
      int texts = count > bytes.length ? count - 1 : count;
      return new Sample(
          index,
          TokenIds.of(ids),
          reason,
          null,
          texts,
          end,
          -0.5 * count,
          logprobs,
          /* isRepeating= */ new String(bytes, StandardCharsets.UTF_8).contains(LOOP),
          0);
    }

    private static TokenLogprobs logprobs(int count) {
      float[] own = new float[count];
      Arrays.fill(own, -0.5f);
      int[][] ids = new int[count][];
      float[][] values = new float[count][];
      for (int i = 0; i < count; i++) {
        ids[i] = new int[] {'a', 'b'};
        values[i] = new float[] {-0.5f, -1.5f};
      }
      own[0] = Float.NaN;
      return new TokenLogprobs(own, ids, values);
    }

    @Override
    public Outcome poll(Duration timeout) throws InterruptedException {
      Outcome outcome = finished.poll(timeout.toNanos(), TimeUnit.NANOSECONDS);
      if (outcome == null && engine.dead) {
        throw EngineException.fatal("the fake engine is dead", null);
      }
      return outcome;
    }

    @Override
    public void cancel(long ticket) {
      throw new UnsupportedOperationException("nobody cancels one request yet");
    }

    @Override
    public void close() {
      closed.set(true);
      engine.openClients.remove(this);
    }
  }
}

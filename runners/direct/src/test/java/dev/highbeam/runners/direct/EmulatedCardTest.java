// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runners.direct;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The program from its command line to Parquet on emulated devices: the tokens of the {@code
 * reference} backend, up to close calls.
 */
@Timeout(value = 10, unit = TimeUnit.MINUTES)
final class EmulatedCardTest {

  private static final Path ROOT =
      Path.of(System.getProperty("highbeam.root", "../..")).toAbsolutePath().normalize();

  /** Rounding of f32 sums in another order. */
  private static final double FLOAT32 = 1e-3;

  /** Rounding of activations to 8 bits of mantissa in every layer. */
  private static final double BFLOAT16 = 0.15;

  @TempDir static Path shared;
  @TempDir Path folder;

  /** A model with records for it. */
  private enum Model {
    STORIES {
      @Override
      List<String> arguments(Path folder) throws IOException {
        Path input = folder.resolve("stories.jsonl");
        Files.write(
            input,
            IntStream.range(0, 24)
                .mapToObj(i -> "{\"prompt\": \"Once there was a " + "little ".repeat(i) + "dog\"}")
                .toList());
        return List.of("--model=" + stories(), "--input=" + input, "--maxTokens=40");
      }
    },
    DEMO {
      @Override
      List<String> arguments(Path folder) throws IOException {
        Path demo = ROOT.resolve("examples/demo");
        Path input = folder.resolve("messages.jsonl");
        try (Stream<String> lines = Files.lines(demo.resolve("messages.jsonl"))) {
          Files.write(input, lines.limit(16).toList());
        }
        return List.of(
            "--config=" + demo.resolve("job.yaml"),
            "--model=" + demo.resolve("model"),
            "--input=" + input,
            "--maxTokens=24");
      }
    };

    abstract List<String> arguments(Path folder) throws IOException;
  }

  /** The reference's output, made once per model. */
  private static final Map<Model, Path> EXPECTED = new EnumMap<>(Model.class);

  private static Path expected(Model model) throws Exception {
    Path output = EXPECTED.get(model);
    if (output == null) {
      output = shared.resolve(model + "-reference");
      ChildProgram.End end =
          new ChildProgram(
                  Main.class,
                  shared.resolve("log"),
                  arguments(model, output, "--device=reference", "--maxNumSeqs=8"))
              .run();
      assertThat(end.code()).as(end.text()).isZero();
      EXPECTED.put(model, output);
    }
    return output;
  }

  private static List<String> arguments(Model model, Path output, String... more)
      throws IOException {
    List<String> arguments = new ArrayList<>(List.of("generate"));
    arguments.addAll(model.arguments(shared));
    arguments.addAll(List.of("--output=" + output, "--temperature=0", "--ignoreEos"));
    arguments.addAll(List.of("--outputTokenIds", "--logprobs=20", "--progress=none"));
    arguments.addAll(List.of(more));
    return arguments;
  }

  /**
   * Runs a job on emulated devices, compares its tokens, and returns the devices it computed on.
   */
  private Set<Integer> check(Model model, String devices, double tolerance, String... more)
      throws Exception {
    Path expected = expected(model);
    Path calls = folder.resolve("calls");
    Path output = folder.resolve("out");
    ChildProgram.End end =
        new ChildProgram(Main.class, folder.resolve("log"), arguments(model, output, more))
            .withDevices(devices)
            .with(Map.of("EMU_LOG", calls.toString()))
            .run();
    assertThat(end.code()).as(end.text()).isZero();
    CloseCalls.Compared compared = CloseCalls.compare(expected, output, tolerance);
    assertThat(compared.rows()).isEqualTo(model == Model.STORIES ? 24 : 16);
    assertThat(compared.equalRows()).as("%s", compared).isGreaterThan(compared.rows() / 2);
    return devicesOf(calls);
  }

  private static Set<Integer> devicesOf(Path calls) throws IOException {
    Pattern launch = Pattern.compile("\"call\":\"cu(?:Graph)?Launch(?:Kernel)?\",.*\"dev\":(\\d+)");
    Set<Integer> devices = new TreeSet<>();
    try (Stream<String> lines = Files.lines(calls)) {
      lines
          .map(launch::matcher)
          .filter(Matcher::find)
          .forEach(found -> devices.add(Integer.valueOf(found.group(1))));
    }
    return devices;
  }

  @Test
  void S3_2_givenFloat32AndManyThreads_tokensAreTheReferencesFromOneContext() throws Exception {
    String[] options = {"--device=cuda", "--dtype=float32", "--targetParallelism=16"};
    assertThat(check(Model.STORIES, "80:24G", FLOAT32, options)).containsExactly(0);
    List<String> calls = Files.readAllLines(folder.resolve("calls"));
    assertThat(calls).filteredOn(call -> call.contains("\"call\":\"cuCtxCreate")).hasSize(1);
    assertThat(calls)
        .filteredOn(call -> call.contains("\"call\":\"cuCtxDestroy"))
        .hasSizeLessThanOrEqualTo(1);
  }

  @Test
  void givenTheDefaults_autoTakesTheCardAndSaysSo() throws Exception {
    assertThat(check(Model.STORIES, "90:24G", BFLOAT16)).containsExactly(0);
    assertThat(folder.resolve("log"))
        .content()
        .contains("device=auto takes cuda:0 (Emulated sm_90): compute capability 9.0");
  }

  @Test
  void givenTheSecondDeviceNamed_onlyThatOneComputes() throws Exception {
    assertThat(check(Model.STORIES, "80:24G,80:24G", BFLOAT16, "--device=cuda:1"))
        .containsExactly(1);
  }

  @Test
  void givenTheDemoModel_tokensAreTheReferences() throws Exception {
    assertThat(check(Model.DEMO, "80:24G", BFLOAT16, "--device=cuda:0")).containsExactly(0);
  }

  @Test
  void S1_1_givenAnOldDeviceBesideANewOne_onlyTheNewOneIsUsed() throws Exception {
    assertThat(check(Model.DEMO, "70:16G,80:24G", BFLOAT16, "--device=cuda")).containsExactly(1);

    ChildProgram.End end =
        new ChildProgram(
                Main.class,
                folder.resolve("log"),
                arguments(Model.DEMO, folder.resolve("refused"), "--device=cuda:0"))
            .withDevices("70:16G,80:24G")
            .run();
    assertThat(end.code()).as(end.text()).isEqualTo(2);
    assertThat(end.text())
        .contains("compute capability 7.0")
        .contains("requires compute capability 7.5");
  }

  @Test
  void givenTwoDevicesOfDifferentCapability_bothCompute() throws Exception {
    assertThat(
            check(
                Model.DEMO,
                "75:16G,80:24G",
                BFLOAT16,
                "--device=cuda",
                "--maxNumSeqs=4",
                "--allowMixedNumerics"))
        .containsExactly(0, 1);
  }

  private static Path stories() {
    for (Path at = ROOT; at != null; at = at.getParent()) {
      Path model = at.resolve("shared/data/stories260k/hf");
      if (Files.isDirectory(model)) {
        return model;
      }
    }
    assumeTrue(false, "there is no shared/data/stories260k/hf above the working folder");
    throw new IllegalStateException("assumptions throw");
  }
}

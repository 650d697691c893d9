// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.pipelines.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.highbeam.pipelines.job.JobCounts;
import dev.highbeam.pipelines.job.JobRun;
import dev.highbeam.pipelines.options.JobSetting;
import dev.highbeam.pipelines.options.JobSettings;
import dev.highbeam.pipelines.options.SettingCatalog;
import dev.highbeam.pipelines.options.SettingSamples;
import dev.highbeam.runtime.api.EngineSetting;
import dev.highbeam.runtime.api.Finding;
import dev.highbeam.runtime.api.SamplingSetting;
import dev.highbeam.runtime.api.Setting;
import dev.highbeam.runtime.api.Settings;
import dev.highbeam.runtime.engine.ModelSummary;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class HighbeamTest {

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private Map<String, String> environment = Map.of();
  private final AtomicReference<JobSettings> seen = new AtomicReference<>();

  @TempDir Path folder;

  /** A run that has been done before it starts. */
  private record DoneRun() implements JobRun {
    @Override
    public boolean await(Duration timeout) {
      return true;
    }

    @Override
    public JobCounts counts() {
      return new JobCounts(3, 3, 3, 9, 9, Map.of());
    }

    @Override
    public @Nullable Throwable failure() {
      return null;
    }

    @Override
    public void cancel() {}
  }

  private int run(String... args) throws InterruptedException {
    Terminal terminal = new Terminal(new PrintWriter(out), new PrintWriter(err), false, 80, false);
    Engines engines =
        new Engines(
            config ->
                new ModelSummary(
                    "tiny",
                    "Llama",
                    2,
                    8,
                    100,
                    64,
                    1 << 20,
                    64,
                    Settings.none(SamplingSetting.class)),
            settings -> {
              seen.set(settings);
              return output -> new DoneRun();
            },
            () -> null,
            settings ->
                List.of(
                    new Finding(true, "GPU", "jit is " + settings.get(EngineSetting.JIT)),
                    new Finding(false, "GPU", "cuda:1 is broken")));
    return new Highbeam(terminal, engines, environment).run(args);
  }

  private String[] generate(String... more) throws IOException {
    Path input = folder.resolve("in.jsonl");
    Files.writeString(input, "{}\n");
    List<String> args =
        new java.util.ArrayList<>(
            List.of(
                "generate", "--model=m", "--input=" + input, "--output=" + folder.resolve("o")));
    args.addAll(List.of(more));
    return args.toArray(String[]::new);
  }

  @Test
  void givenEverySettingAsOption_reachesTheJob() throws Exception {
    for (Setting setting : SettingCatalog.all()) {
      String text = SettingSamples.text(setting);
      var parsed =
          Highbeam.commandLine().parseArgs("generate", "--" + setting.optionName() + "=" + text);
      assertThat(CommandArguments.settings(parsed.subcommand()).explicit())
          .as(setting.optionName())
          .isEqualTo(Map.of(setting.settingName(), SettingSamples.value(setting)));
    }
  }

  @Test
  void givenOptionAndConfigFile_optionWins_thenFile_thenDefault() throws Exception {
    Path config = folder.resolve("job.yaml");
    Files.writeString(config, "temperature: 0.5\nmax_tokens: 7\nignore_eos: true\n");
    int code =
        run(generate("--config=" + config, "--temperature=0", "--ignoreEos=false", "--seed=0"));
    assertThat(code).as(err.toString()).isZero();
    Settings<SamplingSetting> sampling = seen.get().sampling();
    assertThat(sampling.require(SamplingSetting.TEMPERATURE)).isEqualTo(0f);
    assertThat(sampling.require(SamplingSetting.MAX_TOKENS)).isEqualTo(7);
    assertThat(sampling.require(SamplingSetting.IGNORE_EOS)).isEqualTo(false);
    assertThat(sampling.require(SamplingSetting.TOP_P)).isEqualTo(1f);
    assertThat(sampling.isSet(SamplingSetting.SEED)).isFalse();
  }

  @Test
  void givenSwitchWithoutValueRepeatedStopAndSpace_areUnderstood() throws Exception {
    int code = run(generate("--ignoreEos", "--stop=a", "--stop=b", "--maxTokens", "5"));
    assertThat(code).as(err.toString()).isZero();
    assertThat(seen.get().sampling().explicit())
        .isEqualTo(
            Map.of(
                SamplingSetting.IGNORE_EOS,
                true,
                SamplingSetting.STOP,
                List.of("a", "b"),
                SamplingSetting.MAX_TOKENS,
                5));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "generat|unknown command 'generat', did you mean 'generate'?; the commands are demo,"
            + " generate, doctor",
        "generate --maxTokns=5|unknown option of generate '--maxTokns', did you mean"
            + " '--maxTokens'?",
        "generate --max-tokens=5|unknown option of generate '--max-tokens', did you mean"
            + " '--maxTokens'?",
        "generate --zebra|unknown option of generate '--zebra'",
        "generate in.jsonl|unexpected 'in.jsonl'; options are written --name=value",
        "generate --maxTokens=0|--maxTokens: max_tokens must be a whole number from 1 to"
            + " 2147483647, was '0'",
        "generate --maxTokens=1 --maxTokens=2|--maxTokens is given more than once: '1' and '2'",
        "generate --config=no.yaml|--config: there is no file no.yaml",
        "generate|--model is missing: name the folder of a model with config.json, tokenizer.json"
            + " and safetensors weights",
        "generate --model=m --input=no.jsonl --output=o|--input: there is no file or folder"
            + " no.jsonl",
        "doctor --input=x|unknown option of doctor '--input'"
      })
  void givenMistake_isOneSentenceAndExitCodeTwo(String line, String sentence) throws Exception {
    assertThat(run(line.split(" "))).isEqualTo(2);
    assertThat(err.toString()).isEqualTo("highbeam: " + sentence + System.lineSeparator());
    assertThat(seen.get()).isNull();
  }

  @Test
  void givenNoCommandHelpOrVersion_printsToStdout() throws Exception {
    assertThat(run()).isZero();
    assertThat(out.toString()).contains("demo", "generate", "doctor");
    out.getBuffer().setLength(0);
    assertThat(run("--version")).isZero();
    assertThat(out.toString()).startsWith("highbeam ");
    assertThat(err.toString()).isEmpty();
  }

  @Test
  void givenHelpOfGenerate_listsEverySettingUnderItsGroup() throws Exception {
    assertThat(run("generate", "--help")).isZero();
    String help = out.toString();
    for (Setting setting : SettingCatalog.all()) {
      assertThat(help).containsPattern("--" + setting.optionName() + "(=|\\[=)");
    }
    assertThat(help.replaceAll("\\s+", " "))
        .contains(SamplingSetting.TOP_P.description())
        .contains("Default: 256.");
    assertThat(help.indexOf("Input:")).isLessThan(help.indexOf("--model="));
    assertThat(help.indexOf("Engine:")).isLessThan(help.indexOf("--maxNumSeqs"));
    assertThat(help.indexOf("--maxNumSeqs")).isLessThan(help.indexOf("Output:"));
  }

  @Test
  void givenDoctor_saysWhatIsThereAndWhatToDo() throws Exception {
    assertThat(run("doctor", "--model=m")).isZero();
    CarriedKernels kernels = CarriedKernels.ofThisBuild();
    assertThat(out.toString())
        .contains("ok  Java ", Runtime.version().toString())
        .contains(kernels.isEmpty() ? "this build carries no CUDA kernels" : kernels.describe())
        .contains("tiny, Llama, 2 layers of width 8, 100 tokens in the vocabulary, context 64")
        .contains("1.0 MiB of weights");
  }

  @Test
  void givenDoctorWithWishes_findingsOfDevicesAreLines() throws Exception {
    assertThat(run("doctor", "--jit=false")).as(err.toString()).isZero();
    assertThat(out.toString().lines())
        .contains("ok  GPU               jit is false", "--  GPU               cuda:1 is broken");
  }

  @Test
  void givenStartAfterALostDevice_cudaIsSynchronousUnlessTheUserSaidOtherwise() throws Exception {
    assertThat(run(generate("--mode=fresh", "--device=cuda"))).isZero();
    assertThat(seen.get().text(JobSetting.MODE)).isEqualTo("fresh");
    assertThat(seen.get().engine().isSet(EngineSetting.CUDA_SYNC)).isFalse();

    environment = Map.of("HIGHBEAM_RESTARTS", "1");
    assertThat(run(generate("--mode=fresh", "--device=cuda"))).isZero();
    assertThat(seen.get().engine().require(EngineSetting.CUDA_SYNC)).isEqualTo(true);
    assertThat(err.toString()).contains("highbeam: a device was lost, so this start has cuda_sync");

    assertThat(run(generate("--mode=fresh", "--device=cuda", "--cudaSync=false"))).isZero();
    assertThat(seen.get().engine().require(EngineSetting.CUDA_SYNC)).isEqualTo(false);
    assertThat(run(generate("--mode=fresh", "--device=cpu"))).isZero();
    assertThat(seen.get().engine().isSet(EngineSetting.CUDA_SYNC)).isFalse();
    assertThat(seen.get().text(JobSetting.MODE)).as("what is durable is kept").isEqualTo("resume");
  }
}

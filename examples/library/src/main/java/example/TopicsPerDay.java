// SPDX-License-Identifier: Apache-2.0
package example;

import dev.highbeam.runtime.api.SamplingSetting;
import dev.highbeam.runtime.api.Settings;
import dev.highbeam.transforms.Generate;
import dev.highbeam.transforms.InferenceRequest;
import org.apache.avro.generic.GenericRecord;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.io.TextIO;
import org.apache.beam.sdk.options.Default;
import org.apache.beam.sdk.options.Description;
import org.apache.beam.sdk.options.PipelineOptions;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.apache.beam.sdk.options.Validation;
import org.apache.beam.sdk.transforms.Count;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.MapElements;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.WithTimestamps;
import org.apache.beam.sdk.transforms.windowing.BoundedWindow;
import org.apache.beam.sdk.transforms.windowing.FixedWindows;
import org.apache.beam.sdk.transforms.windowing.Window;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.TypeDescriptor;
import org.apache.beam.sdk.values.TypeDescriptors;
import org.joda.time.Duration;
import org.joda.time.Instant;

/**
 * Counts the topics of customer messages per day: a language model inside a pipeline of one's own.
 * A message keeps its time and its window on its way through the model.
 */
public final class TopicsPerDay {

  /** What the command line says. */
  public interface Options extends PipelineOptions {

    @Description("Folder of the model")
    @Default.String("../demo/model")
    String getModel();

    void setModel(String folder);

    @Description("File of messages: a time in ISO 8601, a tab, the text")
    @Default.String("messages.tsv")
    String getMessages();

    void setMessages(String file);

    @Description("Where the counts go, one file per day")
    @Validation.Required
    String getOutput();

    void setOutput(String prefix);
  }

  private TopicsPerDay() {}

  public static void main(String[] args) {
    Options options = PipelineOptionsFactory.fromArgs(args).withValidation().as(Options.class);
    Pipeline pipeline = Pipeline.create(options);
    pipeline
        .apply(TextIO.read().from(options.getMessages()))
        .apply(new Topics(options.getModel()))
        .apply(Count.perElement())
        .apply(ParDo.of(new DayLineFn()))
        .apply(TextIO.write().to(options.getOutput()).withWindowedWrites().withNumShards(1));
    pipeline.run().waitUntilFinish();
  }

  /** The topic of every line, in windows of a day. */
  static final class Topics extends PTransform<PCollection<String>, PCollection<String>> {

    private static final long serialVersionUID = 1L;

    private final String model;

    Topics(String model) {
      this.model = model;
    }

    @Override
    public PCollection<String> expand(PCollection<String> lines) {
      Generate.Result generated =
          lines
              .apply("Time", WithTimestamps.of(line -> Instant.parse(part(line, 0))))
              .apply("Days", Window.into(FixedWindows.of(Duration.standardDays(1))))
              .apply(
                  "Prompt",
                  MapElements.into(TypeDescriptor.of(InferenceRequest.class))
                      .via(line -> request(part(line, 1))))
              .apply("Generate", Generate.of(model));
      // A line that the model cannot serve is an element of getFailures(), and stops nobody else.
      return generated
          .getResults()
          .apply("Topic", MapElements.into(TypeDescriptors.strings()).via(Topics::topic));
    }

    private static InferenceRequest request(String message) {
      return InferenceRequest.of(message, "Message: " + message + "\nTopic:")
          .withSampling(
              Settings.none(SamplingSetting.class)
                  .with(SamplingSetting.TEMPERATURE, 0.0)
                  .with(SamplingSetting.MAX_TOKENS, 8)
                  .with(SamplingSetting.STOP, "\n"));
    }

    private static String topic(GenericRecord result) {
      return result.get("generated_text").toString().strip();
    }

    private static String part(String line, int index) {
      return line.split("\t", 2)[index];
    }
  }

  /** One line of the report: how often a topic came. */
  private static final class DayLineFn extends DoFn<KV<String, Long>, String> {

    private static final long serialVersionUID = 1L;

    @ProcessElement
    public void line(
        @Element KV<String, Long> count,
        BoundedWindow day,
        OutputReceiver<String> output) {
      output.output(
          day.maxTimestamp().toString().substring(0, 10)
              + "\t"
              + count.getKey()
              + "\t"
              + count.getValue());
    }
  }
}

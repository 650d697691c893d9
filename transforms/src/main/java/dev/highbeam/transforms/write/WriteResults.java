// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms.write;

import dev.highbeam.runtime.api.SamplingSetting;
import dev.highbeam.runtime.api.Settings;
import dev.highbeam.schemas.ResultFields;
import dev.highbeam.transforms.rows.Columns;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.avro.generic.GenericRecord;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.values.PCollection;

/**
 * Writes results, with the input columns beside them, as {@code part-00000.parquet} and so on into
 * a folder that belongs to this job: files of an earlier one are replaced. The names of the files
 * come out once they are complete.
 *
 * <pre>{@code
 * generated.getResults().apply(
 *     WriteResults.to(out.resolve("results"), survey.columns())
 *         .withLogprobsIn(jobSampling)
 *         .withMetadata(Map.of("highbeam.config", configText)));
 * }</pre>
 */
public final class WriteResults
    extends PTransform<PCollection<GenericRecord>, PCollection<String>> {

  private static final long serialVersionUID = 1L;

  private final String folder;
  private final Columns columns;
  private final String idColumn;
  private final TreeSet<String> optional;
  private final Map<String, String> metadata;

  private WriteResults(
      String folder,
      Columns columns,
      String idColumn,
      Set<String> optional,
      Map<String, String> metadata) {
    this.folder = folder;
    this.columns = columns;
    this.idColumn = idColumn;
    this.optional = new TreeSet<>(optional);
    this.metadata = metadata;
  }

  /** Results of requests that carry these columns. */
  public static WriteResults to(Path folder, Columns columns) {
    String path = folder.toAbsolutePath().normalize().toString();
    return new WriteResults(path, columns, ResultFields.CUSTOM_ID, Set.of(), Map.of());
  }

  /** The column that names records, if it is not custom_id. */
  public WriteResults withIdColumn(String name) {
    return new WriteResults(folder, columns, name, optional, metadata);
  }

  /** With the column token_ids. */
  public WriteResults withOutputTokenIds() {
    return with(Set.of(ResultFields.TOKEN_IDS));
  }

  /** With the columns of log-probabilities that the job's sampling, or rows, may ask for. */
  public WriteResults withLogprobsIn(Settings<SamplingSetting> jobSampling) {
    Set<String> wanted = new TreeSet<>();
    if (mayAskFor(SamplingSetting.LOGPROBS, jobSampling)) {
      wanted.add(ResultFields.TOKEN_LOGPROBS);
      wanted.add(ResultFields.TOP_LOGPROBS);
    }
    if (mayAskFor(SamplingSetting.PROMPT_LOGPROBS, jobSampling)) {
      wanted.add(ResultFields.PROMPT_LOGPROBS);
    }
    return with(wanted);
  }

  /** Entries of every file's footer. */
  public WriteResults withMetadata(Map<String, String> entries) {
    return new WriteResults(folder, columns, idColumn, optional, Map.copyOf(entries));
  }

  @Override
  public PCollection<String> expand(PCollection<GenericRecord> input) {
    return input.apply("Write", new WriteTable(folder, table(), metadata));
  }

  /** How rows are laid out. */
  Table table() {
    return new ResultTable(columns, idColumn, optional);
  }

  /** Names of the columns that are there beside those that always are. */
  Set<String> optionalColumns() {
    return optional;
  }

  private boolean mayAskFor(SamplingSetting setting, Settings<SamplingSetting> jobSampling) {
    return jobSampling.isSet(setting)
        || columns.indexOf(setting.settingName()).isPresent()
        || columns.indexOf("sampling_params").isPresent();
  }

  private WriteResults with(Set<String> more) {
    Set<String> all = new TreeSet<>(optional);
    all.addAll(more);
    return new WriteResults(folder, columns, idColumn, all, metadata);
  }
}

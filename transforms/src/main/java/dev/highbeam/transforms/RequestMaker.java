// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms;

import dev.highbeam.runtime.api.InvalidSettingException;
import dev.highbeam.runtime.api.SamplingParams;
import dev.highbeam.runtime.api.SamplingSetting;
import dev.highbeam.runtime.api.Settings;
import dev.highbeam.schemas.ErrorCode;
import dev.highbeam.transforms.rows.BadRecordException;
import dev.highbeam.transforms.rows.Columns;
import dev.highbeam.transforms.rows.Failures;
import dev.highbeam.transforms.rows.InputRecord;
import dev.highbeam.transforms.rows.JsonText;
import java.io.Serializable;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Makes the request of one record: its id, its prompt, its sampling parameters over those of the
 * job. Knows nothing of Beam; immutable.
 */
final class RequestMaker implements Serializable {

  private static final long serialVersionUID = 1L;

  private final Columns columns;
  private final String promptColumn;
  private final @Nullable PromptTemplate template;
  private final Settings<SamplingSetting> jobSampling;
  private final @Nullable RowParameters rowParameters;
  private final int promptIndex;
  private final int idIndex;

  RequestMaker(Columns columns, Prepare.Options options) {
    this.columns = columns;
    this.promptColumn = options.promptColumn();
    this.template = options.template() == null ? null : PromptTemplate.parse(options.template());
    this.jobSampling = options.sampling();
    this.rowParameters =
        options.rowParameters()
            ? RowParameters.in(columns, Set.of(options.idColumn(), options.promptColumn()))
            : null;
    this.promptIndex = columns.indexOf(options.promptColumn()).orElse(-1);
    this.idIndex = columns.indexOf(options.idColumn()).orElse(-1);
    if (template != null) {
      template.checkAgainst(columns);
    }
  }

  /** The record's own id, or one made from its source and position. */
  String customId(InputRecord record, @Nullable Object[] row) {
    Object value = idIndex < 0 ? null : row[idIndex];
    if (value == null || value instanceof byte[]) {
      return Failures.madeId(record.source(), record.position());
    }
    return value instanceof JsonText json ? json.text() : value.toString();
  }

  /** The request of a record whose columns are decoded. */
  InferenceRequest request(InputRecord record, @Nullable Object[] row) throws BadRecordException {
    String prompt = template == null ? prompt(row) : template.render(columns, row);
    if (prompt.isEmpty()) {
      throw new BadRecordException(ErrorCode.EMPTY, "the prompt is empty");
    }
    Settings<SamplingSetting> sampling =
        rowParameters == null ? jobSampling : rowParameters.of(row).over(jobSampling);
    try {
      SamplingParams.of(sampling);
    } catch (InvalidSettingException e) {
      throw new BadRecordException(ErrorCode.BAD_REQUEST, String.valueOf(e.getMessage()));
    }
    return new InferenceRequest(customId(record, row), prompt, sampling, record);
  }

  private String prompt(@Nullable Object[] row) throws BadRecordException {
    Object value = promptIndex < 0 ? null : row[promptIndex];
    if (value == null) {
      throw new BadRecordException(
          ErrorCode.BAD_REQUEST, "the row has no prompt: column " + promptColumn + " is missing");
    }
    if (value instanceof String text) {
      return text;
    }
    throw new BadRecordException(
        ErrorCode.BAD_REQUEST, "the prompt (column " + promptColumn + ") must be a text");
  }
}

// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms;

import dev.highbeam.runtime.api.FinishReason;
import dev.highbeam.runtime.api.SamplingParams;
import dev.highbeam.schemas.ResultFields;
import dev.highbeam.transforms.reuse.EarlierOutput;
import dev.highbeam.transforms.shards.JournalEntry;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.util.List;
import org.apache.avro.generic.GenericRecord;
import org.jspecify.annotations.Nullable;

/**
 * Rows of an earlier job that this one may take. Whoever makes it has seen to it that what the rows
 * do not tell (arithmetic, length of the context) is the same.
 *
 * @param output the earlier job's
 * @param seed of this job
 * @param outputTokenIds whether rows must have their token ids
 */
public record Reuse(EarlierOutput output, long seed, boolean outputTokenIds)
    implements Serializable {

  /**
   * The end of a request by rows of the earlier job, under its own name, place and columns; null if
   * they are not what it would give.
   *
   * @param index of the request in its shard
   * @param found a journal entry with the rows
   */
  @Nullable JournalEntry entry(int index, GenericRecord request, GenericRecord found) {
    InferenceRequest wanted = InferenceRequestCoder.fromRecord(request);
    List<GenericRecord> rows = JournalEntry.of(found).results();
    if (!accepts(wanted, rows)) {
      return null;
    }
    for (GenericRecord row : rows) {
      row.put(ResultFields.CUSTOM_ID, wanted.customId());
      row.put(ResultFields.SOURCE, wanted.source());
      row.put(ResultFields.POSITION, wanted.position());
      row.put(ResultFields.COLUMNS, ByteBuffer.wrap(wanted.columns()));
      row.put(ResultFields.NUM_CACHED_TOKENS, row.get(ResultFields.NUM_INPUT_TOKENS));
      if (!outputTokenIds) {
        row.put(ResultFields.TOKEN_IDS, null);
      }
    }
    return JournalEntry.served(index, rows);
  }

  /** Whether these rows are what the request would give, as far as rows tell. */
  boolean accepts(InferenceRequest request, List<GenericRecord> rows) {
    SamplingParams sampling = SamplingParams.of(request.sampling());
    String fingerprint = Fingerprint.of(request.prompt(), sampling);
    long wanted = sampling.seed().orElseGet(() -> Fingerprint.seed(seed, fingerprint));
    if (rows.size() != sampling.n()) {
      return false;
    }
    for (GenericRecord row : rows) {
      boolean isSame =
          fingerprint.equals(row.get(ResultFields.REQUEST_FINGERPRINT))
              && Long.valueOf(wanted).equals(row.get(ResultFields.SEED))
              && !FinishReason.ABORT.columnName().equals(row.get(ResultFields.FINISH_REASON));
      boolean isComplete =
          has(row, ResultFields.TOKEN_IDS, outputTokenIds)
              && has(row, ResultFields.TOKEN_LOGPROBS, sampling.logprobs().isPresent())
              && has(row, ResultFields.TOP_LOGPROBS, sampling.logprobs().isPresent())
              && has(row, ResultFields.PROMPT_LOGPROBS, sampling.promptLogprobs().isPresent());
      if (!isSame || !isComplete) {
        return false;
      }
    }
    return true;
  }

  private static boolean has(GenericRecord row, String field, boolean isNeeded) {
    return !isNeeded || row.get(field) != null;
  }
}

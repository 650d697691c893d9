// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms;

import dev.highbeam.runtime.api.Outcome;
import dev.highbeam.runtime.api.Request;
import dev.highbeam.runtime.api.Sample;
import dev.highbeam.runtime.api.TokenLogprobs;
import dev.highbeam.runtime.engine.EngineInfo;
import dev.highbeam.runtime.tokenizer.StreamDecoder;
import dev.highbeam.runtime.tokenizer.Tokenizer;
import dev.highbeam.schemas.InferenceSchemas;
import dev.highbeam.schemas.ResultFields;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;

/** Makes rows of completions, one per sample, and their text of tokens. Used by one thread. */
final class ResultRows {

  /** This shape of job computes a record again only with its whole bundle, and cannot count it. */
  private static final int FIRST_ATTEMPT = 1;

  private static final Schema PROMPT_LOGPROB =
      element(InferenceSchemas.RESULT.getField(ResultFields.PROMPT_LOGPROBS).schema());
  private static final Schema TOKEN_LOGPROB =
      PROMPT_LOGPROB.getField("top").schema().getElementType();

  private final EngineInfo info;
  private final Tokenizer tokenizer;
  private final boolean outputTokenIds;

  ResultRows(EngineInfo info, Tokenizer tokenizer, boolean outputTokenIds) {
    this.info = info;
    this.tokenizer = tokenizer;
    this.outputTokenIds = outputTokenIds;
  }

  /** The rows of a completion, by sample index. */
  List<GenericRecord> of(Outcome.Completion completion, PendingRequest pending) {
    List<GenericRecord> rows = new ArrayList<>(completion.samples().size());
    for (Sample sample : completion.samples()) {
      GenericRecord row = provenance(pending);
      row.put(ResultFields.NUMERICS_ID, completion.numericsId());
      put(row, sample, pending.submitted());
      TokenLogprobs prompt = completion.promptLogprobs();
      if (prompt != null) {
        row.put(ResultFields.PROMPT_LOGPROBS, promptLogprobs(prompt));
      }
      rows.add(row);
    }
    return rows;
  }

  /** The text of a sample's tokens, cut where the generation counts as ended. */
  String text(Sample sample, Request request) {
    StreamDecoder decoder =
        tokenizer.streamDecoder(
            request.promptTokenIds(),
            request.sampling().skipSpecialTokens()
                ? Tokenizer.SpecialText.SKIP
                : Tokenizer.SpecialText.KEEP);
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < sample.textTokenCount(); i++) {
      decoder.append(sample.tokenIds().get(i), text);
    }
    decoder.flush(text);
    if (sample.textEnd() >= 0) {
      text.setLength(Math.min(sample.textEnd(), text.length()));
    }
    return text.toString();
  }

  private GenericRecord provenance(PendingRequest pending) {
    InferenceRequest request = pending.request();
    GenericRecord row = new GenericData.Record(InferenceSchemas.RESULT);
    row.put(ResultFields.CUSTOM_ID, request.customId());
    row.put(ResultFields.NUM_INPUT_TOKENS, pending.submitted().promptTokenCount());
    row.put(ResultFields.SEED, pending.submitted().seed());
    row.put(ResultFields.MODEL, info.model());
    row.put(ResultFields.MODEL_FINGERPRINT, info.modelFingerprint());
    row.put(ResultFields.REQUEST_FINGERPRINT, pending.fingerprint());
    row.put(ResultFields.ATTEMPT, FIRST_ATTEMPT);
    row.put(ResultFields.SOURCE, request.source());
    row.put(ResultFields.POSITION, request.position());
    row.put(ResultFields.COLUMNS, ByteBuffer.wrap(request.columns()));
    return row;
  }

  private void put(GenericRecord row, Sample sample, Request request) {
    row.put(ResultFields.SAMPLE_INDEX, sample.sampleIndex());
    row.put(ResultFields.GENERATED_TEXT, text(sample, request));
    row.put(ResultFields.FINISH_REASON, sample.finishReason().columnName());
    row.put(ResultFields.REPEATING, sample.isRepeating());
    row.put(ResultFields.NUM_GENERATED_TOKENS, sample.tokenIds().count());
    row.put(ResultFields.NUM_CACHED_TOKENS, sample.cachedTokenCount());
    row.put(ResultFields.CUMULATIVE_LOGPROB, sample.cumulativeLogprob());
    if (outputTokenIds) {
      List<Integer> ids = new ArrayList<>(sample.tokenIds().count());
      for (int i = 0; i < sample.tokenIds().count(); i++) {
        ids.add(sample.tokenIds().get(i));
      }
      row.put(ResultFields.TOKEN_IDS, ids);
    }
    TokenLogprobs logprobs = sample.logprobs();
    if (logprobs != null) {
      List<Float> own = new ArrayList<>(logprobs.tokenCount());
      List<List<GenericRecord>> top = new ArrayList<>(logprobs.tokenCount());
      for (int i = 0; i < logprobs.tokenCount(); i++) {
        own.add(logprobs.logprob(i));
        top.add(alternatives(logprobs, i));
      }
      row.put(ResultFields.TOKEN_LOGPROBS, own);
      row.put(ResultFields.TOP_LOGPROBS, top);
    }
  }

  private List<GenericRecord> promptLogprobs(TokenLogprobs prompt) {
    List<GenericRecord> entries = new ArrayList<>(prompt.tokenCount());
    for (int i = 0; i < prompt.tokenCount(); i++) {
      GenericRecord entry = new GenericData.Record(PROMPT_LOGPROB);
      float logprob = prompt.logprob(i);
      entry.put("logprob", Float.isNaN(logprob) ? null : logprob);
      entry.put("top", alternatives(prompt, i));
      entries.add(entry);
    }
    return entries;
  }

  private List<GenericRecord> alternatives(TokenLogprobs logprobs, int i) {
    int[] tokenIds = logprobs.topTokenIds(i);
    float[] values = logprobs.topLogprobs(i);
    List<GenericRecord> alternatives = new ArrayList<>(tokenIds.length);
    for (int k = 0; k < tokenIds.length; k++) {
      GenericRecord alternative = new GenericData.Record(TOKEN_LOGPROB);
      alternative.put("token_id", tokenIds[k]);
      alternative.put("token", tokenizer.pieceText(tokenIds[k]));
      alternative.put("logprob", values[k]);
      alternatives.add(alternative);
    }
    return alternatives;
  }

  private static Schema element(Schema optionalArray) {
    return optionalArray.getTypes().get(1).getElementType();
  }
}

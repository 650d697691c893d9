// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms;

import dev.highbeam.runtime.api.InvalidSettingException;
import dev.highbeam.runtime.api.Request;
import dev.highbeam.runtime.api.SamplingParams;
import dev.highbeam.runtime.tokenizer.Tokenizer;
import dev.highbeam.schemas.ErrorCode;
import dev.highbeam.transforms.rows.BadRecordException;
import dev.highbeam.transforms.rows.Columns;
import dev.highbeam.transforms.rows.Failures;
import dev.highbeam.transforms.rows.JsonWriter;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.avro.generic.GenericRecord;
import org.jspecify.annotations.Nullable;

/**
 * Makes an engine's request of a user's: tokens, a fixed seed, a fingerprint. Runs in the runner's
 * thread, so that the engine's thread never tokenizes. Immutable.
 */
final class RequestIntake {

  /**
   * No known vocabulary has a token that stands for more characters. A longer text cannot fit and
   * is not worth tokenizing.
   */
  private static final long MAX_CHARS_PER_TOKEN = 256;

  private final Tokenizer tokenizer;
  private final int maxModelLength;
  private final Generate.Options options;

  RequestIntake(Tokenizer tokenizer, int maxModelLength, Generate.Options options) {
    this.tokenizer = tokenizer;
    this.maxModelLength = maxModelLength;
    this.options = options;
  }

  /** Admits a request, or says why it is none. */
  PendingRequest admit(InferenceRequest request, PendingRequest.Place place) throws BadRecordException {
    SamplingParams sampling = sampling(request);
    String prompt = request.prompt();
    if (prompt.isEmpty()) {
      throw new BadRecordException(ErrorCode.EMPTY, "the prompt is empty");
    }
    if (prompt.length() > MAX_CHARS_PER_TOKEN * maxModelLength) {
      throw new BadRecordException(
          ErrorCode.TOO_LONG,
          "the prompt has "
              + prompt.length()
              + " characters; max_model_len is "
              + maxModelLength
              + " tokens");
    }
    int[] tokenIds = tokenizer.encode(prompt, Tokenizer.Specials.ADD);
    if (tokenIds.length == 0) {
      throw new BadRecordException(ErrorCode.EMPTY, "the prompt has no token");
    }
    String fingerprint = Fingerprint.of(prompt, sampling);
    long seed = sampling.seed().orElseGet(() -> Fingerprint.seed(options.seed(), fingerprint));
    Request submitted = Request.of(request.customId(), tokenIds, sampling.withSeed(seed));
    return new PendingRequest(request, submitted, fingerprint, place);
  }

  /** The error row of a request. */
  GenericRecord failure(InferenceRequest request, ErrorCode code, String message) {
    Failures.RowKey key =
        new Failures.RowKey(request.customId(), request.source(), request.position());
    return Failures.of(key, code, message, record(request));
  }

  private static SamplingParams sampling(InferenceRequest request) throws BadRecordException {
    try {
      return SamplingParams.of(request.sampling());
    } catch (InvalidSettingException e) {
      throw new BadRecordException(ErrorCode.BAD_REQUEST, String.valueOf(e.getMessage()));
    }
  }

  private String record(InferenceRequest request) {
    Columns columns = options.columns();
    if (columns.count() > 0 && request.columns().length > 0) {
      return JsonWriter.writeRow(columns, columns.decode(request.columns()));
    }
    Map<String, @Nullable Object> record = new LinkedHashMap<>();
    record.put("custom_id", request.customId());
    record.put("prompt", request.prompt());
    return JsonWriter.write(record);
  }
}

// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.schemas;

/** Names of the fields of {@link InferenceSchemas#RESULT}; outside they are Parquet columns. */
public final class ResultFields {

  public static final String CUSTOM_ID = "custom_id";
  public static final String SAMPLE_INDEX = "sample_index";
  public static final String GENERATED_TEXT = "generated_text";
  public static final String FINISH_REASON = "finish_reason";
  public static final String NUM_INPUT_TOKENS = "num_input_tokens";
  public static final String NUM_GENERATED_TOKENS = "num_generated_tokens";
  public static final String NUM_CACHED_TOKENS = "num_cached_tokens";
  public static final String CUMULATIVE_LOGPROB = "cumulative_logprob";
  public static final String SEED = "seed";
  public static final String MODEL = "model";
  public static final String MODEL_FINGERPRINT = "model_fingerprint";
  public static final String NUMERICS_ID = "numerics_id";
  public static final String REQUEST_FINGERPRINT = "request_fingerprint";
  public static final String ATTEMPT = "attempt";
  public static final String SOURCE = "source";
  public static final String POSITION = "position";
  public static final String TOKEN_IDS = "token_ids";
  public static final String TOKEN_LOGPROBS = "token_logprobs";
  public static final String TOP_LOGPROBS = "top_logprobs";
  public static final String PROMPT_LOGPROBS = "prompt_logprobs";

  /** Input columns in binary; becomes columns of their own in Parquet. */
  public static final String COLUMNS = "columns";

  /** Comes after {@link #COLUMNS}: it came later. */
  public static final String REPEATING = "repeating";

  private ResultFields() {}
}

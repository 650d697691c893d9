// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms;

import dev.highbeam.runtime.api.SamplingSetting;
import dev.highbeam.runtime.api.Settings;
import dev.highbeam.transforms.rows.InputRecord;
import java.util.Arrays;
import org.apache.beam.sdk.coders.DefaultCoder;
import org.jspecify.annotations.Nullable;

/**
 * One prompt to complete, on its way to {@link Generate}. Made by {@link Prepare} from records, or
 * by a pipeline of one's own with {@link #of}. Immutable; the bytes of the columns are owned by
 * this value and must not be changed.
 */
@DefaultCoder(InferenceRequestCoder.class)
public final class InferenceRequest {

  private static final byte[] NO_COLUMNS = {};

  private final String customId;
  private final String prompt;
  private final Settings<SamplingSetting> sampling;
  private final InputRecord origin;

  InferenceRequest(
      String customId, String prompt, Settings<SamplingSetting> sampling, InputRecord origin) {
    this.customId = customId;
    this.prompt = prompt;
    this.sampling = sampling;
    this.origin = origin;
  }

  /** A request that comes from no file, with default sampling. */
  public static InferenceRequest of(String customId, String prompt) {
    return new InferenceRequest(
        customId, prompt, Settings.none(SamplingSetting.class), new InputRecord("", 0, NO_COLUMNS));
  }

  /** This request with other sampling; what the settings leave unset has its default. */
  public InferenceRequest withSampling(Settings<SamplingSetting> settings) {
    return new InferenceRequest(customId, prompt, settings, origin);
  }

  /** The caller's name for the record; need not be unique. */
  public String customId() {
    return customId;
  }

  public String prompt() {
    return prompt;
  }

  public Settings<SamplingSetting> sampling() {
    return sampling;
  }

  /** File of the record, empty if it came from none. */
  public String source() {
    return origin.source();
  }

  /** Line or row in the source from 1, 0 if there is none. */
  public long position() {
    return origin.position();
  }

  /** The record's input columns as {@code Columns} encodes them. */
  public byte[] columns() {
    return origin.columns();
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof InferenceRequest that
        && customId.equals(that.customId)
        && prompt.equals(that.prompt)
        && sampling.equals(that.sampling)
        && source().equals(that.source())
        && position() == that.position()
        && Arrays.equals(columns(), that.columns());
  }

  @Override
  public int hashCode() {
    return customId.hashCode() * 31 + prompt.hashCode();
  }

  /** Without the prompt, which has no place in logs. */
  @Override
  public String toString() {
    return "request " + customId + " (" + source() + ":" + position() + ")";
  }
}

// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.schemas;

/** Names of the fields of {@link InferenceSchemas#FAILURE}; outside they are Parquet columns. */
public final class FailureFields {

  public static final String CUSTOM_ID = "custom_id";
  public static final String SOURCE = "source";
  public static final String POSITION = "position";
  public static final String CODE = "code";
  public static final String MESSAGE = "message";
  public static final String RECORD = "record";

  private FailureFields() {}
}

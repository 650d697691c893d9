// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.schemas;

/** Names of the fields of {@link InferenceSchemas#SHARD_COPY}. */
public final class CopyFields {

  public static final String REQUEST = "request";
  public static final String CUSTOM_ID = "custom_id";
  public static final String SOURCE = "source";
  public static final String POSITION = "position";
  public static final String COLUMNS = "columns";

  private CopyFields() {}
}

// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.schemas;

/** Names of the fields of {@link InferenceSchemas#REQUEST}. */
public final class RequestFields {

  public static final String CUSTOM_ID = "custom_id";
  public static final String SOURCE = "source";
  public static final String POSITION = "position";
  public static final String PROMPT = "prompt";
  public static final String COLUMNS = "columns";

  /** A record with one nullable field per sampling setting, under the setting's own name. */
  public static final String SAMPLING = "sampling";

  private RequestFields() {}
}

// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.schemas;

/** Names of the fields of {@link InferenceSchemas#JOURNAL_ENTRY}. */
public final class JournalFields {

  public static final String INDEX = "index";
  public static final String RESULTS = "results";
  public static final String FAILURE = "failure";

  private JournalFields() {}
}

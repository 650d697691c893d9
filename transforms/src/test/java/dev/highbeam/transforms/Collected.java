// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms;

import dev.highbeam.schemas.ResultFields;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.avro.generic.GenericRecord;
import org.apache.beam.sdk.transforms.DoFn;

/** Brings generated texts by id back to the test that started the pipeline. */
final class Collected extends DoFn<GenericRecord, Void> {

  private static final long serialVersionUID = 1L;
  private static final Map<String, Map<String, String>> RUNS = new ConcurrentHashMap<>();

  private final String run;

  Collected(String run) {
    this.run = run;
  }

  static Map<String, String> start(String run) {
    return RUNS.computeIfAbsent(run, name -> new ConcurrentHashMap<>());
  }

  @ProcessElement
  public void collect(@Element GenericRecord row) {
    RUNS.get(run)
        .put(
            String.valueOf(row.get(ResultFields.CUSTOM_ID)),
            String.valueOf(row.get(ResultFields.GENERATED_TEXT)));
  }
}

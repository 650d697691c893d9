// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms.write;

import dev.highbeam.schemas.InferenceSchemas;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericRecord;

/** Failures as they are. */
final class FailureTable implements Table {

  private static final long serialVersionUID = 1L;

  @Override
  public Schema partSchema() {
    return InferenceSchemas.FAILURE;
  }

  @Override
  public Layout layout() {
    return new Layout() {
      @Override
      public Schema schema() {
        return InferenceSchemas.FAILURE;
      }

      @Override
      public GenericRecord row(GenericRecord part) {
        return part;
      }
    };
  }
}

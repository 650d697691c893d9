// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms.write;

import java.io.Serializable;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericRecord;

/** What a kind of file holds, and how a row of the pipeline becomes a row of the file. */
interface Table extends Serializable {

  /** Schema of the rows that come in and lie in parts. */
  Schema partSchema();

  /** A new layout; made once per file, because it is used by one thread. */
  Layout layout();

  /** Rows as they lie in the file. */
  interface Layout {

    Schema schema();

    GenericRecord row(GenericRecord part);
  }
}

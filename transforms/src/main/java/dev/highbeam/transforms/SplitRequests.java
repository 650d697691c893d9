// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms;

import dev.highbeam.schemas.InferenceSchemas;
import dev.highbeam.transforms.arrange.RowRef;
import dev.highbeam.transforms.shards.AvroRowWriter;
import dev.highbeam.transforms.shards.WorkFolder;
import java.io.Closeable;
import java.io.IOException;
import org.apache.avro.file.DataFileReader;
import org.apache.avro.generic.GenericRecord;
import org.jspecify.annotations.Nullable;

/** Reads some of the requests of splits, in ascending order. */
final class SplitRequests implements Closeable {

  private final WorkFolder folder;
  private @Nullable DataFileReader<GenericRecord> open;
  private int split = -1;
  private int file = -1;
  private long next;

  SplitRequests(WorkFolder folder) {
    this.folder = folder;
  }

  GenericRecord read(RowRef row) throws IOException {
    int wanted = (int) (row.index() / ShardPlan.MAX_REQUESTS);
    DataFileReader<GenericRecord> reader = open;
    if (reader == null || row.split() != split || wanted != file) {
      close();
      reader = AvroRowWriter.read(folder.split(row.split(), wanted), InferenceSchemas.REQUEST);
      open = reader;
      split = row.split();
      file = wanted;
      next = wanted * ShardPlan.MAX_REQUESTS;
    }
    for (; next < row.index(); next++) {
      reader.next();
    }
    next++;
    return reader.next();
  }

  @Override
  public void close() throws IOException {
    DataFileReader<GenericRecord> reader = open;
    open = null;
    if (reader != null) {
      reader.close();
    }
  }
}

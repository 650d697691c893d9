// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms;

import dev.highbeam.schemas.InferenceSchemas;
import dev.highbeam.transforms.shards.AvroRowWriter;
import dev.highbeam.transforms.shards.Shard;
import dev.highbeam.transforms.shards.WorkFolder;
import java.io.IOException;
import org.apache.avro.file.DataFileReader;
import org.apache.avro.generic.GenericRecord;
import org.apache.beam.sdk.transforms.DoFn;

/** Writes the requests of one shard. */
final class CutShardFn extends DoFn<ShardCut, Shard> {

  private static final long serialVersionUID = 1L;

  private final WorkFolder folder;

  CutShardFn(WorkFolder folder) {
    this.folder = folder;
  }

  @ProcessElement
  public void cut(@Element ShardCut cut, OutputReceiver<Shard> output) throws IOException {
    try (AvroRowWriter shard =
        AvroRowWriter.open(folder.shard(cut.shard()), InferenceSchemas.REQUEST)) {
      for (ShardCut.Slice slice : cut.slices()) {
        copy(slice, shard);
      }
      output.output(new Shard(cut.shard(), shard.commit()));
    }
  }

  private void copy(ShardCut.Slice slice, AvroRowWriter shard) throws IOException {
    try (DataFileReader<GenericRecord> requests =
        AvroRowWriter.read(folder.workList().resolve(slice.file()), InferenceSchemas.REQUEST)) {
      for (long i = 0; i < slice.to(); i++) {
        GenericRecord request = requests.next();
        if (i >= slice.from()) {
          shard.append(request);
        }
      }
    }
  }
}

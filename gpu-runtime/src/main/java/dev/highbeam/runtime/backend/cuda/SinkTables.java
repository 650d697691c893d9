// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import dev.highbeam.runtime.backend.AttentionSpec;
import dev.highbeam.runtime.backend.Op;
import dev.highbeam.runtime.backend.Program;
import dev.highbeam.runtime.backend.cuda.driver.CudaContext;
import dev.highbeam.runtime.backend.cuda.driver.CudaStream;
import dev.highbeam.runtime.backend.cuda.driver.DeviceMemory;
import dev.highbeam.runtime.backend.cuda.driver.DevicePointer;
import java.util.IdentityHashMap;
import java.util.Map;

/** The attention sinks of a program's layers on the device, [queryHeads] f32 each. */
final class SinkTables implements AutoCloseable {

  private final WeightUpload upload;
  private final Map<AttentionSpec, DeviceMemory> tables = new IdentityHashMap<>();

  SinkTables(CudaContext context, CudaStream stream, Program program) {
    upload = new WeightUpload(context, stream);
    for (Op op : program.body()) {
      if (op instanceof Op.Attention attention) {
        DeviceMemory table = upload.vector("attention sinks", attention.attention().sinks());
        if (table != null) {
          tables.put(attention.attention(), table);
        }
      }
    }
    upload.release();
  }

  DevicePointer pointer(AttentionSpec spec) {
    DeviceMemory table = tables.get(spec);
    if (table == null) {
      throw new IllegalArgumentException("the layer has no sinks");
    }
    return table.pointer();
  }

  @Override
  public void close() {
    upload.close();
  }
}

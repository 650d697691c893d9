// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.reference;

import dev.highbeam.runtime.backend.Backend;
import dev.highbeam.runtime.backend.BackendContract;
import dev.highbeam.runtime.backend.Buffer;
import dev.highbeam.runtime.backend.Executable;

/** The reference against formulas in f64: whatever else is compared with it rests on this. */
final class ReferenceBackendTest extends BackendContract {

  @Override
  public Backend backend() {
    return new ReferenceBackend();
  }

  @Override
  public float[] read(Executable executable, Buffer buffer, int rowCount) {
    return ((ReferenceExecutable) executable).contents(buffer, rowCount);
  }
}

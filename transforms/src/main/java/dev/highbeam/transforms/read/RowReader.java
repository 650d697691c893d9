// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms.read;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** The rows of one split, in order. Damage in the file is a row too; it is always the last one. */
interface RowReader extends AutoCloseable {

  /** The next row, or null after the last. */
  @Nullable SourceRow next();

  @Override
  void close() throws IOException;
}

// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.image;

import java.util.List;

/** What turns PTX into machine code for one device: the driver behind a context. */
public interface PtxCompiler {

  /** As exact as can be told: a stored image is used only by an equal version. */
  String version();

  /** What it is told besides the text, in order. */
  List<String> options();

  /** Compiles PTX text, which ends with NUL. */
  byte[] compile(byte[] ptx);
}

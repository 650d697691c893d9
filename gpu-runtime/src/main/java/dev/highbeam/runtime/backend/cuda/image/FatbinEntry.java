// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.image;

/** One image of a fatbin: what it is for, and where its bytes are. */
public final class FatbinEntry {

  private final TargetArch arch;
  private final ImageBytes payload;

  FatbinEntry(TargetArch arch, ImageBytes payload) {
    this.arch = arch;
    this.payload = payload;
  }

  public TargetArch arch() {
    return arch;
  }

  /**
   * A copy of the bytes that a driver takes, padding included: an ELF file, or PTX that ends with
   * at least one NUL.
   */
  public byte[] image() {
    return payload.copy();
  }

  ImageBytes payload() {
    return payload;
  }
}

// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms.write;

/** The two kinds of rows that a job writes. */
public enum OutputKind {
  RESULTS,
  ERRORS
}

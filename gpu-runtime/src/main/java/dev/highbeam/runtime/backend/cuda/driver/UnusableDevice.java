// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.driver;

/**
 * A device that did not answer a question about itself. The devices beside it are not affected.
 *
 * @param name its product name, or "unknown"
 * @param pciBusId where it sits, or "unknown"
 * @param firstCause the question that failed, with the driver's code
 */
public record UnusableDevice(int ordinal, String name, String pciBusId, CudaException firstCause)
    implements DetectedDevice {}

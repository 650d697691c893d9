// SPDX-License-Identifier: Apache-2.0

/**
 * Tests of the driver layer. Those that need a driver take it from {@link
 * dev.highbeam.runtime.backend.cuda.driver.EmulatedGpu}; those whose process must die, or must not
 * find a driver, run in a {@link dev.highbeam.runtime.backend.cuda.driver.ChildJvm}.
 */
@NullMarked
package dev.highbeam.runtime.backend.cuda.driver;

import org.jspecify.annotations.NullMarked;

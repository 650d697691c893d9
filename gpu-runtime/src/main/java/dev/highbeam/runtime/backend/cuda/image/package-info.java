// SPDX-License-Identifier: Apache-2.0

/**
 * Which kernel image a device gets, and where images live that the driver compiled. Plain Java: no
 * class here talks to a driver, so everything is tested without one.
 */
@NullMarked
package dev.highbeam.runtime.backend.cuda.image;

import org.jspecify.annotations.NullMarked;

// SPDX-License-Identifier: Apache-2.0

/**
 * The CUDA driver API for the rest of the program, and the only package that imports JCuda. Its
 * handles are typed, know their context and are checked against it before the driver sees them, so
 * that a buffer of one device never meets a launch on another.
 *
 * <p>Read {@link dev.highbeam.runtime.backend.cuda.driver.CudaDriver}, {@link
 * dev.highbeam.runtime.backend.cuda.driver.CudaContext}, {@link
 * dev.highbeam.runtime.backend.cuda.driver.CudaStream}, {@link
 * dev.highbeam.runtime.backend.cuda.driver.Launch}, in that order. Nothing here calls the driver
 * before {@code CudaDriver.load()}: no class initialiser, no constructor of an exception, no
 * toString.
 */
@NullMarked
package dev.highbeam.runtime.backend.cuda.driver;

import org.jspecify.annotations.NullMarked;

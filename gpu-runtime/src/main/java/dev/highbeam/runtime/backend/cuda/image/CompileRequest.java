// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.image;

import java.util.List;

/**
 * All that the result of a compilation depends on. Nothing else may: not a path, not the time, not
 * which devices are visible, not the identity or order of any object.
 *
 * @param source the whole text; PTX includes nothing
 * @param target the device's architecture, suffix included
 * @param compiler what compiles, such as {@code cuda-driver}
 * @param compilerVersion as exact as can be told
 * @param options in their order, which may matter
 */
record CompileRequest(
    ImageBytes source,
    TargetArch target,
    String compiler,
    String compilerVersion,
    List<String> options) {}

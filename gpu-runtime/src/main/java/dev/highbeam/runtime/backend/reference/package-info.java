// SPDX-License-Identifier: Apache-2.0

/**
 * The oracle: scalar f32, one op after the other, one token after the other, slow and obvious for
 * ever. Every other backend is compared with it, and so it checks what it is given (see BatchCheck)
 * instead of trusting it.
 */
@NullMarked
package dev.highbeam.runtime.backend.reference;

import org.jspecify.annotations.NullMarked;

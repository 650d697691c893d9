// SPDX-License-Identifier: Apache-2.0
/**
 * Reads JSON files that come from outside: size, nesting and duplicate keys are checked before
 * anything is believed, and every complaint is one sentence that names the file and the place.
 *
 * <p>{@link dev.highbeam.runtime.json.JsonFile} is the way in; it gives a {@link
 * dev.highbeam.runtime.json.JsonValue}, which knows where in the file it stands.
 */
@NullMarked
package dev.highbeam.runtime.json;

import org.jspecify.annotations.NullMarked;

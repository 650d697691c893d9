// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms;

import dev.highbeam.runtime.api.Request;
import org.apache.beam.sdk.transforms.windowing.BoundedWindow;
import org.apache.beam.sdk.transforms.windowing.PaneInfo;
import org.joda.time.Instant;

/**
 * What is remembered of a request while the engine has it.
 *
 * @param submitted as the engine has it: tokens, and sampling with the seed fixed
 * @param place where in time its rows belong
 */
record PendingRequest(
    InferenceRequest request, Request submitted, String fingerprint, Place place) {

  /** An element's own timestamp, window and pane, which its rows keep. */
  record Place(Instant timestamp, BoundedWindow window, PaneInfo pane) {}
}

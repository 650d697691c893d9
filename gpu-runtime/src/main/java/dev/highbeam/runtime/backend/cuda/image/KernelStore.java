// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.image;

import java.util.Optional;
import java.util.function.Supplier;

/**
 * A place for compiled images. No method throws because the place is broken: what cannot be read is
 * not there, what cannot be written is compiled again next time.
 */
interface KernelStore {

  /** A sound image, else empty. */
  Optional<byte[]> load(KernelKey key);

  /** Keeps an image, if that is possible. */
  void save(KernelKey key, byte[] image);

  /** Forgets an image that turned out to be of no use. */
  void evict(KernelKey key);

  /** Runs the body while no other user of this place does so for the same key. */
  <T> T exclusively(KernelKey key, Supplier<T> body);

  /** What is in it now; reads every image. */
  StoreContents inspect();

  /** Gives back what lives only as long as this process. */
  void close();
}

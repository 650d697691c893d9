// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import dev.highbeam.runtime.api.EngineException;
import dev.highbeam.runtime.backend.cuda.driver.CudaContext;
import dev.highbeam.runtime.backend.cuda.driver.CudaModule;
import dev.highbeam.runtime.backend.cuda.image.ImageChoice;
import dev.highbeam.runtime.backend.cuda.image.KernelImages;
import dev.highbeam.runtime.backend.cuda.image.TargetArch;

/** Loads the image that a device gets. */
final class ImageLoader {

  private final KernelImages images;
  private final int driverVersion;

  ImageLoader(KernelImages images, int driverVersion) {
    this.images = images;
    this.driverVersion = driverVersion;
  }

  /**
   * Chooses and loads.
   *
   * @throws EngineException configuration, if no image is for the device
   */
  LoadedImage load(CudaContext context, ImageChoice choice) {
    if (choice instanceof ImageChoice.Refused refused) {
      throw EngineException.configuration(refused.message());
    }
    TargetArch arch = ((ImageChoice.Chosen) choice).arch();
    CudaModule module = context.load(images.image(arch), "kernels for " + arch.name());
    return new LoadedImage(module, arch, images.manifest().sourceHash(), driverVersion);
  }
}

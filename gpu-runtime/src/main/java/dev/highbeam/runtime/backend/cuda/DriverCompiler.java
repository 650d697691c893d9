// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import dev.highbeam.runtime.backend.cuda.driver.CudaContext;
import dev.highbeam.runtime.backend.cuda.driver.CudaException;
import dev.highbeam.runtime.backend.cuda.driver.CudaModule;
import dev.highbeam.runtime.backend.cuda.driver.StickyCudaException;
import dev.highbeam.runtime.backend.cuda.image.DriverBuild;
import dev.highbeam.runtime.backend.cuda.image.ImageRefusedException;
import dev.highbeam.runtime.backend.cuda.image.PtxCompiler;
import java.util.List;
import java.util.Set;

/**
 * The driver behind a context, as what compiles and loads images.
 *
 * @param context of the device that the images are for
 * @param driverVersion as the driver says it
 */
record DriverCompiler(CudaContext context, int driverVersion) implements PtxCompiler {

  /** Invalid image, invalid PTX, no binary for this GPU, unsupported PTX version. */
  private static final Set<Integer> REFUSALS = Set.of(200, 209, 218, 222);

  @Override
  public String version() {
    return DriverBuild.of(driverVersion);
  }

  @Override
  public List<String> options() {
    return List.of();
  }

  @Override
  public byte[] compile(byte[] ptx) {
    return context.link(ptx, "kernels");
  }

  /** Loads an image; what the driver holds against the image itself is told apart. */
  CudaModule load(byte[] image) throws ImageRefusedException {
    try {
      return context.load(image, "kernels");
    } catch (StickyCudaException e) {
      throw e;
    } catch (CudaException e) {
      if (REFUSALS.contains(e.code())) {
        throw new ImageRefusedException(String.valueOf(e.getMessage()), e);
      }
      throw e;
    }
  }
}

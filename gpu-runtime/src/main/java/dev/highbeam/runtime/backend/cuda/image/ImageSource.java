// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.image;

import dev.highbeam.runtime.api.EngineException;
import java.util.stream.Collectors;

/**
 * Brings the image that was chosen for a device into the driver: machine code of the jar as it is,
 * PTX through the cache of what the driver compiled before. Machine code never touches compiler or
 * cache.
 */
public final class ImageSource {

  private static final String COMPILER = "cuda-driver";

  private final KernelImages images;
  private final KernelCache cache;

  public ImageSource(KernelImages images, KernelCache cache) {
    this.images = images;
    this.cache = cache;
  }

  /**
   * Loads one image of the jar into one device's context.
   *
   * @throws EngineException configuration, if the driver refuses the image, and for PTX refuses it
   *     once more after it was compiled anew
   */
  public <H> H load(
      DeviceIdentity device, TargetArch arch, PtxCompiler compiler, ImageLoader<H> loader) {
    try {
      if (!arch.isPtx()) {
        return loader.load(images.image(arch));
      }
      byte[] ptx = images.image(arch);
      KernelKey key = key(device, ptx, compiler);
      return cache.load(key, () -> compiler.compile(ptx), loader);
    } catch (ImageRefusedException e) {
      throw EngineException.configuration(
          device.describe()
              + " cannot be used: its driver refused the kernels for "
              + arch
              + ": "
              + e.getMessage()
              + "; this build carries "
              + images.manifest().archs().stream()
                  .map(TargetArch::name)
                  .collect(Collectors.joining(", ")),
          e);
    }
  }

  private static KernelKey key(DeviceIdentity device, byte[] ptx, PtxCompiler compiler) {
    Capability capability = device.capability();
    if (capability == null) {
      throw new IllegalArgumentException(
          "an image was chosen for a device of unknown capability: " + device.describe());
    }
    // The driver compiles for this very device, so the key names what comes out, not what went in.
    TargetArch target = new TargetArch(TargetArch.Form.CUBIN, capability, TargetArch.Suffix.NONE);
    return KernelKey.of(
        new CompileRequest(
            ImageBytes.of(ptx), target, COMPILER, compiler.version(), compiler.options()));
  }
}

// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.image;

import dev.highbeam.runtime.api.EngineException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The kernel images that the build carries, opened and checked. Immutable; open it once per
 * process.
 */
public final class KernelImages {

  private static final String FOLDER = "META-INF/highbeam/";
  private static final String PROPERTIES = FOLDER + "kernels.properties";
  private static final String TABLE = FOLDER + "kernels/kernels.tsv";

  /** Where the files of the jar come from. */
  interface Resources {
    /** The file's bytes, or null if there is none. */
    byte @Nullable [] read(String name) throws IOException;
  }

  private final KernelManifest manifest;
  private final Fatbin fatbin;
  private final List<ImageOffer> offers;

  private KernelImages(KernelManifest manifest, Fatbin fatbin) {
    this.manifest = manifest;
    this.fatbin = fatbin;
    this.offers = fatbin.entries().stream().map(this::offer).toList();
  }

  /**
   * Opens what the class path carries.
   *
   * @return empty if this is a build without kernels
   * @throws EngineException configuration, if the images and their manifest contradict each other
   */
  public static Optional<KernelImages> open() {
    return open(KernelImages::classPath);
  }

  static Optional<KernelImages> open(Resources resources) {
    try {
      byte[] properties = resources.read(PROPERTIES);
      if (properties == null || KernelManifest.imageCount(text(properties)) == 0) {
        return Optional.empty();
      }
      KernelManifest manifest =
          KernelManifest.parse(text(properties), text(required(resources, TABLE)));
      Fatbin fatbin = Fatbin.parse(required(resources, manifest.fatbin()));
      ImageLint.check(manifest, fatbin);
      return Optional.of(new KernelImages(manifest, fatbin));
    } catch (MalformedImageException e) {
      throw EngineException.configuration(
          "the CUDA kernels of this build cannot be used, build it anew: " + e.getMessage(), e);
    } catch (IOException e) {
      throw EngineException.retryable("the CUDA kernels of this build cannot be read", e);
    }
  }

  public KernelManifest manifest() {
    return manifest;
  }

  /** Chooses an image for one device; see {@link ImageChoice}. */
  public ImageChoice choose(DeviceIdentity device, ImageChoice.Wish wish) {
    return ImageChoice.choose(device, offers, wish);
  }

  /**
   * The refusal of a device that failed to answer questions about itself.
   *
   * @param cause the first thing that went wrong, as one phrase with its code
   */
  public ImageChoice.Refused notExamined(DeviceIdentity device, String cause) {
    return ImageChoice.notExamined(device, offers, cause);
  }

  /**
   * The bytes of one image, for a driver.
   *
   * @throws IllegalArgumentException if this build has no such image
   */
  public byte[] image(TargetArch arch) {
    return entry(arch).image();
  }

  private FatbinEntry entry(TargetArch arch) {
    return fatbin
        .entry(arch)
        .orElseThrow(() -> new IllegalArgumentException("this build has no image for " + arch));
  }

  private ImageOffer offer(FatbinEntry entry) {
    return new ImageOffer(
        entry.arch(),
        entry.arch().isPtx()
            ? Ptx.parse(entry.payload()).driverFloor()
            : manifest.cubinDriverFloor());
  }

  private static byte[] required(Resources resources, String name) throws IOException {
    byte[] bytes = resources.read(name);
    if (bytes == null) {
      throw new MalformedImageException(name + " is missing");
    }
    return bytes;
  }

  private static byte @Nullable [] classPath(String name) throws IOException {
    try (InputStream in = KernelImages.class.getResourceAsStream("/" + name)) {
      return in == null ? null : in.readAllBytes();
    }
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }
}

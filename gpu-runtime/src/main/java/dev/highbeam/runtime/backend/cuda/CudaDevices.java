// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import dev.highbeam.runtime.api.EngineException;
import dev.highbeam.runtime.backend.cuda.driver.CudaContext;
import dev.highbeam.runtime.backend.cuda.driver.CudaDevice;
import dev.highbeam.runtime.backend.cuda.driver.CudaDriver;
import dev.highbeam.runtime.backend.cuda.driver.CudaModule;
import dev.highbeam.runtime.backend.cuda.driver.DetectedDevice;
import dev.highbeam.runtime.backend.cuda.driver.DeviceChoice;
import dev.highbeam.runtime.backend.cuda.driver.DeviceLease;
import dev.highbeam.runtime.backend.cuda.driver.DeviceRequest;
import dev.highbeam.runtime.backend.cuda.driver.DriverUnavailableException;
import dev.highbeam.runtime.backend.cuda.driver.UnusableDevice;
import dev.highbeam.runtime.backend.cuda.image.DeviceIdentity;
import dev.highbeam.runtime.backend.cuda.image.DriverVersion;
import dev.highbeam.runtime.backend.cuda.image.ImageChoice;
import dev.highbeam.runtime.backend.cuda.image.ImageSource;
import dev.highbeam.runtime.backend.cuda.image.KernelCache;
import dev.highbeam.runtime.backend.cuda.image.KernelImages;
import dev.highbeam.runtime.backend.cuda.image.TargetArch;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The GPUs of this machine, each with the kernel image that it would run or the reason why it
 * cannot be used. Asking touches the driver and makes no context.
 */
public final class CudaDevices {

  private final @Nullable CudaDriver driver;
  private final @Nullable KernelImages images;
  private final List<Verdict> verdicts;
  private final String whyNone;

  /**
   * One device and what is to become of it.
   *
   * @param device as the driver lists it
   * @param identity what is known of it, for messages
   * @param choice the image for it, or why there is none
   */
  public record Verdict(DetectedDevice device, DeviceIdentity identity, ImageChoice choice) {

    public boolean isUsable() {
      return choice instanceof ImageChoice.Chosen;
    }

    /** One line for people. */
    public String describe() {
      if (choice instanceof ImageChoice.Refused refused) {
        return refused.message();
      }
      CudaDevice usable = (CudaDevice) device;
      return String.format(
          Locale.ROOT,
          "%s: compute capability %s, %.1f GiB, %s, kernels %s",
          usable.displayName(),
          usable.capability(),
          usable.totalBytes() / 0x1p30,
          usable.uuid(),
          kernels(((ImageChoice.Chosen) choice).arch()));
    }

    private static String kernels(TargetArch arch) {
      return arch.isPtx() ? arch.name() + ", compiled by its driver" : arch.name();
    }
  }

  /** The images of this build: many megabytes, read and checked once per process. */
  private static final class Carried {

    private static final @Nullable KernelImages IMAGES;
    private static final @Nullable EngineException FAILURE;

    static {
      KernelImages images = null;
      EngineException failure = null;
      try {
        images = KernelImages.open().orElse(null);
      } catch (EngineException e) {
        failure = e;
      }
      IMAGES = images;
      FAILURE = failure;
    }

    private Carried() {}

    static Optional<KernelImages> images() {
      if (FAILURE != null) {
        throw FAILURE;
      }
      return Optional.ofNullable(IMAGES);
    }
  }

  private CudaDevices(
      @Nullable CudaDriver driver,
      @Nullable KernelImages images,
      List<Verdict> verdicts,
      String whyNone) {
    this.driver = driver;
    this.images = images;
    this.verdicts = verdicts;
    this.whyNone = whyNone;
  }

  /** Looks at all devices; never throws for one of them. */
  public static CudaDevices detect(ImageChoice.Wish wish) {
    Optional<KernelImages> images = Carried.images();
    if (images.isEmpty()) {
      return none("this build carries no CUDA kernels");
    }
    CudaDriver driver;
    try {
      driver = CudaDriver.load();
    } catch (DriverUnavailableException e) {
      return none(String.valueOf(e.getMessage()));
    }
    List<Verdict> verdicts = new ArrayList<>();
    for (DetectedDevice device : driver.detect()) {
      verdicts.add(verdict(device, driver, images.get(), wish));
    }
    String whyNone = verdicts.isEmpty() ? "the driver shows no device" : verdicts.get(0).describe();
    return new CudaDevices(driver, images.get(), List.copyOf(verdicts), whyNone);
  }

  private static CudaDevices none(String why) {
    return new CudaDevices(null, null, List.of(), why);
  }

  private static Verdict verdict(
      DetectedDevice device, CudaDriver driver, KernelImages images, ImageChoice.Wish wish) {
    DriverVersion version = new DriverVersion(driver.version());
    String visible = System.getenv("CUDA_VISIBLE_DEVICES");
    if (device instanceof UnusableDevice unusable) {
      DeviceIdentity identity =
          new DeviceIdentity(
              device.ordinal(), device.name(), null, null, unusable.pciBusId(), version, visible);
      String cause = String.valueOf(unusable.firstCause().getMessage());
      return new Verdict(device, identity, images.notExamined(identity, cause));
    }
    CudaDevice usable = (CudaDevice) device;
    DeviceIdentity identity =
        new DeviceIdentity(
            usable.ordinal(),
            usable.name(),
            usable.capability(),
            usable.uuid(),
            usable.pciBusId(),
            version,
            visible);
    return new Verdict(device, identity, images.choose(identity, wish));
  }

  /** What the driver says of itself, or null if there is none. */
  public @Nullable DriverVersion driverVersion() {
    return driver == null ? null : new DriverVersion(driver.version());
  }

  /** All devices in the driver's order. */
  public List<Verdict> verdicts() {
    return verdicts;
  }

  /** Ordinals of the devices that can be used. */
  public List<Integer> usable() {
    return verdicts.stream().filter(Verdict::isUsable).map(v -> v.device().ordinal()).toList();
  }

  /** The devices that can be used, for people. */
  public String describeUsable() {
    return verdicts.stream()
        .filter(Verdict::isUsable)
        .map(Verdict::describe)
        .collect(Collectors.joining("; "));
  }

  /** Why no device can be used; of several reasons the first device's. */
  public String whyNone() {
    return whyNone;
  }

  /**
   * Opens the backend on one device.
   *
   * @throws EngineException configuration, if the device is not there or cannot be used
   */
  CudaBackend open(CudaSettings settings) {
    if (driver == null || images == null) {
      throw EngineException.configuration("no GPU can be used: " + whyNone);
    }
    if (settings.ordinal() >= verdicts.size()) {
      throw EngineException.configuration(
          "device must be cuda:0 to cuda:"
              + (verdicts.size() - 1)
              + ", was cuda:"
              + settings.ordinal());
    }
    Verdict verdict = verdicts.get(settings.ordinal());
    if (verdict.choice() instanceof ImageChoice.Refused refused) {
      throw EngineException.configuration(refused.message());
    }
    CudaBackend[] opened = new CudaBackend[1];
    CudaDriver loaded = driver;
    KernelImages carried = images;
    DeviceFaults.atStart(() -> opened[0] = open(loaded, carried, verdict, settings));
    return opened[0];
  }

  private static CudaBackend open(
      CudaDriver driver, KernelImages images, Verdict verdict, CudaSettings settings) {
    List<AutoCloseable> taken = new ArrayList<>();
    try {
      DeviceLease lease = DeviceChoice.choose(driver, request(settings));
      taken.add(lease);
      CudaContext context = CudaContext.acquire(driver, settings.ordinal());
      taken.add(context);
      TargetArch arch = ((ImageChoice.Chosen) verdict.choice()).arch();
      CudaModule module = load(driver, images, verdict.identity(), arch, context, settings);
      taken.add(module);
      LoadedImage image =
          new LoadedImage(module, arch, images.manifest().sourceHash(), driver.version());
      return new CudaBackend(lease, context, image, settings);
    } catch (RuntimeException e) {
      Closing.all(taken);
      throw e;
    }
  }

  private static CudaModule load(
      CudaDriver driver,
      KernelImages images,
      DeviceIdentity identity,
      TargetArch arch,
      CudaContext context,
      CudaSettings settings) {
    DriverCompiler compiler = new DriverCompiler(context, driver.version());
    try (KernelCache cache = KernelCache.open(settings.kernelCacheDir())) {
      return new ImageSource(images, cache).load(identity, arch, compiler, compiler::load);
    }
  }

  private static DeviceRequest request(CudaSettings settings) {
    return new DeviceRequest(
        "cuda:" + settings.ordinal(),
        null,
        settings.mayShare() ? DeviceRequest.Sharing.ALLOW : DeviceRequest.Sharing.REFUSE);
  }
}

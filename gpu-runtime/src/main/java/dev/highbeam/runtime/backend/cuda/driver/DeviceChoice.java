// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.driver;

import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Chooses the device of a worker: what the user named, else what the resource manager gave, else
 * the least used of those that the driver shows (it applies CUDA_VISIBLE_DEVICES). Use is counted
 * over all processes of this user on this machine, so that k workers spread evenly over n devices.
 */
public final class DeviceChoice {

  private static final String VISIBLE = "CUDA_VISIBLE_DEVICES";

  private final List<DetectedDevice> detected;
  private final DeviceClaims claims;
  private final @Nullable String visible;

  DeviceChoice(
      List<DetectedDevice> detected,
      DeviceClaims claims,
      Function<String, @Nullable String> environment) {
    this.detected = detected;
    this.claims = claims;
    this.visible = environment.apply(VISIBLE);
  }

  /** Chooses among the driver's devices, counted with the other processes of this user. */
  public static DeviceLease choose(CudaDriver driver, DeviceRequest request) {
    DeviceClaims claims = DeviceClaims.ofUser(System::getenv);
    return new DeviceChoice(driver.detect(), claims, System::getenv).choose(request);
  }

  /**
   * Chooses and claims a device.
   *
   * @throws DriverUnavailableException if no device, or not the one asked for, can be used
   * @throws DevicesInUseException if other processes use all that would do
   * @throws IllegalArgumentException if the request names no device
   */
  DeviceLease choose(DeviceRequest request) {
    List<CudaDevice> candidates = candidates(request);
    Map<String, CudaDevice> byKey =
        candidates.stream().collect(Collectors.toMap(this::key, device -> device, (a, b) -> a));
    List<String> keys = candidates.stream().map(this::key).toList();
    String key = claims.claim(keys, request.sharing());
    CudaDevice device = byKey.get(key);
    if (device == null) {
      throw new IllegalStateException("a claim on " + key + ", which is not among " + keys);
    }
    return new DeviceLease(device, reason(request), claims, key);
  }

  private List<CudaDevice> candidates(DeviceRequest request) {
    String explicit = request.explicit();
    if (explicit != null) {
      return List.of(usable(named(explicit)));
    }
    String index = request.externalIndex();
    if (index != null) {
      return List.of(usable(external(index)));
    }
    List<CudaDevice> usable =
        detected.stream().filter(CudaDevice.class::isInstance).map(CudaDevice.class::cast).toList();
    if (usable.isEmpty()) {
      throw new DriverUnavailableException(
          "No CUDA device can be used: " + listing(), firstCause());
    }
    return usable;
  }

  private DetectedDevice named(String name) {
    String wanted = name.strip().toLowerCase(Locale.ROOT);
    List<DetectedDevice> matches = detected.stream().filter(d -> matches(d, wanted)).toList();
    if (matches.size() != 1) {
      throw new IllegalArgumentException(
          "device '"
              + name
              + "' names "
              + (matches.isEmpty() ? "none" : "several")
              + " of the visible devices: "
              + listing());
    }
    return matches.get(0);
  }

  private static boolean matches(DetectedDevice device, String wanted) {
    String ordinal = Integer.toString(device.ordinal());
    return wanted.equals(ordinal)
        || wanted.equals("cuda:" + ordinal)
        || (wanted.startsWith("gpu-")
            && device instanceof CudaDevice usable
            && usable.uuid().toLowerCase(Locale.ROOT).startsWith(wanted));
  }

  /**
   * Resource managers count as nvidia-smi does, by place on the bus; the driver puts the fastest
   * device first unless told otherwise.
   */
  private DetectedDevice external(String index) {
    List<DetectedDevice> byBus =
        detected.stream().sorted(Comparator.comparing(DeviceChoice::busId)).toList();
    if (!index.matches("\\d{1,4}") || Integer.parseInt(index) >= byBus.size()) {
      throw new IllegalArgumentException(
          "external device index '" + index + "' names none of the visible devices: " + listing());
    }
    return byBus.get(Integer.parseInt(index));
  }

  private static String busId(DetectedDevice device) {
    return device instanceof CudaDevice usable
        ? usable.pciBusId()
        : ((UnusableDevice) device).pciBusId();
  }

  private static CudaDevice usable(DetectedDevice device) {
    if (device instanceof UnusableDevice lost) {
      throw new DriverUnavailableException(describe(lost), lost.firstCause());
    }
    return (CudaDevice) device;
  }

  /** Equal for the same device in every process, whatever its ordinal there. */
  private String key(CudaDevice device) {
    String identity =
        !device.uuid().isEmpty()
            ? device.uuid()
            : device.pciBusId().isEmpty() ? "ordinal-" + device.ordinal() : device.pciBusId();
    // A slice of a device answers with the UUID of the whole; only the environment tells them
    // apart.
    boolean slice = visible != null && visible.startsWith("MIG-");
    String key = slice ? identity + "-" + visible : identity;
    return key.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-");
  }

  private String reason(DeviceRequest request) {
    String why =
        request.explicit() != null
            ? "asked for as '" + request.explicit() + "'"
            : request.externalIndex() != null
                ? "given by the resource manager as " + request.externalIndex()
                : "least used of " + detected.size() + " visible";
    return visible == null ? why : why + ", " + VISIBLE + "=" + visible;
  }

  private String listing() {
    String devices =
        detected.isEmpty()
            ? "none"
            : detected.stream().map(DeviceChoice::describe).collect(Collectors.joining("; "));
    return visible == null ? devices : devices + " (" + VISIBLE + "=" + visible + ")";
  }

  private static String describe(DetectedDevice device) {
    return device instanceof UnusableDevice lost
        ? "cuda:" + lost.ordinal() + " (" + lost.name() + ") " + lost.firstCause().getMessage()
        : ((CudaDevice) device).displayName() + " " + ((CudaDevice) device).uuid();
  }

  private @Nullable Throwable firstCause() {
    return detected.stream()
        .filter(UnusableDevice.class::isInstance)
        .map(device -> ((UnusableDevice) device).firstCause())
        .findFirst()
        .orElse(null);
  }
}

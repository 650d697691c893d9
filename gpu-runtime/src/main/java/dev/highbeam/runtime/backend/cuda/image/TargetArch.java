// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.image;

import java.util.Comparator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What one image was compiled for, with the compiler's names: {@code sm_90a} is machine code for
 * exactly 9.0, {@code compute_80} is PTX that a driver compiles for any device from 8.0 on. The
 * order is by form, capability and suffix, the same on every machine.
 *
 * @see <a href="https://docs.nvidia.com/cuda/cuda-compiler-driver-nvcc/">nvcc, GPU compilation</a>
 */
public record TargetArch(Form form, Capability capability, Suffix suffix)
    implements Comparable<TargetArch> {

  /** Machine code, or the assembly text that a driver compiles. */
  public enum Form {
    CUBIN("sm_"),
    PTX("compute_");

    private final String prefix;

    Form(String prefix) {
      this.prefix = prefix;
    }
  }

  /** How far beyond its own capability an image reaches. */
  public enum Suffix {
    /** As far as its form allows. */
    NONE(""),
    /** Devices of the same major capability that are not older. */
    FAMILY("f"),
    /** Devices of this very capability only. */
    EXACT("a");

    private final String letter;

    Suffix(String letter) {
      this.letter = letter;
    }
  }

  private static final Pattern NAME = Pattern.compile("(sm|compute)_(\\d{2,3})([af]?)");
  private static final Comparator<TargetArch> ORDER =
      Comparator.comparing(TargetArch::form)
          .thenComparing(TargetArch::capability)
          .thenComparing(TargetArch::suffix);

  /** Reads a compiler's name, such as {@code sm_90a} or {@code compute_80}. */
  public static TargetArch parse(String name) {
    Matcher matcher = NAME.matcher(name);
    if (!matcher.matches()) {
      throw new IllegalArgumentException(
          "an architecture has the form sm_90, sm_90a or compute_80, was '" + name + "'");
    }
    return new TargetArch(
        matcher.group(1).equals("sm") ? Form.CUBIN : Form.PTX,
        Capability.ofNumber(Integer.parseInt(matcher.group(2))),
        suffix(matcher.group(3)));
  }

  /** Whether a device of that capability runs an image for this architecture. */
  public boolean runsOn(Capability device) {
    boolean sameMajor = device.major() == capability.major();
    return switch (suffix) {
      case EXACT -> device.equals(capability);
      case FAMILY -> sameMajor && device.isAtLeast(capability);
      case NONE -> device.isAtLeast(capability) && (form == Form.PTX || sameMajor);
    };
  }

  public boolean isPtx() {
    return form == Form.PTX;
  }

  /** {@code a}, {@code f} or nothing. */
  String suffixLetter() {
    return suffix.letter;
  }

  /** The compiler's name, such as {@code sm_90a}. */
  public String name() {
    return form.prefix + capability.major() + capability.minor() + suffix.letter;
  }

  @Override
  public int compareTo(TargetArch other) {
    return ORDER.compare(this, other);
  }

  @Override
  public String toString() {
    return name();
  }

  private static Suffix suffix(String letter) {
    return switch (letter) {
      case "a" -> Suffix.EXACT;
      case "f" -> Suffix.FAMILY;
      default -> Suffix.NONE;
    };
  }
}

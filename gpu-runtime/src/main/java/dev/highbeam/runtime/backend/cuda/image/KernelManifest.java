// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.image;

import java.io.IOException;
import java.io.StringReader;
import java.util.Collection;
import java.util.List;
import java.util.Properties;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the build says it put into the jar: {@code kernels.properties} (images, fatbin, sourceHash,
 * nvcc, archs) and the rows of {@code kernels.tsv}. A claim only: {@link ImageLint} compares it
 * with the images themselves.
 */
public final class KernelManifest {

  private static final Pattern VERSION = Pattern.compile("(\\d{1,3})\\.\\d{1,3}(?:\\.\\d{1,6})?");
  private static final Pattern HASH = Pattern.compile("[0-9a-f]{64}");
  private static final Pattern RESOURCE = Pattern.compile("[\\w-][\\w./-]*");

  private final Properties properties;
  private final List<TargetArch> archs;
  private final KernelTable table;
  private final int nvccMajor;

  private KernelManifest(
      Properties properties, List<TargetArch> archs, KernelTable table, int nvccMajor) {
    this.properties = properties;
    this.archs = archs;
    this.table = table;
    this.nvccMajor = nvccMajor;
  }

  /** Reads the contents of the two files. */
  static KernelManifest parse(String propertiesText, String tableText) {
    Properties properties = properties(propertiesText);
    TreeSet<TargetArch> archs = new TreeSet<>();
    for (String name : required(properties, "archs").split(",", -1)) {
      if (!archs.add(arch(name.strip()))) {
        throw new MalformedImageException("kernels.properties lists " + name + " twice");
      }
    }
    if (!required(properties, "images").equals(Integer.toString(archs.size()))) {
      throw new MalformedImageException(
          "kernels.properties counts "
              + required(properties, "images")
              + " images and lists "
              + archs.size());
    }
    KernelTable table = KernelTable.parse(tableText);
    if (!table.archs().equals(archs)) {
      throw new MalformedImageException(
          "kernels.tsv has rows for "
              + new TreeSet<>(table.archs())
              + ", kernels.properties lists "
              + archs);
    }
    matching(properties, "sourceHash", HASH);
    matching(properties, "fatbin", RESOURCE);
    int nvccMajor = Integer.parseInt(matching(properties, "nvcc", VERSION).group(1));
    return new KernelManifest(properties, List.copyOf(archs), table, nvccMajor);
  }

  /** How many images a build carries according to its properties; 0 without nvcc. */
  static int imageCount(String propertiesText) {
    String images = required(properties(propertiesText), "images");
    if (!images.matches("\\d{1,4}")) {
      throw new MalformedImageException("kernels.properties counts '" + images + "' images");
    }
    return Integer.parseInt(images);
  }

  /** All images, in their order. */
  public List<TargetArch> archs() {
    return archs;
  }

  /** The kernels of one image. */
  public Collection<KernelRow> rows(TargetArch arch) {
    return table.rows(arch);
  }

  /** SHA-256 of the sources and the compiler's options, in hex digits. */
  public String sourceHash() {
    return required(properties, "sourceHash");
  }

  /** Version of the compiler, such as 13.0.88. */
  public String nvcc() {
    return required(properties, "nvcc");
  }

  /** The oldest driver that loads this compiler's machine code. */
  DriverVersion cubinDriverFloor() {
    return DriverVersion.ofCubin(nvccMajor);
  }

  /** Name of the resource that holds the images. */
  String fatbin() {
    return required(properties, "fatbin");
  }

  private static Properties properties(String text) {
    Properties properties = new Properties();
    try {
      properties.load(new StringReader(text));
    } catch (IOException | IllegalArgumentException e) {
      throw new MalformedImageException("kernels.properties is broken: " + e.getMessage());
    }
    return properties;
  }

  private static TargetArch arch(String name) {
    try {
      return TargetArch.parse(name);
    } catch (IllegalArgumentException e) {
      throw new MalformedImageException("kernels.properties is broken: " + e.getMessage());
    }
  }

  private static String required(Properties properties, String name) {
    String value = properties.getProperty(name);
    if (value == null || value.isBlank()) {
      throw new MalformedImageException("kernels.properties has no " + name);
    }
    return value.strip();
  }

  private static Matcher matching(Properties properties, String name, Pattern pattern) {
    String value = required(properties, name);
    Matcher matcher = pattern.matcher(value);
    if (!matcher.matches()) {
      throw new MalformedImageException(
          "kernels.properties has the strange " + name + " '" + value + "'");
    }
    return matcher;
  }
}

// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.pipelines.job;

import java.util.Map;
import java.util.TreeMap;

/** The versions that a result may depend on. */
public final class ProgramVersion {

  private ProgramVersion() {}

  /** Highbeam's own version, from the jar's manifest. */
  public static String highbeam() {
    String version = ProgramVersion.class.getPackage().getImplementationVersion();
    return version == null ? "development" : version;
  }

  /** Name to version, sorted. */
  public static Map<String, String> all() {
    Map<String, String> versions = new TreeMap<>();
    versions.put("highbeam", highbeam());
    versions.put("java", Runtime.version().toString());
    versions.put("java_vendor", System.getProperty("java.vendor", "unknown"));
    versions.put("os", System.getProperty("os.name") + " " + System.getProperty("os.version"));
    versions.put("arch", System.getProperty("os.arch", "unknown"));
    return versions;
  }
}

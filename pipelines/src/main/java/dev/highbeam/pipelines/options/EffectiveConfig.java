// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.pipelines.options;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;

/**
 * What a job ran with, defaults included, as one line of JSON: sorted by name, so that equal
 * settings are equal text on every machine.
 */
public record EffectiveConfig(String json) {

  /** The config of values by snake_case name. */
  public static EffectiveConfig of(Map<String, Object> effective) {
    JsonMapper mapper =
        JsonMapper.builder().enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS).build();
    try {
      return new EffectiveConfig(mapper.writeValueAsString(effective));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("settings hold only plain values", e);
    }
  }

  /** SHA-256 of the text in UTF-8, 64 hexadecimal digits. */
  public String sha256() {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(json.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}

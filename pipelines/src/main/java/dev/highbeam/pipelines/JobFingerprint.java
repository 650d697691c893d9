// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.pipelines;

import dev.highbeam.pipelines.options.JobSetting;
import dev.highbeam.pipelines.options.JobSettings;
import dev.highbeam.runtime.api.EngineSetting;
import dev.highbeam.runtime.api.SamplingSetting;
import dev.highbeam.runtime.api.Setting;
import dev.highbeam.schemas.InferenceSchemas;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.avro.SchemaNormalization;
import org.jspecify.annotations.Nullable;

/**
 * What shapes a job's rows, by name: the weights, the schemas, and every setting that can change a
 * row. Rows of two runs may lie in one output only if all of it is equal. How fast rows come
 * (threads, sequences at once, pages) is no part of it, nor is the device, for which each row's
 * numerics_id answers.
 */
final class JobFingerprint {

  private static final String UNSET = "";
  private static final int SHOWN_CHARS = 60;

  private static final List<Setting> SETTINGS =
      List.of(
          JobSetting.ID_COLUMN,
          JobSetting.PROMPT_COLUMN,
          JobSetting.PROMPT_TEMPLATE,
          JobSetting.ROW_PARAMETERS,
          JobSetting.SEED,
          JobSetting.OUTPUT_TOKEN_IDS,
          EngineSetting.DTYPE,
          EngineSetting.KV_CACHE_DTYPE,
          EngineSetting.QUANTIZATION,
          EngineSetting.MAX_MODEL_LEN);

  private JobFingerprint() {}

  /** The fingerprint of a job over a model with these weights. */
  static Map<String, String> of(JobSettings settings, String weights) {
    TreeMap<String, String> fields = new TreeMap<>();
    fields.put("weights", weights);
    fields.put("schema", schema());
    List<Setting> shaping = new ArrayList<>(SETTINGS);
    shaping.addAll(List.of(SamplingSetting.values()));
    shaping.remove(SamplingSetting.SEED); // Its name is the job's seed, which is there.
    for (Setting setting : shaping) {
      Object value = settings.get(setting);
      fields.put(setting.settingName(), value == null ? UNSET : String.valueOf(value));
    }
    return fields;
  }

  /** What differs, as the end of a sentence that names it; null if nothing does. */
  static @Nullable String change(Map<String, String> before, Map<String, String> now) {
    TreeSet<String> names = new TreeSet<>(before.keySet());
    names.addAll(now.keySet());
    for (String name : names) {
      if (!Objects.equals(before.get(name), now.get(name))) {
        return name + " was " + shown(before.get(name)) + " and is " + shown(now.get(name));
      }
    }
    return null;
  }

  private static String shown(@Nullable String value) {
    if (value == null || value.isEmpty()) {
      return "unset";
    }
    return value.length() <= SHOWN_CHARS ? value : value.substring(0, SHOWN_CHARS) + "...";
  }

  private static String schema() {
    String text =
        SchemaNormalization.toParsingForm(InferenceSchemas.REQUEST)
            + SchemaNormalization.toParsingForm(InferenceSchemas.JOURNAL_ENTRY);
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(hash).substring(0, 16);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}

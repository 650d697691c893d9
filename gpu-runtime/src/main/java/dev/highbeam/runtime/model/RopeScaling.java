// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.model;

import dev.highbeam.runtime.backend.RopeSpec;
import dev.highbeam.runtime.json.JsonValue;
import dev.highbeam.runtime.json.MalformedFileException;
import java.util.Optional;

/**
 * Rotary frequencies from config.json's rope_theta and rope_scaling (in newer files both in
 * rope_parameters). Each step is rounded to f32 as the checkpoints' own code rounds it, because
 * angles grow with the position and errors with them.
 */
final class RopeScaling {

  private static final double MAX_THETA = 1e15;
  private static final double MAX_FACTOR = 1e6;
  private static final int MAX_POSITIONS = 1 << 24;

  private RopeScaling() {}

  static RopeSpec read(JsonValue config, int headDim, int maxPositions)
      throws MalformedFileException {
    Optional<JsonValue> scaling = config.member("rope_parameters");
    if (scaling.isEmpty()) {
      scaling = config.member("rope_scaling");
    }
    refusePartial(config);
    double theta = ConfigReader.number(config, "rope_theta", 10_000, 1, MAX_THETA);
    if (scaling.isEmpty()) {
      return new RopeSpec(headDim, unscaled(theta, headDim), 1);
    }
    JsonValue spec = scaling.get();
    theta = ConfigReader.number(spec, "rope_theta", theta, 1, MAX_THETA);
    refusePartial(spec);
    float[] frequencies = unscaled(theta, headDim);
    String type = spec.textOr("rope_type", spec.textOr("type", "default"));
    switch (type) {
      case "default" -> {}
      case "linear" -> {
        float factor = (float) requiredNumber(spec, "factor", MAX_FACTOR);
        for (int i = 0; i < frequencies.length; i++) {
          frequencies[i] /= factor;
        }
      }
      case "llama3" -> scaleLikeLlama3(frequencies, spec, maxPositions);
      default ->
          throw spec.malformed(
              "has the rope type "
                  + FileProblems.quoted(type)
                  + "; supported are default, linear and llama3");
    }
    return new RopeSpec(headDim, frequencies, 1);
  }

  /** theta^(-2i / d), the exponent and the power rounded to f32. */
  private static float[] unscaled(double theta, int headDim) {
    float[] frequencies = new float[headDim / 2];
    for (int i = 0; i < frequencies.length; i++) {
      float exponent = (float) (2 * i) / headDim;
      frequencies[i] = 1 / (float) Math.pow((float) theta, exponent);
    }
    return frequencies;
  }

  /**
   * Llama 3.1's rule: waves longer than a part of the original context are stretched by the factor,
   * short ones stay, those between are blended.
   */
  private static void scaleLikeLlama3(float[] frequencies, JsonValue spec, int maxPositions)
      throws MalformedFileException {
    double factor = requiredNumber(spec, "factor", MAX_FACTOR);
    double low = requiredNumber(spec, "low_freq_factor", MAX_FACTOR);
    double high = requiredNumber(spec, "high_freq_factor", MAX_FACTOR);
    int context =
        ConfigReader.integer(
            spec, "original_max_position_embeddings", maxPositions, 1, MAX_POSITIONS);
    if (high <= low) {
      throw spec.malformed("must have a high_freq_factor above its low_freq_factor");
    }
    for (int i = 0; i < frequencies.length; i++) {
      float wavelength = (float) (2 * Math.PI) / frequencies[i];
      float stretched = frequencies[i] / (float) factor;
      if (wavelength > (float) (context / low)) {
        frequencies[i] = stretched;
      } else if (wavelength >= (float) (context / high)) {
        float blend = (context / wavelength - (float) low) / (float) (high - low);
        frequencies[i] = (1 - blend) * stretched + blend * frequencies[i];
      }
    }
  }

  private static void refusePartial(JsonValue json) throws MalformedFileException {
    if (ConfigReader.number(json, "partial_rotary_factor", 1, 0, 1) != 1) {
      throw json.malformed("rotates a part of each head only, which is not supported");
    }
  }

  private static double requiredNumber(JsonValue json, String key, double max)
      throws MalformedFileException {
    json.required(key);
    return ConfigReader.number(json, key, 0, Float.MIN_NORMAL, max);
  }
}

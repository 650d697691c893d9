// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.tokenizer;

import dev.highbeam.runtime.json.JsonValue;
import dev.highbeam.runtime.json.MalformedFileException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads the {@code decoder} of a tokenizer.json. The steps of a file work on lists of texts; the
 * combinations that occur come down to one rule for each piece and one for the start of a text,
 * which is what streaming needs. Others are refused by name.
 *
 * <p>One difference is meant: where the bytes of a ByteFallback run are not all UTF-8, only the
 * wrong ones become U+FFFD, not the whole run, so that a text never changes as it grows.
 */
final class DecoderReader {
  private static final String SUPPORTED =
      "Sequence, ByteLevel, ByteFallback, Fuse, Strip, Replace and Metaspace";

  private final List<Replacement> replacements = new ArrayList<>();
  private boolean byteLevel;
  private boolean byteFallback;
  private boolean fused;
  private int leadingBlanks;
  private @Nullable Character firstPieceMarker;

  private DecoderReader() {}

  static PieceDecoding read(JsonValue json) throws MalformedFileException {
    DecoderReader reader = new DecoderReader();
    reader.addSteps(json);
    if (reader.byteLevel && !reader.replacements.isEmpty()) {
      throw json.malformed("joins ByteLevel with replacements, which is not supported");
    }
    Replacement.checkGrowth(json, reader.replacements);
    return new PieceDecoding(reader.bytes(), reader.leadingBlanks, reader.firstPieceMarker);
  }

  private PieceDecoding.PieceBytes bytes() {
    if (byteLevel) {
      return PieceDecoding::byteLevelBytes;
    }
    List<Replacement> steps = List.copyOf(replacements);
    boolean hasBytePieces = byteFallback;
    return piece -> {
      int value = hasBytePieces ? BytePieces.valueOf(piece) : -1;
      if (value >= 0) {
        return new byte[] {(byte) value};
      }
      String text = piece;
      for (Replacement step : steps) {
        text = step.apply(text);
      }
      return text.getBytes(StandardCharsets.UTF_8);
    };
  }

  private void addSteps(JsonValue json) throws MalformedFileException {
    String type = json.required("type").text();
    switch (type) {
      case "Sequence" -> {
        for (JsonValue step : json.required("decoders").elements()) {
          addSteps(step);
        }
      }
      case "ByteLevel" -> byteLevel = true;
      case "ByteFallback" -> byteFallback = true;
      case "Fuse" -> fused = true;
      case "Strip" -> addStrip(json);
      case "Replace" -> addReplace(json);
      case "Metaspace" -> addMetaspace(json);
      default ->
          throw json.malformed(
              "has the type \"" + type + "\", which is not supported; supported are " + SUPPORTED);
    }
  }

  private void addStrip(JsonValue json) throws MalformedFileException {
    boolean ofBlanks = json.required("content").text().equals(" ");
    int stop = json.required("stop").integer(0, Integer.MAX_VALUE);
    if (!fused || !ofBlanks || stop != 0) {
      throw json.malformed("strips something else than blanks at the start of the fused text");
    }
    leadingBlanks += json.required("start").integer(0, 1024);
  }

  private void addReplace(JsonValue json) throws MalformedFileException {
    if (fused) {
      throw json.malformed("replaces in the fused text, which is not supported");
    }
    replacements.add(Replacement.read(json));
  }

  private void addMetaspace(JsonValue json) throws MalformedFileException {
    String marker = json.textOr("replacement", "▁");
    if (fused || marker.length() != 1) {
      throw json.malformed("must have one character as replacement and stand before Fuse");
    }
    replacements.add(new Replacement(marker, " "));
    String legacy = json.flagOr("add_prefix_space", true) ? "always" : "never";
    if (!json.textOr("prepend_scheme", legacy).equals("never")) {
      firstPieceMarker = marker.charAt(0);
    }
  }
}

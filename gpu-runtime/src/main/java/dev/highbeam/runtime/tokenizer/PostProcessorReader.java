// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.tokenizer;

import dev.highbeam.runtime.json.JsonValue;
import dev.highbeam.runtime.json.MalformedFileException;
import java.util.Optional;

/**
 * Reads the {@code post_processor} of a tokenizer.json: which special tokens stand around a single
 * text. ByteLevel only moves offsets, which nobody asks for here. Others are refused by name.
 */
final class PostProcessorReader {
  /** A frame this long would already be a mistake, and it is put around every text. */
  private static final int MAX_IDS = 64;

  private final int vocabularySize;

  private PostProcessorReader(int vocabularySize) {
    this.vocabularySize = vocabularySize;
  }

  static Template read(Optional<JsonValue> json, int vocabularySize) throws MalformedFileException {
    if (json.isEmpty()) {
      return Template.NONE;
    }
    Template template = new PostProcessorReader(vocabularySize).template(json.get());
    if (template.before().length + template.after().length > MAX_IDS) {
      throw json.get().malformed("puts more than " + MAX_IDS + " special tokens around a text");
    }
    return template;
  }

  private Template template(JsonValue json) throws MalformedFileException {
    String type = json.required("type").text();
    return switch (type) {
      case "ByteLevel" -> Template.NONE;
      case "Sequence" -> sequence(json);
      case "TemplateProcessing" -> single(json);
      default ->
          throw json.malformed(
              "has the type \""
                  + type
                  + "\", which is not supported; supported are Sequence, ByteLevel and"
                  + " TemplateProcessing");
    };
  }

  private Template sequence(JsonValue json) throws MalformedFileException {
    Template template = Template.NONE;
    for (JsonValue step : json.required("processors").elements()) {
      template = template.inside(template(step));
    }
    return template;
  }

  private Template single(JsonValue json) throws MalformedFileException {
    IdList before = new IdList(2);
    IdList after = new IdList(2);
    int textCount = 0;
    for (JsonValue part : json.required("single").elements()) {
      if (part.member("Sequence").isPresent()) {
        textCount++;
      } else {
        String name = part.required("SpecialToken").required("id").text();
        addIds(json.required("special_tokens").required(name), textCount == 0 ? before : after);
      }
    }
    if (textCount != 1) {
      throw json.malformed("must hold the text once in \"single\", not " + textCount + " times");
    }
    return new Template(before.toArray(), after.toArray());
  }

  private void addIds(JsonValue specialToken, IdList out) throws MalformedFileException {
    for (JsonValue id : specialToken.required("ids").elements()) {
      out.add(id.integer(0, vocabularySize - 1));
    }
  }
}

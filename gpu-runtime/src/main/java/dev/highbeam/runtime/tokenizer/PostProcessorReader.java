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
  private final int vocabularySize;

  private PostProcessorReader(int vocabularySize) {
    this.vocabularySize = vocabularySize;
  }

  static Template read(Optional<JsonValue> json, int vocabularySize) throws MalformedFileException {
    return json.isPresent()
        ? new PostProcessorReader(vocabularySize).template(json.get())
        : Template.NONE;
  }

  private Template template(JsonValue json) throws MalformedFileException {
    String type = json.required("type").text();
    switch (type) {
      case "ByteLevel":
        return Template.NONE;
      case "Sequence":
        Template template = Template.NONE;
        for (JsonValue step : json.required("processors").elements()) {
          template = template.inside(template(step));
        }
        return template;
      case "TemplateProcessing":
        return single(json);
      default:
        throw json.malformed(
            "has the type \""
                + type
                + "\", which is not supported; supported are Sequence, ByteLevel and"
                + " TemplateProcessing");
    }
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

// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.pipelines.demo;

/**
 * One message with what is true and what the model wrote.
 *
 * @param message the customer's text
 * @param truth its labels
 * @param answer what was read from the generated text
 */
public record DemoRow(String message, DemoLabels truth, DemoAnswer answer) {

  /** From the columns of a result row. */
  public static DemoRow of(String message, String topic, String urgency, String generatedText) {
    return new DemoRow(message, new DemoLabels(topic, urgency), DemoAnswer.parse(generatedText));
  }
}

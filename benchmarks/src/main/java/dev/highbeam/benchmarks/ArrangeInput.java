// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/** Inputs that differ in what arranging them can bring. The same rows each time. */
enum ArrangeInput {
  /** Every row five times, in any order. */
  DUPLICATES {
    @Override
    List<String> rows(int count, Random random) {
      List<String> rows = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        rows.add(row("Message: " + words(new Random(i / COPIES), 20) + "\nTopic:", 24));
      }
      Collections.shuffle(rows, random);
      return rows;
    }
  },

  /** Ten questions about each document, every document once before the next question comes. */
  PREFIXES {
    @Override
    List<String> rows(int count, Random random) {
      List<String> rows = new ArrayList<>();
      int documents = Math.max(1, count / QUESTIONS);
      for (int i = 0; i < count; i++) {
        String document = words(new Random(i % documents), 150);
        rows.add(row(document + " Question " + i / documents + ":", 8));
      }
      return rows;
    }
  },

  /** Nothing in common; every twentieth answer is ten times as long. */
  RANDOM {
    @Override
    List<String> rows(int count, Random random) {
      List<String> rows = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        int tokens = 8 + random.nextInt(16);
        int wanted = random.nextInt(20) == 0 ? 10 * tokens : tokens;
        rows.add(row(words(random, 5 + random.nextInt(60)) + " " + i, wanted));
      }
      return rows;
    }
  };

  private static final int COPIES = 5;
  private static final int QUESTIONS = 10;
  private static final List<String> WORDS =
      List.of(
          "order",
          "parcel",
          "never",
          "came",
          "please",
          "refund",
          "the",
          "blue",
          "lamp",
          "broke",
          "yesterday",
          "again",
          "phone",
          "my",
          "account",
          "is",
          "locked",
          "since",
          "Monday",
          "help");

  /** The lines of the input. */
  abstract List<String> rows(int count, Random random);

  /** Writes so many rows. */
  Path write(Path folder, int count) throws IOException {
    Path file = folder.resolve(name() + ".jsonl");
    Files.write(file, rows(count, new Random(2611)));
    return file;
  }

  private static String row(String prompt, int maxTokens) {
    return "{\"prompt\": \""
        + prompt.replace("\n", "\\n")
        + "\", \"max_tokens\": "
        + maxTokens
        + "}";
  }

  private static String words(Random random, int count) {
    List<String> words = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      words.add(WORDS.get(random.nextInt(WORDS.size())));
    }
    return String.join(" ", words);
  }
}

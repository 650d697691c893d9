// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/** The tokens of a ragged step: some sequences have several, some one, some none. */
final class AppendTokens {

  static final int PAGES = 9;

  /** First position and tokens of each sequence; the second has pages and no token in this step. */
  private static final int[][] SEQUENCES = {{0, 3}, {5, 0}, {7, 2}, {31, 2}};

  /** Where the pages of each sequence begin in a list of all; the last page is nobody's. */
  private static final int[] FIRST_PAGES = {0, 3, 4, 6};

  private static final int MOST_POSITIONS = 40;

  final int[] positions;

  /** Where each token's keys and values go; below 0 for padding. */
  final int[] slots;

  /** Tokens of sequences whose pages are scattered, the one at {@code padding} without a place. */
  AppendTokens(int pageSize, int padding) {
    List<Integer> pages = new ArrayList<>();
    for (int page = 0; page < PAGES; page++) {
      pages.add(page);
    }
    Collections.shuffle(pages, new Random(pageSize));
    List<int[]> tokens = new ArrayList<>();
    for (int s = 0; s < SEQUENCES.length; s++) {
      for (int i = 0; i < SEQUENCES[s][1]; i++) {
        int position = SEQUENCES[s][0] + i;
        int place = FIRST_PAGES[s] + position / pageSize - SEQUENCES[s][0] / pageSize;
        int page = pages.get(place);
        tokens.add(new int[] {position, page * pageSize + position % pageSize});
      }
    }
    positions = tokens.stream().mapToInt(token -> token[0]).toArray();
    slots = tokens.stream().mapToInt(token -> token[1]).toArray();
    if (padding >= 0) {
      slots[padding] = -1;
    }
  }

  int count() {
    return positions.length;
  }

  /** Cosines and sines [position][rotaryDim / 2][2]. */
  static float[] turns(int rotaryDim) {
    int half = rotaryDim / 2;
    float[] turns = new float[Math.max(1, MOST_POSITIONS * rotaryDim)];
    for (int p = 0; p < MOST_POSITIONS; p++) {
      for (int i = 0; i < half; i++) {
        double angle = p * Math.pow(10000, -2.0 * i / rotaryDim);
        turns[(p * half + i) * 2] = (float) Math.cos(angle);
        turns[(p * half + i) * 2 + 1] = (float) Math.sin(angle);
      }
    }
    return turns;
  }

  /** Values of all magnitudes that fp8 tells apart and some that it does not, and a NaN. */
  float[] qkv(AppendCase shape, int seed) {
    Random random = new Random(seed);
    float[] values = new float[(count() + 1) * shape.stride()];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (random.nextGaussian() * Math.pow(2, random.nextInt(24) - 14));
    }
    values[shape.width() - 1] = Float.NaN;
    values[shape.width() - 2] = -0f;
    return values;
  }

  /** The rows with queries and keys rotated; each step rounds once to the type. */
  float[] rotated(AppendCase shape, float[] qkv, float[] turns) {
    ElementType type = shape.activation();
    float[] rows = new float[qkv.length];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = type.round(qkv[i]);
    }
    int half = shape.rotaryDim() / 2;
    for (int t = 0; t < count(); t++) {
      for (int h = 0; h < shape.queryHeads() + shape.kvHeads(); h++) {
        int head = t * shape.stride() + h * shape.headDim();
        for (int i = 0; i < half; i++) {
          float a = rows[head + i];
          float b = rows[head + i + half];
          float cos = turns[(positions[t] * half + i) * 2];
          float sin = turns[(positions[t] * half + i) * 2 + 1];
          rows[head + i] = type.round(a * cos - b * sin);
          rows[head + i + half] = type.round(b * cos + a * sin);
        }
      }
    }
    return rows;
  }
}

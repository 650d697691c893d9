// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import dev.highbeam.runtime.backend.Capacity;
import dev.highbeam.runtime.backend.ForwardBatch;
import dev.highbeam.runtime.backend.ForwardBatch.TokenClass;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/**
 * One step of an attention layer: entries of sequences whose pages are scattered at random over a
 * cache in which everything else is NaN.
 */
final class AttentionStep {

  private static final int SPARE_PAGES = 3;

  final AttentionCase layer;
  private final List<Entry> entries = new ArrayList<>();
  private int pageSeed = 1;
  private int maxPartials = 1000;
  private int listWindow;

  /** Thread blocks of the OUTPUT kernel and of the combination. */
  int grid = 3;

  /** Consecutive tokens of a sequence; its earlier ones are in the cache. */
  record Entry(AttentionSequence sequence, int position, int count, TokenClass tokenClass) {}

  AttentionStep(AttentionCase layer) {
    this.layer = layer;
    this.listWindow = layer.window;
  }

  /** Adds PROMPT tokens; before any OUTPUT tokens. */
  AttentionStep prompt(int sequence, int position, int count) {
    return add(sequence, position, count, TokenClass.PROMPT);
  }

  AttentionStep output(int sequence, int position, int count) {
    return add(sequence, position, count, TokenClass.OUTPUT);
  }

  private AttentionStep add(int sequence, int position, int count, TokenClass tokenClass) {
    entries.add(new Entry(new AttentionSequence(layer, sequence), position, count, tokenClass));
    return this;
  }

  /** Which pages hold what. */
  AttentionStep pageSeed(int seed) {
    pageSeed = seed;
    return this;
  }

  /** Room for partial results; with 0 all rows are done whole. */
  AttentionStep maxPartials(int partials) {
    maxPartials = partials;
    return this;
  }

  AttentionStep grid(int blocks) {
    grid = blocks;
    return this;
  }

  /** A window that the lists are made for instead of the layer's own; 0 for none. */
  AttentionStep listsForWindow(int window) {
    listWindow = window;
    return this;
  }

  List<Entry> entries() {
    return entries;
  }

  /** Positions and pages of the entries. */
  ForwardBatch batch() {
    ForwardBatch batch = new ForwardBatch(capacity());
    List<Integer> order = new ArrayList<>();
    for (int page = 0; page < pageCount(); page++) {
      order.add(page);
    }
    Collections.shuffle(order, new Random(pageSeed));
    for (Entry entry : entries) {
      int token = batch.tokenCount();
      int page = batch.pageCount();
      for (int i = 0; i < entry.count; i++) {
        batch.positions[token + i] = entry.position + i;
      }
      int pages = pageCount(entry);
      for (int i = 0; i < pages; i++) {
        batch.pageIndices[page + i] = order.get(page + i);
      }
      batch.endEntry(token + entry.count, page + pages, 0, entry.tokenClass);
    }
    return batch;
  }

  AttentionWork work() {
    return new AttentionWork(List.of(layer.window(listWindow).spec()), capacity(), maxPartials);
  }

  private Capacity capacity() {
    int tokens = 1;
    int length = 1;
    for (Entry entry : entries) {
      tokens += entry.count;
      length = Math.max(length, entry.position + entry.count);
    }
    return new Capacity(tokens, Math.max(1, entries.size()), length, layer.pageSize, 1);
  }

  private int pageCount() {
    int pages = SPARE_PAGES;
    for (Entry entry : entries) {
      pages += pageCount(entry);
    }
    return pages;
  }

  private int pageCount(Entry entry) {
    return (entry.position + entry.count + layer.pageSize - 1) / layer.pageSize;
  }

  // Pages have a gap between them, as pages of several layers may.
  long pageStride() {
    return (long) layer.pageSize * layer.kvHeads * layer.headDim + 16;
  }

  long headStride() {
    return (layer.isHnd ? (long) layer.pageSize : 1) * layer.headDim;
  }

  long tokenStride() {
    return (layer.isHnd ? 1L : layer.kvHeads) * layer.headDim;
  }

  /** The cache of keys. */
  float[] keys(ForwardBatch batch) {
    return cache(batch, AttentionSequence::keys);
  }

  /** The cache of values. */
  float[] values(ForwardBatch batch) {
    return cache(batch, AttentionSequence::values);
  }

  private interface Rows {
    float[] row(AttentionSequence sequence, int position);
  }

  private float[] cache(ForwardBatch batch, Rows rows) {
    float[] cache = new float[Math.toIntExact(pageCount() * pageStride())];
    Arrays.fill(cache, Float.NaN);
    for (int e = 0; e < entries.size(); e++) {
      Entry entry = entries.get(e);
      for (int position = 0; position < entry.position + entry.count; position++) {
        int page = batch.pageIndices[batch.pageIndptr[e] + position / layer.pageSize];
        long at = page * pageStride() + position % layer.pageSize * tokenStride();
        float[] row = rows.row(entry.sequence, position);
        for (int head = 0; head < layer.kvHeads; head++) {
          int to = Math.toIntExact(at + head * headStride());
          System.arraycopy(row, head * layer.headDim, cache, to, layer.headDim);
        }
      }
    }
    return cache;
  }

  /** Queries, with NaN where keys and values of the same buffer would be. */
  float[] queries(int stride) {
    List<float[]> rows = new ArrayList<>();
    for (Entry entry : entries) {
      for (int i = 0; i < entry.count; i++) {
        rows.add(entry.sequence.queries(entry.position + i));
      }
    }
    float[] queries = new float[rows.size() * stride];
    Arrays.fill(queries, Float.NaN);
    for (int i = 0; i < rows.size(); i++) {
      System.arraycopy(rows.get(i), 0, queries, i * stride, rows.get(i).length);
    }
    return queries;
  }
}

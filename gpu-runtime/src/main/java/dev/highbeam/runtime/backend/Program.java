// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend;

import dev.highbeam.runtime.api.Checks;
import java.util.ArrayList;
import java.util.List;

/**
 * A model's forward pass, recorded once as data: ops over named buffers. The body runs over all
 * tokens of a step; the head (gather, logits, sampling) runs over blocks of at most {@link
 * Capacity#headRows} logit rows, so that logits never need more memory than one block.
 *
 * <p>Memory plans, names for the watchdog and fusion all derive from this list.
 */
public final class Program {

  private final List<Buffer> buffers;
  private final List<KvGroup> kvGroups;
  private final List<Op> body;
  private final List<Op> head;
  private final int vocabularySize;

  private Program(Builder builder) {
    this.buffers = List.copyOf(builder.buffers);
    this.kvGroups = List.copyOf(builder.kvGroups);
    this.body = List.copyOf(builder.body);
    this.head = List.copyOf(builder.head);
    this.vocabularySize = builder.vocabularySize;
  }

  public static Builder builder(int vocabularySize) {
    return new Builder(vocabularySize);
  }

  public List<Buffer> buffers() {
    return buffers;
  }

  public List<KvGroup> kvGroups() {
    return kvGroups;
  }

  /** Ops over all tokens of a step, in order. */
  public List<Op> body() {
    return body;
  }

  /** Ops over blocks of logit rows, in order. */
  public List<Op> head() {
    return head;
  }

  public int vocabularySize() {
    return vocabularySize;
  }

  /** Bytes that the buffers take for the largest step. */
  public long activationBytes(Capacity capacity) {
    long bytes = 0;
    for (Buffer buffer : buffers) {
      long rows =
          buffer.rows() == Buffer.Rows.TOKENS ? capacity.maxStepTokens() : capacity.headRows();
      bytes += rows * buffer.width() * buffer.dtype().bytes();
    }
    return bytes;
  }

  /** Bytes of keys and values that one page takes in all groups. */
  public long pageBytes(int pageSize) {
    long bytes = 0;
    for (KvGroup group : kvGroups) {
      bytes += group.bytesPerToken() * pageSize;
    }
    return bytes;
  }

  /** Records a program; used by one thread, once. */
  public static final class Builder {

    private final int vocabularySize;
    private final List<Buffer> buffers = new ArrayList<>();
    private final List<KvGroup> kvGroups = new ArrayList<>();
    private final List<Op> body = new ArrayList<>();
    private final List<Op> head = new ArrayList<>();

    private Builder(int vocabularySize) {
      Checks.checkArgument(
          vocabularySize > 0, "vocabularySize must be positive, was %s", vocabularySize);
      this.vocabularySize = vocabularySize;
    }

    /** A new buffer of the program. */
    public Buffer buffer(String name, Buffer.Rows rows, int width, DType dtype) {
      Buffer buffer = new Buffer(buffers.size(), name, rows, width, dtype);
      buffers.add(buffer);
      return buffer;
    }

    /** A new group of layers that share page tables. */
    public KvGroup kvGroup(int layerCount, int kvHeads, int headDim, DType dtype) {
      KvGroup group = new KvGroup(kvGroups.size(), layerCount, kvHeads, headDim, dtype);
      kvGroups.add(group);
      return group;
    }

    /** Appends an op over tokens. */
    public Builder body(Op op) {
      body.add(op);
      return this;
    }

    /** Appends an op over logit rows. */
    public Builder head(Op op) {
      head.add(op);
      return this;
    }

    public Program build() {
      return new Program(this);
    }
  }
}

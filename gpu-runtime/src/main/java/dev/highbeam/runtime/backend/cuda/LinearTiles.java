// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import dev.highbeam.runtime.api.Checks;
import dev.highbeam.runtime.backend.DType;
import dev.highbeam.runtime.backend.cuda.image.Capability;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How one launch of a linear is cut into thread blocks: pure arithmetic on sizes, nothing is
 * measured at run time. Never changes a bit of the result; that is {@link LinearFamily}'s.
 *
 * @param kernel the kernel's name
 * @param shape the compiled size
 * @param gridX thread blocks along x
 * @param gridY thread blocks along y
 * @param gridZ thread blocks along z
 * @param splitBlocks 1 if each segment has thread blocks of its own, 0 if one block does all
 * @param partialBytes workspace for partial sums, 0 unless splitBlocks is 1
 * @param counterCount int32 counters, zero before and after the launch; 0 unless splitBlocks is 1
 */
record LinearTiles(
    String kernel,
    LinearShape shape,
    int gridX,
    int gridY,
    int gridZ,
    int splitBlocks,
    long partialBytes,
    int counterCount) {

  /** Up to so many tokens the weights' bytes are the cost: one token tile, split segments. */
  private static final int STREAMING_TOKENS = 128;

  // In k tiles: filling the pipeline and storing a tile; adding up partial sums from memory.
  private static final long TILE_OVERHEAD = 4;
  private static final long PARTIAL_OVERHEAD = 13;

  /** The widest tile whose accumulators leave room for a total beside the partial sums. */
  private static final int MAX_SEGMENTED_TOKEN_TILE = 192;

  /** The widest tile that kernels split by segments. */
  private static final int MAX_SPLIT_TOKEN_TILE = 128;

  /**
   * Up to so many tokens only tiles that divide it: a launch over a block of logit rows of this
   * size, more of which may follow, must not reach beyond it.
   */
  private static final int BLOCK_TOKENS = 1024;

  /**
   * Chooses for up to so many tokens. Rows of the output beyond them may be written up to a whole
   * tile if the count on the device says that there are as many.
   *
   * @param tokens the most tokens that a launch may count
   * @param multiprocessors of the device
   */
  static LinearTiles choose(
      LinearFamily family, int tokens, Capability device, int multiprocessors) {
    Checks.checkArgument(tokens > 0, "tokens must be positive, was %s", tokens);
    Checks.checkArgument(
        multiprocessors > 0, "multiprocessors must be positive, was %s", multiprocessors);
    List<LinearShape> shapes = LinearShape.of(family.kernel(), device);
    boolean canSplit = family.segmentCount() > 1;
    if (tokens <= STREAMING_TOKENS) {
      LinearShape shape = shapes.get(shapes.size() - 1);
      for (int i = shapes.size() - 1; i >= 0 && shapes.get(i).tokenTile() >= tokens; i--) {
        shape = shapes.get(i);
      }
      return of(family, shape, canSplit, tokens, multiprocessors);
    }
    return cheapest(family, shapes, tokens, multiprocessors);
  }

  /** The shape with the least estimated time; the first, hence smaller, of equals. */
  private static LinearTiles cheapest(
      LinearFamily family, List<LinearShape> shapes, int tokens, int multiprocessors) {
    @Nullable LinearTiles best = null;
    long bestCost = Long.MAX_VALUE;
    for (LinearShape shape : shapes) {
      for (boolean split : new boolean[] {false, true}) {
        if (!can(family, shape, split, tokens)) {
          continue;
        }
        LinearTiles tiles = of(family, shape, split, tokens, multiprocessors);
        long cost = tiles.cost(family, tokens, multiprocessors);
        if (cost < bestCost) {
          best = tiles;
          bestCost = cost;
        }
      }
    }
    return Objects.requireNonNull(best, "every kernel has a size that can do all segments");
  }

  /** Whether a compiled size can do a linear so. */
  static boolean can(LinearFamily family, LinearShape shape, boolean split, int tokens) {
    if (tokens <= BLOCK_TOKENS && BLOCK_TOKENS % shape.tokenTile() != 0) {
      return false;
    }
    if (split) {
      return family.segmentCount() > 1 && shape.tokenTile() <= MAX_SPLIT_TOKEN_TILE;
    }
    return family.segmentCount() == 1 || shape.tokenTile() <= MAX_SEGMENTED_TOKEN_TILE;
  }

  /** Rounds of blocks over the device, times the length of one, in token rows times k tiles. */
  private long cost(LinearFamily family, int tokens, int multiprocessors) {
    boolean split = splitBlocks == 1;
    long kTiles =
        LinearFamily.ceilDiv(
            split ? family.segmentLength() : family.paddedK(),
            LinearFamily.TILE_ROW_BYTES / family.weightType().bytes());
    long places = (long) multiprocessors * shape.blocksPerMultiprocessor();
    long blocks = Math.min((long) gridX * gridY * gridZ, places);
    long rounds = (items(family, shape, split, tokens) + blocks - 1) / blocks;
    // Blocks that share a multiprocessor share its arithmetic, and a narrow tile wastes bandwidth
    // of shared memory: its weights are read for fewer tokens.
    long width = (long) (shape.tokenTile() + 64) * shape.blocksPerMultiprocessor();
    long length = kTiles + TILE_OVERHEAD + (split ? PARTIAL_OVERHEAD : 0);
    return rounds * width * shape.rowTile() * length;
  }

  /** The launch of one compiled size, which must be one that can do it. */
  static LinearTiles of(
      LinearFamily family, LinearShape shape, boolean split, int tokens, int multiprocessors) {
    int rowTiles = LinearFamily.ceilDiv(family.rows(), shape.rowTile());
    int tokenTiles = LinearFamily.ceilDiv(tokens, shape.tokenTile());
    int segments = split ? family.segmentCount() : 1;
    long items = items(family, shape, split, tokens);
    long partialBytes = split ? items * shape.rowTile() * shape.tokenTile() * Float.BYTES : 0;
    int counters = split ? Math.multiplyExact(rowTiles, tokenTiles) : 0;
    int gridX = rowTiles;
    int gridZ = segments;
    if (family.kernel() == LinearKernel.WGMMA) {
      // As many blocks as the device holds; they stay and take every such item. The grid's y
      // still says how many tokens a launch covers.
      int places = Math.multiplyExact(multiprocessors, shape.blocksPerMultiprocessor());
      gridX = Math.min(Math.multiplyExact(rowTiles, segments), Math.max(places / tokenTiles, 1));
      gridZ = 1;
    }
    return new LinearTiles(
        name(family, shape),
        shape,
        gridX,
        tokenTiles,
        gridZ,
        split ? 1 : 0,
        partialBytes,
        counters);
  }

  private static long items(LinearFamily family, LinearShape shape, boolean split, int tokens) {
    return (long) LinearFamily.ceilDiv(family.rows(), shape.rowTile())
        * LinearFamily.ceilDiv(tokens, shape.tokenTile())
        * (split ? family.segmentCount() : 1);
  }

  private static String name(LinearFamily family, LinearShape shape) {
    String type = typeName(family.weightType());
    return switch (family.kernel()) {
      case SIMT -> "linear_simt_" + type;
      case MMA -> "linear_mma_" + type + "_n" + shape.tokenTile();
      case WGMMA -> "linear_wgmma_" + type + "_n" + shape.tokenTile();
    };
  }

  private static String typeName(DType dtype) {
    return dtype.name().toLowerCase(Locale.ROOT);
  }
}

// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class KvPagePoolTest {

  @Test
  void givenPoolOfTwo_allocatesThree_changesNothing() {
    KvPagePool pool = new KvPagePool(2, new PrefixCache(2));
    PageTable table = new PageTable();

    assertThatThrownBy(() -> pool.allocate(3, table))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("3 pages asked for, 2 available");

    assertThat(table.count()).isZero();
    assertThat(pool.availableCount()).isEqualTo(2);
  }

  @Test
  void givenPublishedPage_keepsItIdleAfterReleaseAndSharesItAgain() {
    PrefixCache cache = new PrefixCache(4);
    KvPagePool pool = new KvPagePool(4, cache);
    PageTable first = new PageTable();
    pool.allocate(2, first);
    int published = first.page(0);
    cache.publish(hash(1), published);

    pool.releaseAll(first);

    assertThat(pool.isIdle(published)).isTrue();
    assertThat(pool.availableCount()).isEqualTo(4);
    PageTable second = new PageTable();
    pool.share(cache.lookup(hash(1)), second);
    assertThat(second.page(0)).isEqualTo(published);
    assertThat(pool.isIdle(published)).isFalse();
    assertThat(pool.referencedCount()).isEqualTo(1);
  }

  @Test
  void givenIdlePages_givesUpTheTailOfAPromptFirst() {
    PrefixCache cache = new PrefixCache(3);
    KvPagePool pool = new KvPagePool(3, cache);
    PageTable prompt = new PageTable();
    pool.allocate(3, prompt);
    for (int i = 0; i < 3; i++) {
      cache.publish(hash(i), prompt.page(i));
    }
    pool.releaseAll(prompt);

    pool.allocate(1, new PageTable());

    // The beginning of a prompt is what others are likely to share.
    assertThat(cache.lookup(hash(2))).isEqualTo(-1);
    assertThat(cache.lookup(hash(0))).isNotEqualTo(-1);
    assertThat(cache.lookup(hash(1))).isNotEqualTo(-1);
  }

  @Test
  void givenFreeAndIdlePages_takesFreeOnesFirst() {
    PrefixCache cache = new PrefixCache(2);
    KvPagePool pool = new KvPagePool(2, cache);
    PageTable table = new PageTable();
    pool.allocate(1, table);
    cache.publish(hash(0), table.page(0));
    pool.releaseAll(table);

    pool.allocate(1, new PageTable());

    assertThat(cache.lookup(hash(0))).isNotEqualTo(-1);
  }

  @Property(tries = 300, seed = "2611")
  void givenRandomUse_everyPageIsInExactlyOneState(
      @ForAll long seed, @ForAll @IntRange(min = 1, max = 24) int pageCount) {
    Random random = new Random(seed);
    PrefixCache cache = new PrefixCache(pageCount);
    KvPagePool pool = new KvPagePool(pageCount, cache);
    List<PageTable> tables = new ArrayList<>();
    int nextHash = 0;
    for (int i = 0; i < 200; i++) {
      if (random.nextInt(3) == 0 && !tables.isEmpty()) {
        pool.releaseAll(tables.remove(random.nextInt(tables.size())));
      } else {
        PageTable table = new PageTable();
        int shared = nextHash == 0 ? -1 : cache.lookup(hash(random.nextInt(nextHash)));
        if (shared >= 0) {
          pool.share(shared, table);
        }
        pool.allocate(random.nextInt(pool.availableCount() + 1), table);
        if (table.count() > 0 && !cache.isPublished(table.page(0))) {
          cache.publish(hash(nextHash++), table.page(0));
        }
        tables.add(table);
      }
      assertThat(pool.isConsistent()).as("I1 after operation %s", i).isTrue();
      assertThat(unpublishedPagesHaveOneOwner(tables, cache)).isTrue();
    }
    tables.forEach(pool::releaseAll);
    assertThat(pool.availableCount()).isEqualTo(pageCount);
  }

  @Test
  void givenEqualTokens_hashesAreEqualInEveryProcess() {
    int[] tokens = {1, 2, 3, 4, 5, 6, 7, 8, 9};

    PageHash[] hashes = PageHash.ofFullPages(tokens, 4);

    // Two full pages; the ninth token fills no page. The values are part of the format.
    assertThat(hashes).hasSize(2);
    assertThat(Long.toHexString(hashes[0].a())).isEqualTo("7cc41824bbe51e53");
    assertThat(PageHash.ofFullPages(Arrays.copyOf(tokens, 8), 4)[1]).isEqualTo(hashes[1]);
    assertThat(PageHash.ofFullPages(new int[] {0, 2, 3, 4, 5, 6, 7, 8}, 4)[1])
        .as("a page's hash covers what comes before it")
        .isNotEqualTo(hashes[1]);
  }

  private static boolean unpublishedPagesHaveOneOwner(List<PageTable> tables, PrefixCache cache) {
    Set<Integer> seen = new HashSet<>();
    for (PageTable table : tables) {
      for (int i = 0; i < table.count(); i++) {
        if (!cache.isPublished(table.page(i)) && !seen.add(table.page(i))) {
          return false;
        }
      }
    }
    return true;
  }

  private static PageHash hash(int i) {
    return new PageHash(i, 0, 0, 0);
  }
}

// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms.shards;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.highbeam.schemas.ErrorCode;
import dev.highbeam.transforms.rows.Failures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Damage of every kind costs rows, which are computed again, and never makes a wrong one. */
final class JournalTest {

  private static final TreeMap<Integer, String> WHOLE = new TreeMap<>(Map.of(0, "a", 1, "b"));

  @TempDir Path output;

  private Path shard() {
    return WorkFolder.in(output).journal(3);
  }

  private static byte[] entry(int index, String text) {
    Failures.RowKey key = new Failures.RowKey("id-" + index, "in.jsonl", index + 1L);
    return JournalEntry.failed(index, Failures.of(key, ErrorCode.EMPTY, text, "{}")).encode();
  }

  private Map<Integer, String> read() throws IOException {
    TreeMap<Integer, String> found = new TreeMap<>();
    new Journal(shard())
        .read(e -> found.putIfAbsent(e.index(), String.valueOf(e.failure().get("message"))));
    return found;
  }

  private List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(shard())) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void givenParts_readGivesEveryEntry_andLaterPartsGoOn() throws IOException {
    Journal journal = new Journal(shard());
    journal.append(List.of(entry(4, "d"), entry(0, "a")));
    journal.append(List.of(entry(2, "c")));
    assertThat(read()).isEqualTo(Map.of(0, "a", 2, "c", 4, "d"));
    Journal next = new Journal(shard());
    next.read(e -> {});
    next.append(List.of(entry(1, "b")));
    assertThat(names())
        .containsExactly(
            "part-00000.avro",
            "part-00000.json",
            "part-00001.avro",
            "part-00001.json",
            "part-00002.avro",
            "part-00002.json");
    assertThat(read()).hasSize(4);
  }

  @Test
  void givenAnEntryInTwoParts_countsHasItOnce() throws IOException {
    Journal journal = new Journal(shard());
    journal.append(List.of(entry(4, "d"), entry(0, "a")));
    journal.append(List.of(entry(4, "d"), entry(2, "c")));
    assertThat(new Journal(shard()).counts().errorsByCode()).isEqualTo(Map.of("EMPTY", 3L));
    assertThat(new Journal(WorkFolder.in(output).journal(9)).counts()).isEqualTo(RowCounts.NONE);
  }

  @Test
  void givenFileCutAtAnyByte_itsRowsAreMissing_othersStay() throws IOException {
    Journal journal = new Journal(shard());
    journal.append(List.of(entry(0, "a"), entry(1, "b")));
    journal.append(List.of(entry(2, "c")));
    for (String name : List.of("part-00000.avro", "part-00000.json")) {
      Path file = shard().resolve(name);
      byte[] whole = Files.readAllBytes(file);
      int end = name.endsWith(".json") ? new String(whole, UTF_8).lastIndexOf('}') : whole.length;
      for (int length = 0; length < end; length++) {
        Files.write(file, Arrays.copyOf(whole, length));
        assertThat(read()).as("%s cut at %s", name, length).containsOnlyKeys(2);
      }
      Files.write(file, whole);
    }
    assertThat(read()).containsOnlyKeys(0, 1, 2);
  }

  @Test
  void givenAnyFlippedBit_noWrongRowIsRead() throws IOException {
    Journal journal = new Journal(shard());
    journal.append(List.of(entry(0, "a"), entry(1, "b")));
    for (String name : List.of("part-00000.avro", "part-00000.json")) {
      Path file = shard().resolve(name);
      byte[] whole = Files.readAllBytes(file);
      for (int bit = 0; bit < whole.length * 8; bit++) {
        byte[] damaged = whole.clone();
        damaged[bit / 8] ^= (byte) (1 << (bit % 8));
        Files.write(file, damaged);
        Map<Integer, String> found = read();
        if (!found.isEmpty()) {
          assertThat(found).as("bit %s of %s", bit, name).isEqualTo(WHOLE);
          assertThat(name).as("what is read has its own hash").isEqualTo("part-00000.json");
        }
      }
      Files.write(file, whole);
    }
  }

  @Test
  void givenZombieThatOverwritesAPart_rowsAreMissingOrRight() throws IOException {
    Journal older = new Journal(shard());
    Journal newer = new Journal(shard());
    older.append(List.of(entry(0, "a")));
    newer.append(List.of(entry(1, "b"), entry(2, "c"))); // The same name.
    assertThat(read()).containsOnlyKeys(1, 2);
    // The older one dies between a part and its facts.
    byte[] ours = Files.readAllBytes(shard().resolve("part-00000.json"));
    new Journal(shard()).append(List.of(entry(0, "a")));
    Files.write(shard().resolve("part-00000.json"), ours);
    assertThat(read()).isEmpty();
  }

  @Test
  void givenKillBetweenPartAndFacts_orStrayTemporary_isNotRead_andRemoved() throws IOException {
    Journal journal = new Journal(shard());
    journal.append(List.of(entry(0, "a")));
    Files.delete(shard().resolve("part-00000.json"));
    Files.writeString(shard().resolve(".part-00001.avro.x.temp"), "half");
    assertThat(read()).isEmpty();
    Files.writeString(shard().resolve("notes.txt"), "somebody's");
    journal.remove();
    assertThat(names()).containsExactly("notes.txt");
    Files.delete(shard().resolve("notes.txt"));
    new Journal(shard()).remove();
    assertThat(shard()).doesNotExist();
  }

  @Test
  void givenNoRoom_saysWhichFileAndWhy_leavesNothing() throws IOException {
    Path journal = WorkFolder.in(output).journal();
    Files.writeString(journal, "a file where a folder must be");
    assertThatThrownBy(() -> new Journal(shard()).append(new ArrayList<>(List.of(entry(0, "a")))))
        .isInstanceOf(OutputException.class)
        .hasMessageStartingWith("cannot write " + shard().resolve("part-00000.avro") + ": ");
    assertThat(journal).hasContent("a file where a folder must be");
  }
}

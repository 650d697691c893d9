// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms.shards;

import dev.highbeam.schemas.InferenceSchemas;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.avro.file.DataFileReader;
import org.apache.avro.generic.GenericRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The rows of a shard that is not complete, on disk: parts named by number, each with a file that
 * has its row count, length and hash, written after it. An older attempt that still runs may write
 * a part over one of ours; then rows are missing here, and are computed again, because only what
 * can be read counts.
 */
public final class Journal {

  private static final Logger LOG = LoggerFactory.getLogger(Journal.class);
  private static final Pattern PART = Pattern.compile("part-(\\d{5,9})\\.avro");
  private static final Pattern OURS = Pattern.compile("part-\\d{5,9}\\.(avro|json)");
  private static final String FACTS = ".json";

  private final Path folder;
  private int nextPart;

  public Journal(Path folder) {
    this.folder = folder;
  }

  /**
   * Gives every entry that can be trusted, parts by number, and names in one warning each part that
   * cannot.
   */
  public void read(Consumer<JournalEntry> entries) throws IOException {
    for (Path part : parts()) {
      nextPart = Math.max(nextPart, number(part) + 1);
      List<JournalEntry> read;
      try {
        read = entries(part);
      } catch (IOException | RuntimeException e) {
        // Damage shows as exceptions of every kind deep inside the library.
        LOG.warn("{} is damaged ({}); its rows are computed again", part, e.getMessage());
        continue;
      }
      read.forEach(entries);
    }
  }

  /** How the rows ended that can be trusted, each once. */
  public RowCounts counts() throws IOException {
    Map<Integer, RowCounts> byIndex = new TreeMap<>();
    read(entry -> byIndex.putIfAbsent(entry.index(), entry.counts()));
    return byIndex.values().stream().reduce(RowCounts.NONE, RowCounts::plus);
  }

  /** Makes encoded entries durable, as one part. */
  public void append(List<byte[]> encoded) throws OutputException {
    String name = String.format(Locale.ROOT, "part-%05d", nextPart);
    try (AvroRowWriter writer =
        AvroRowWriter.open(folder.resolve(name + ".avro"), InferenceSchemas.JOURNAL_ENTRY)) {
      for (byte[] entry : encoded) {
        writer.appendEncoded(entry);
      }
      Json.write(folder.resolve(name + FACTS), writer.commit());
    }
    nextPart++;
  }

  /** Removes the journal of a shard that is complete. What cannot be removed does no harm. */
  public void remove() {
    if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        if (OURS.matcher(name(file)).matches() || DurableFile.isTemporary(file)) {
          Files.deleteIfExists(file);
        }
      }
      Files.deleteIfExists(folder);
    } catch (IOException e) {
      LOG.debug("the journal {} could not be removed", folder, e);
    }
  }

  /** Decodes nothing before its hash is right: damaged lengths would ask for any memory. */
  private List<JournalEntry> entries(Path part) throws IOException {
    String factsName = name(part).replaceFirst("\\.avro$", FACTS);
    if (!Files.isRegularFile(folder.resolve(factsName))) {
      throw new IOException("it has no " + factsName);
    }
    FileFacts facts = Json.read(folder.resolve(factsName), FileFacts.class);
    String problem = facts.name().equals(name(part)) ? facts.problem(folder) : "is another part";
    List<JournalEntry> entries = new ArrayList<>();
    if (problem == null) {
      try (DataFileReader<GenericRecord> reader =
          AvroRowWriter.read(part, InferenceSchemas.JOURNAL_ENTRY)) {
        while (reader.hasNext()) {
          entries.add(JournalEntry.of(reader.next()));
        }
      }
      problem = entries.size() == facts.rows() ? null : "has another number of rows";
    }
    if (problem != null) {
      throw new IOException("it " + problem);
    }
    return entries;
  }

  private List<Path> parts() throws IOException {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(file -> PART.matcher(name(file)).matches()).sorted().toList();
    }
  }

  private static int number(Path part) {
    Matcher matcher = PART.matcher(name(part));
    return matcher.matches() ? Integer.parseInt(matcher.group(1)) : 0;
  }

  private static String name(Path file) {
    return String.valueOf(file.getFileName());
  }
}

// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms.shards;

import java.io.Serializable;
import java.nio.file.Path;
import java.util.Locale;

/**
 * The names of a job's durable progress under its output folder.
 *
 * <pre>
 * worklist/_DONE                        the work list is complete; written last
 * worklist/split-00000-00000.avro       requests of one split of the input, until shards are cut
 * worklist/errors-00000.parquet         rows of that split that cannot be served
 * worklist/moved-00000-00000.avro       those of them that go elsewhere, until shards are cut
 * worklist/fetched-00000-00000.avro     rows of an earlier job, until shards are cut
 * worklist/shard-00000.avro             requests of one shard
 * worklist/shard-00000.copies.avro      requests that equal one of these and are not computed
 * worklist/shard-00000.reused.avro      rows that an earlier job has for some of them
 * journal/shard-00000/part-00000.avro   rows of a shard that is not complete
 * journal/shard-00000/part-00000.json   its row count, length and hash
 * journal/shard-00000.attempt.json      which process works at a shard, how many have ended at it
 * journal/_ISOLATED                     the engine must run in a process of its own
 * journal/shard-00000.results.parquet   rows of a shard that is
 * journal/shard-00000.errors.parquet    and its requests that could not be served
 * journal/shard-00000.json              its commit; written last
 * manifest.json                         the finished job's files
 * </pre>
 *
 * @param output the output folder, absolute
 */
public record WorkFolder(String output) implements Serializable {

  public static final String WORK_LIST = "worklist";
  public static final String JOURNAL = "journal";
  public static final String DONE = "_DONE";
  public static final String MANIFEST = "manifest.json";

  public static WorkFolder in(Path output) {
    return new WorkFolder(output.toAbsolutePath().normalize().toString());
  }

  /** Where the work list lies. */
  public Path workList() {
    return Path.of(output, WORK_LIST);
  }

  /** Where journals and commits lie. */
  public Path journal() {
    return Path.of(output, JOURNAL);
  }

  public Path done() {
    return workList().resolve(DONE);
  }

  public Path manifest() {
    return Path.of(output, MANIFEST);
  }

  /** The n-th file of a split's requests. */
  public Path split(int number, int file) {
    return workList().resolve(name("split-%05d", number) + name("-%05d.avro", file));
  }

  public Path splitErrors(int number) {
    return workList().resolve(name("errors-%05d.parquet", number));
  }

  /** The n-th file of rows that leave a group of splits. */
  public Path moved(int group, int file) {
    return workList().resolve(name("moved-%05d", group) + name("-%05d.avro", file));
  }

  /** The n-th file of rows that come from a row group of an earlier job. */
  public Path fetched(int group, int file) {
    return workList().resolve(name("fetched-%05d", group) + name("-%05d.avro", file));
  }

  public Path shard(int number) {
    return workList().resolve(name("shard-%05d.avro", number));
  }

  public Path copies(int shard) {
    return workList().resolve(name("shard-%05d.copies.avro", shard));
  }

  public Path reused(int shard) {
    return workList().resolve(name("shard-%05d.reused.avro", shard));
  }

  /** The folder of a shard's own journal. */
  public Path journal(int shard) {
    return journal().resolve(name("shard-%05d", shard));
  }

  public Path results(int shard) {
    return journal().resolve(name("shard-%05d.results.parquet", shard));
  }

  public Path errors(int shard) {
    return journal().resolve(name("shard-%05d.errors.parquet", shard));
  }

  public Path commit(int shard) {
    return journal().resolve(name("shard-%05d.json", shard));
  }

  /** Who works at a shard. */
  public Path attempt(int shard) {
    return journal().resolve(name("shard-%05d.attempt.json", shard));
  }

  public Path isolated() {
    return journal().resolve("_ISOLATED");
  }

  private static String name(String pattern, int number) {
    return String.format(Locale.ROOT, pattern, number);
  }
}

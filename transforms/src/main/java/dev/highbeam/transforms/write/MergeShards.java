// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms.write;

import dev.highbeam.schemas.ResultFields;
import dev.highbeam.transforms.shards.FileFacts;
import dev.highbeam.transforms.shards.Manifest;
import dev.highbeam.transforms.shards.ShardCommit;
import dev.highbeam.transforms.shards.WorkFolder;
import dev.highbeam.transforms.shards.WorkList;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.beam.sdk.coders.KvCoder;
import org.apache.beam.sdk.coders.SerializableCoder;
import org.apache.beam.sdk.coders.StringUtf8Coder;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.Reshuffle;
import org.apache.beam.sdk.transforms.View;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PBegin;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionView;
import org.jspecify.annotations.Nullable;

/**
 * Finishes a job whose shards are all complete: puts their files together into a few large ones, in
 * the order of the shards, and writes the manifest last. Can be run again at any time as long as
 * the shards are there.
 */
public final class MergeShards extends PTransform<PBegin, PCollection<String>> {

  private static final long serialVersionUID = 1L;
  private static final String PREFIX = "highbeam.";

  private final WorkFolder folder;
  private final ShardFiles files;
  private final Manifest manifest;
  private final ArrayList<MergeJob> jobs = new ArrayList<>();
  private final String resultFolder;
  private final String errorFolder;

  private MergeShards(
      WorkFolder folder, ShardFiles files, Manifest manifest, Path results, Path errors) {
    this.folder = folder;
    this.files = files;
    this.manifest = manifest;
    this.resultFolder = results.toString();
    this.errorFolder = errors.toString();
  }

  /**
   * Puts the shards' files together.
   *
   * @param commits of all shards of the work list
   * @param manifest all but its files
   * @param targets where the two kinds of rows go
   * @param metadata entries of every file's footer
   */
  public static MergeShards of(
      WorkList work,
      List<ShardCommit> commits,
      Manifest manifest,
      WorkFolder folder,
      ShardFiles files,
      Targets targets,
      Map<String, String> metadata) {
    MergeShards merge =
        new MergeShards(folder, files, manifest, targets.results(), targets.errors());
    List<PartFile> results = new ArrayList<>();
    List<PartFile> errors = new ArrayList<>();
    for (FileFacts facts : work.errors()) {
      errors.add(part(folder.workList(), facts, errors.size(), Set.of()));
    }
    TreeMap<String, String> all = new TreeMap<>(metadata);
    for (ShardCommit commit : commits) {
      addTo(results, folder, commit.results(), commit.numericsIds());
      addTo(errors, folder, commit.errors(), Set.of());
      all.put(PREFIX + ResultFields.MODEL, commit.model());
      all.put(PREFIX + ResultFields.MODEL_FINGERPRINT, commit.modelFingerprint());
    }
    merge.plan(OutputKind.RESULTS, results, targets.results(), all);
    merge.plan(OutputKind.ERRORS, errors, targets.errors(), new TreeMap<>(metadata));
    return merge;
  }

  /** Where the two kinds of rows go. */
  public record Targets(Path results, Path errors) {}

  @Override
  public PCollection<String> expand(PBegin input) {
    PCollectionView<Iterable<KV<OutputKind, FileFacts>>> merged =
        input
            .apply("Files", Create.of(jobs).withCoder(SerializableCoder.of(MergeJob.class)))
            .apply("Spread", Reshuffle.viaRandomKey())
            .apply("Merge", ParDo.of(new MergeShardsFn(files)))
            .setCoder(
                KvCoder.of(
                    SerializableCoder.of(OutputKind.class), SerializableCoder.of(FileFacts.class)))
            .apply("Merged", View.asIterable());
    return input
        .getPipeline()
        .apply("Job", Create.of(folder.output()).withCoder(StringUtf8Coder.of()))
        .apply(
            "Manifest",
            ParDo.of(new ManifestFn(folder, manifest, resultFolder, errorFolder, merged))
                .withSideInputs(merged))
        .setCoder(StringUtf8Coder.of());
  }

  private static void addTo(
      List<PartFile> parts, WorkFolder folder, @Nullable FileFacts facts, Set<String> numericsIds) {
    if (facts != null) {
      parts.add(part(folder.journal(), facts, parts.size(), numericsIds));
    }
  }

  /** A part that comes into order by its number. */
  private static PartFile part(Path place, FileFacts facts, int number, Set<String> numericsIds) {
    String path = place.resolve(facts.name()).toString();
    return new PartFile(path, facts.rows(), facts.bytes(), "", number, new TreeSet<>(numericsIds));
  }

  private void plan(
      OutputKind kind, List<PartFile> parts, Path target, Map<String, String> metadata) {
    List<List<PartFile>> plan = MergePlan.of(parts);
    for (int i = 0; i < plan.size(); i++) {
      List<PartFile> part = plan.get(i);
      TreeMap<String, String> own = new TreeMap<>(metadata);
      String numericsIds = PartFile.numericsIds(part);
      if (!numericsIds.isEmpty()) {
        own.put(PREFIX + ResultFields.NUMERICS_ID, numericsIds);
      }
      jobs.add(
          new MergeJob(
              kind,
              Parts.finished(target.toString(), i).toString(),
              new ArrayList<>(part.stream().map(PartFile::path).toList()),
              part.stream().mapToLong(PartFile::rowCount).sum(),
              own));
    }
  }

  /** Writes the manifest once all files are in their places, and removes what is none of them. */
  private static final class ManifestFn extends DoFn<String, String> {

    private static final long serialVersionUID = 1L;

    private final WorkFolder folder;
    private final Manifest manifest;
    private final String resultFolder;
    private final String errorFolder;
    private final PCollectionView<Iterable<KV<OutputKind, FileFacts>>> merged;

    ManifestFn(
        WorkFolder folder,
        Manifest manifest,
        String resultFolder,
        String errorFolder,
        PCollectionView<Iterable<KV<OutputKind, FileFacts>>> merged) {
      this.folder = folder;
      this.manifest = manifest;
      this.resultFolder = resultFolder;
      this.errorFolder = errorFolder;
      this.merged = merged;
    }

    @ProcessElement
    public void write(ProcessContext context) throws IOException {
      List<FileFacts> results = new ArrayList<>();
      List<FileFacts> errors = new ArrayList<>();
      for (KV<OutputKind, FileFacts> file : context.sideInput(merged)) {
        (file.getKey() == OutputKind.RESULTS ? results : errors).add(file.getValue());
      }
      clean(resultFolder, results);
      clean(errorFolder, errors);
      new Manifest(
              manifest.version(),
              manifest.fingerprint(),
              manifest.inputs(),
              manifest.rows(),
              manifest.counts(),
              results,
              errors)
          .write(folder);
      context.output(folder.manifest().toString());
    }

    private static void clean(String folder, List<FileFacts> files) throws IOException {
      files.sort(Comparator.comparing(FileFacts::name));
      Parts.clean(folder, files.stream().map(f -> Path.of(folder, f.name()).toString()).toList());
    }
  }
}

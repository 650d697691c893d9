// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms.write;

import static org.assertj.core.api.Assertions.assertThat;

import dev.highbeam.transforms.shards.DurableFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class PartsTest {

  @TempDir private Path folder;

  @Test
  void givenFilesOfAKilledAttemptAndOfAnEarlierJob_clean_leavesWhatIsFinishedAndWhatIsNotOurs()
      throws IOException {
    Path kept = Parts.finished(folder.toString(), 0);
    Files.writeString(kept, "rows");
    Files.writeString(Parts.finished(folder.toString(), 1), "rows of an earlier job");
    Path users = Files.writeString(folder.resolve("notes.txt"), "the user's");
    Parts.create(folder.toString());
    Parts.unfinished(folder.toString());
    // Killed before its commit: it is never closed.
    Files.writeString(DurableFile.begin(kept).path(), "half of the rows");

    Parts.clean(folder.toString(), List.of(kept.toString()));

    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files).containsExactlyInAnyOrder(kept, users);
    }
  }
}

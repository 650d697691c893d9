// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms.shards;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A piece of the work list: the unit of durability.
 *
 * @param number its name everywhere; numbers ascend, but not every one need be there
 * @param requests the file of its requests
 * @param copies the file of requests that equal one of them and are not computed, null if none do
 * @param reused the file of rows of an earlier job that some of them have already, null if none
 */
public record Shard(
    int number, FileFacts requests, @Nullable FileFacts copies, @Nullable FileFacts reused)
    implements Serializable {

  /** A shard of requests alone. */
  public Shard(int number, FileFacts requests) {
    this(number, requests, null, null);
  }

  /** Rows of the input that end with it. */
  public long rows() {
    return requests.rows() + (copies == null ? 0 : copies.rows());
  }

  /** All its files. */
  public List<FileFacts> files() {
    List<FileFacts> files = new ArrayList<>();
    files.add(requests);
    if (copies != null) {
      files.add(copies);
    }
    if (reused != null) {
      files.add(reused);
    }
    return files;
  }
}

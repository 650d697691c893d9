// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.util.Set;

/** Folders that only this user may write: what lies in them is loaded, or believed. */
public final class PrivateFolder {

  private static final String OWNER_ONLY = "rwx------";

  private PrivateFolder() {}

  /** Makes the folder and its parents if need be; refuses one that others can write. */
  public static void create(Path folder) throws IOException {
    if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
      Files.createDirectories(
          folder,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(OWNER_ONLY)));
    }
    checkOurs(folder);
    Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(folder);
    if (permissions.contains(PosixFilePermission.GROUP_WRITE)
        || permissions.contains(PosixFilePermission.OTHERS_WRITE)) {
      throw new IOException(folder + " can be written by others");
    }
  }

  /** The JDK does not say who we are; whoever owns a file that we make is us. */
  private static void checkOurs(Path folder) throws IOException {
    Path probe = Files.createTempFile(folder, "owner.", ".tmp");
    try {
      UserPrincipal us = Files.getOwner(probe);
      UserPrincipal owner = Files.getOwner(folder);
      if (!owner.equals(us)) {
        throw new IOException(folder + " belongs to " + owner.getName() + ", not " + us.getName());
      }
    } finally {
      Files.deleteIfExists(probe);
    }
  }
}

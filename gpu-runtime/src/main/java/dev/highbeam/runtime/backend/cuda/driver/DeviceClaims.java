// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.driver;

import dev.highbeam.runtime.backend.PrivateFolder;
import dev.highbeam.runtime.backend.cuda.driver.DeviceRequest.Sharing;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Which processes use which devices, as locks on files in a folder that all processes of a user
 * share. The operating system drops the locks of a process that ends, so nothing has to be cleaned
 * up after a crash. Users, and containers with folders of their own, do not see each other.
 *
 * <p>Each device has slots, files {@code <device>.0}, {@code <device>.1} and so on; a process holds
 * one of them, with its process id inside for messages. Choosing is done under one more lock, so
 * that two starting processes do not both find the same device free.
 *
 * <p>Synchronised, as {@link CudaProcess}: the locks belong to the process, not to a thread. Where
 * the engine's classes are loaded twice, each has claims of its own and must not even open the
 * files of the other's: closing them would drop its locks. Hence the system properties, which both
 * see.
 */
final class DeviceClaims {

  private static final int SLOTS = 64;
  private static final String MARK = "highbeam.device.";
  private static final String CHOOSING = "choosing.lock";

  /** Locks that this process holds, by slot file: opening such a file again would drop its lock. */
  private static final Map<Path, Held> HELD = new HashMap<>();

  private final Path folder;

  /** A held slot and the leases of this process that stand on it. */
  private static final class Held {
    private final FileChannel channel;
    private int leases = 1;

    private Held(FileChannel channel) {
      this.channel = channel;
    }
  }

  /** Use of one device, as far as locks tell. */
  private record Use(String key, @Nullable Path own, int ownLeases, List<String> others) {
    int count() {
      return ownLeases + others.size();
    }
  }

  DeviceClaims(Path folder) {
    this.folder = folder.toAbsolutePath();
  }

  /** The registry of the user: below {@code $XDG_RUNTIME_DIR}, else below {@code /tmp}. */
  static DeviceClaims ofUser(Function<String, @Nullable String> environment) {
    String runtime = environment.apply("XDG_RUNTIME_DIR");
    // Not java.io.tmpdir, which resource managers set differently for each worker.
    Path folder =
        runtime != null && Files.isDirectory(Path.of(runtime))
            ? Path.of(runtime, "highbeam-devices")
            : Path.of("/tmp", "highbeam-devices-" + System.getProperty("user.name"));
    return new DeviceClaims(folder);
  }

  /** Claims the least used of the devices, the first of equals; returns its key. */
  String claim(List<String> keys, Sharing sharing) {
    return claim(folder, keys, sharing);
  }

  /** Gives back one claim on a device. */
  void release(String key) {
    release(folder, key);
  }

  private static synchronized String claim(Path folder, List<String> keys, Sharing sharing) {
    try {
      PrivateFolder.create(folder);
      try (FileChannel choosing = open(folder.resolve(CHOOSING));
          FileLock lock = choosing.lock()) {
        return claimLocked(folder, keys, sharing, lock);
      }
    } catch (OverlappingFileLockException e) {
      throw new DevicesInUseException("another job's classes in this process choose a device now");
    } catch (IOException e) {
      throw new UncheckedIOException(
          "devices are shared out through locks in " + folder + ", which failed", e);
    }
  }

  private static String claimLocked(
      Path folder, List<String> keys, Sharing sharing, FileLock choosing) throws IOException {
    if (!choosing.isValid()) {
      throw new IOException("the lock on " + folder.resolve(CHOOSING) + " was lost");
    }
    Use best = null;
    List<Use> refused = new ArrayList<>();
    for (String key : keys) {
      Use use = use(folder, key);
      if (sharing == Sharing.REFUSE && !use.others.isEmpty()) {
        refused.add(use);
      } else if (best == null || use.count() < best.count()) {
        best = use;
      }
    }
    if (best == null) {
      throw inUse(refused);
    }
    take(folder, best);
    return best.key;
  }

  private static DevicesInUseException inUse(List<Use> refused) {
    return new DevicesInUseException(
        "every device that would do is used by another process: "
            + refused.stream()
                .map(use -> use.key + " by process " + String.join(", ", use.others))
                .collect(Collectors.joining("; ")));
  }

  private static Use use(Path folder, String key) throws IOException {
    List<String> others = new ArrayList<>();
    Path own = null;
    int ownLeases = 0;
    for (int i = 0; i < SLOTS && Files.exists(slot(folder, key, i)); i++) {
      Path slot = slot(folder, key, i);
      Held held = HELD.get(slot);
      if (held != null) {
        own = slot;
        ownLeases = held.leases;
      } else if (isHeldByAnotherLoader(slot)) {
        others.add(ProcessHandle.current().pid() + " (this one, with classes of another job)");
      } else if (isLocked(slot)) {
        others.add(Files.readString(slot, StandardCharsets.US_ASCII).strip());
      }
    }
    return new Use(key, own, ownLeases, others);
  }

  private static boolean isHeldByAnotherLoader(Path slot) {
    return !HELD.containsKey(slot) && System.getProperty(MARK + slot) != null;
  }

  private static boolean isLocked(Path slot) throws IOException {
    try (FileChannel channel = open(slot);
        FileLock lock = channel.tryLock()) {
      return lock == null;
    }
  }

  private static void take(Path folder, Use use) throws IOException {
    Held held = use.own == null ? null : HELD.get(use.own);
    if (held != null) {
      held.leases++;
      return;
    }
    for (int i = 0; i < SLOTS; i++) {
      if (tryTake(slot(folder, use.key, i))) {
        return;
      }
    }
    throw new IOException("more than " + SLOTS + " processes use " + use.key);
  }

  private static boolean tryTake(Path slot) throws IOException {
    if (isHeldByAnotherLoader(slot)) {
      return false;
    }
    FileChannel channel = open(slot);
    boolean taken = false;
    try {
      if (channel.tryLock() != null) {
        taken = true;
        channel.truncate(0);
        String pid = Long.toString(ProcessHandle.current().pid());
        channel.write(ByteBuffer.wrap(pid.getBytes(StandardCharsets.US_ASCII)));
        HELD.put(slot, new Held(channel));
        System.setProperty(MARK + slot, pid);
      }
      return taken;
    } finally {
      if (!taken) {
        channel.close();
      }
    }
  }

  private static synchronized void release(Path folder, String key) {
    for (int i = 0; i < SLOTS; i++) {
      Path slot = slot(folder, key, i);
      Held held = HELD.get(slot);
      if (held != null) {
        if (--held.leases == 0) {
          HELD.remove(slot);
          System.clearProperty(MARK + slot);
          close(held.channel);
        }
        return;
      }
    }
  }

  private static void close(FileChannel channel) {
    try {
      channel.close();
    } catch (IOException e) {
      throw new UncheckedIOException("a device's lock could not be given back", e);
    }
  }

  private static Path slot(Path folder, String key, int index) {
    return folder.resolve(key + "." + index);
  }

  private static FileChannel open(Path file) throws IOException {
    return FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
  }
}

// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.highbeam.runtime.backend.cuda.driver.DeviceRequest.Sharing;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DeviceClaimsTest {

  @TempDir Path temp;

  private final List<ChildJvm> children = new ArrayList<>();

  @AfterEach
  void endChildren() {
    children.forEach(ChildJvm::close);
  }

  private Path folder() {
    return temp.resolve("devices");
  }

  /** Starts a process that claims one of the keys, and returns it once it has printed which. */
  private String claimInChild(Sharing sharing, String... keys) {
    Object[] arguments = new Object[2 + keys.length];
    arguments[0] = folder();
    arguments[1] = sharing;
    System.arraycopy(keys, 0, arguments, 2, keys.length);
    ChildJvm child = ChildJvm.of(ClaimingProcess.class).start(arguments);
    children.add(child);
    return child.readLine();
  }

  @Test
  void S3_9_givenFourProcessesThreeDevicesAndSharing_claim_spreadsEvenly() {
    List<String> claimed = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      claimed.add(claimInChild(Sharing.ALLOW, "a", "b", "c"));
    }
    assertThat(claimed).containsExactly("a", "b", "c", "a");
  }

  @Test
  void S3_9_givenAllDevicesInUse_claim_refusesAndNamesTheProcess() {
    claimInChild(Sharing.REFUSE, "a");
    assertThat(claimInChild(Sharing.REFUSE, "a"))
        .isEqualTo(
            "refused: every device that would do is used by another process: a by process "
                + children.get(0).pid());
  }

  @Test
  void S3_9_givenHolderCrashed_claim_findsTheDeviceFree() {
    claimInChild(Sharing.REFUSE, "a");
    children.get(0).kill();
    assertThat(claimInChild(Sharing.REFUSE, "a")).isEqualTo("a");
  }

  @Test
  void S3_9_givenCrashBetweenOthers_claim_fillsTheGap() {
    for (int i = 0; i < 3; i++) {
      claimInChild(Sharing.REFUSE, "a", "b", "c");
    }
    children.get(1).kill();
    assertThat(claimInChild(Sharing.REFUSE, "a", "b", "c")).isEqualTo("b");
  }

  @Test
  void S3_9_givenManyProcessesAtOnce_claim_givesEachItsOwnDevice() {
    List<ChildJvm> starting = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      starting.add(
          ChildJvm.of(ClaimingProcess.class)
              .start(folder(), Sharing.REFUSE, "a", "b", "c", "d", "e", "f"));
    }
    children.addAll(starting);
    assertThat(starting.stream().map(ChildJvm::readLine))
        .containsExactlyInAnyOrder("a", "b", "c", "d", "e", "f");
  }

  @Test
  void givenOwnClaim_claimAgain_countsItButDoesNotRefuse() {
    DeviceClaims claims = new DeviceClaims(folder());
    assertThat(claims.claim(List.of("a", "b"), Sharing.REFUSE)).isEqualTo("a");
    assertThat(claims.claim(List.of("a", "b"), Sharing.REFUSE)).isEqualTo("b");
    assertThat(claims.claim(List.of("a"), Sharing.REFUSE)).isEqualTo("a");
    // Given back twice, as often as it was taken, a is free for another process.
    claims.release("a");
    assertThat(claimInChild(Sharing.REFUSE, "a")).startsWith("refused");
    claims.release("a");
    assertThat(claimInChild(Sharing.REFUSE, "a")).isEqualTo("a");
    claims.release("b");
  }

  @Test
  void givenLockHeldHere_anotherClaim_doesNotDropIt() {
    // Opening and closing a locked file drops the lock of the whole process: looking must not.
    DeviceClaims claims = new DeviceClaims(folder());
    claims.claim(List.of("a"), Sharing.REFUSE);
    claims.claim(List.of("a", "b"), Sharing.REFUSE);
    assertThat(claimInChild(Sharing.REFUSE, "a")).startsWith("refused");
    claims.release("a");
    claims.release("b");
  }

  @Test
  void givenClaimThroughAnotherClassLoader_claim_refusesItAndDoesNotDropItsLock() throws Exception {
    Path slot = folder().toAbsolutePath().resolve("a.0");
    new DeviceClaims(folder()).claim(List.of("b"), Sharing.REFUSE);
    try (FileChannel other =
        FileChannel.open(slot, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      assertThat(other.tryLock()).isNotNull();
      System.setProperty("highbeam.device." + slot, "1");
      assertThatThrownBy(() -> new DeviceClaims(folder()).claim(List.of("a"), Sharing.REFUSE))
          .isInstanceOf(DevicesInUseException.class)
          .hasMessageContaining("(this one, with classes of another job)");
      assertThat(claimInChild(Sharing.REFUSE, "a")).startsWith("refused");
    } finally {
      System.clearProperty("highbeam.device." + slot);
      new DeviceClaims(folder()).release("b");
    }
  }

  @Test
  void givenFolderThatOthersCanWrite_claim_refusesIt() throws IOException {
    Files.createDirectory(folder());
    Files.setPosixFilePermissions(folder(), PosixFilePermissions.fromString("rwxrwxrwx"));
    assertThatThrownBy(() -> new DeviceClaims(folder()).claim(List.of("a"), Sharing.REFUSE))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining(folder().toString())
        .hasRootCauseMessage(folder() + " can be written by others");
  }
}

// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.image;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A process that uses a cache folder: {@code fill FOLDER LOG FIRST COUNT} asks for COUNT keys from
 * FIRST on, round the circle, and notes each build in LOG; {@code hold FOLDER} begins to build key
 * 0 and never ends. Both say on their output how far they are.
 */
final class CacheProcess {

  private CacheProcess() {}

  public static void main(String[] args) throws IOException {
    KernelCache cache = KernelCache.open(args[1], name -> null, new DiskFiles());
    if (args[0].equals("hold")) {
      cache.get(key(0), CacheProcess::buildForEver);
      return;
    }
    say("started");
    int first = Integer.parseInt(args[3]);
    int count = Integer.parseInt(args[4]);
    for (int i = 0; i < count; i++) {
      int number = (first + i) % count;
      byte[] image = cache.get(key(number), () -> build(Path.of(args[2]), number));
      if (!Arrays.equals(image, image(number))) {
        throw new IllegalStateException("key " + number + " has a torn image");
      }
    }
    say("builds " + cache.counts().builds() + " corrupt " + cache.counts().corrupt());
  }

  static Process start(Path errors, String... args) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx64m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add(CacheProcess.class.getName());
    command.addAll(List.of(args));
    return new ProcessBuilder(command).redirectError(errors.toFile()).start();
  }

  static KernelKey key(int number) {
    return new KernelKey(String.format("%064x", number), TargetArch.parse("sm_90"));
  }

  private static byte[] buildForEver() {
    say("building");
    try (BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      // No line ever comes.
      return String.valueOf(in.readLine()).getBytes(StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static byte[] build(Path log, int number) {
    try {
      byte[] image = image(number);
      Files.writeString(log, number + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
      return image;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Some kilobytes that take a moment to make and differ for each key. */
  private static byte[] image(int number) {
    byte[] image = new byte[100_000];
    byte[] block = Sha256.digest(new byte[] {(byte) number});
    for (int at = 0; at < image.length; at++) {
      if (at % block.length == 0) {
        block = Sha256.digest(block);
      }
      image[at] = block[at % block.length];
    }
    return image;
  }

  private static void say(String line) {
    System.out.println(line);
    System.out.flush();
  }
}

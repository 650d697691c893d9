// SPDX-License-Identifier: Apache-2.0
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

/**
 * Prints the folder of the pinned Maven, and downloads it first if it is not there yet. mvnw runs
 * this file directly, so that a JDK is the only thing a newcomer needs: no curl, no unzip, no Maven.
 *
 * <p>Nothing is unpacked before its SHA-512 was compared with the one below. The unpacked folder is
 * put in place by one rename, so a second mvnw at the same time, or a kill, leaves no half Maven.
 */
final class FetchMaven {
  private static final String VERSION = "3.9.9";
  private static final String SHA_512 =
      "8beac8d11ef208f1e2a8df0682b9448a9a363d2ad13ca74af43705549e72e74c"
          + "9378823bf689287801cbbfc2f6ea9596201d19ccacfdfb682ee8a2ff4c4418ba";
  private static final String NAME = "apache-maven-" + VERSION;
  private static final String DEFAULT_REPOSITORY = "https://" + "repo." + "maven.apache.org/maven2";
  private static final int ATTEMPTS = 3;

  private FetchMaven() {}

  public static void main(String[] args) throws Exception {
    Path dists = Path.of(System.getProperty("user.home"), ".m2", "wrapper", "dists");
    Path home = find(dists);
    if (home == null) {
      try {
        home = install(dists.resolve(NAME).resolve("highbeam"));
      } catch (IOException e) {
        System.err.println("mvnw: cannot install Maven " + VERSION + ": " + e.getMessage());
        System.exit(1);
      }
    }
    System.out.println(home);
  }

  /** Other projects' wrappers keep Maven as dists/NAME*&#47;HASH[/NAME]; any of them will do. */
  private static Path find(Path dists) throws IOException {
    if (!Files.isDirectory(dists)) {
      return null;
    }
    try (Stream<Path> folders = Files.walk(dists, 3)) {
      return folders
          .filter(folder -> dists.relativize(folder).toString().startsWith(NAME))
          .filter(folder -> Files.isExecutable(folder.resolve("bin").resolve("mvn")))
          .filter(folder -> Files.exists(folder.resolve("lib/maven-core-" + VERSION + ".jar")))
          .sorted()
          .findFirst()
          .orElse(null);
    }
  }

  private static Path install(Path home) throws IOException, InterruptedException {
    Files.createDirectories(home.getParent());
    Path work = Files.createTempDirectory(home.getParent(), ".unpacking");
    try {
      Path zip = work.resolve(NAME + ".zip");
      download(address(), zip);
      Path unpacked = unzip(zip, work.resolve("unzipped"));
      try {
        Files.move(unpacked, home, StandardCopyOption.ATOMIC_MOVE);
      } catch (IOException e) {
        // Another mvnw was faster; its Maven passed the same check.
        if (find(home.getParent().getParent()) == null) {
          throw e;
        }
      }
      return home;
    } finally {
      deleteTree(work);
    }
  }

  private static URI address() {
    String base = System.getenv("MVNW_REPOURL");
    if (base == null || base.isBlank()) {
      base = DEFAULT_REPOSITORY;
    }
    String path = "/org/apache/maven/apache-maven/" + VERSION + "/" + NAME + "-bin.zip";
    return URI.create(base.strip().replaceAll("/+$", "") + path);
  }

  private static void download(URI from, Path to) throws IOException, InterruptedException {
    System.err.printf(
        "mvnw: downloading Maven %s from %s (first use only)...%n", VERSION, from.getHost());
    for (int attempt = 1; ; attempt++) {
      try {
        downloadOnce(from, to);
        return;
      } catch (IOException e) {
        if (attempt == ATTEMPTS) {
          throw new IOException(from + " (attempt " + attempt + "): " + e, e);
        }
        Thread.sleep(1000L * attempt);
      }
    }
  }

  private static void downloadOnce(URI from, Path to) throws IOException, InterruptedException {
    HttpClient client =
        HttpClient.newBuilder()
            .followRedirects(HttpClient.Redirect.NORMAL)
            .connectTimeout(Duration.ofSeconds(30))
            .proxy(proxy())
            .build();
    HttpRequest request = HttpRequest.newBuilder(from).timeout(Duration.ofMinutes(5)).build();
    HttpResponse<InputStream> response =
        client.send(request, HttpResponse.BodyHandlers.ofInputStream());
    MessageDigest digest = sha512();
    try (InputStream body = new DigestInputStream(response.body(), digest)) {
      if (response.statusCode() != 200) {
        throw new IOException("HTTP status " + response.statusCode());
      }
      Files.copy(body, to, StandardCopyOption.REPLACE_EXISTING);
    }
    String actual = HexFormat.of().formatHex(digest.digest());
    if (!actual.equals(SHA_512)) {
      throw new IOException("SHA-512 is " + actual + " instead of " + SHA_512);
    }
  }

  /** The usual environment variable counts, because the JVM itself looks only at properties. */
  private static ProxySelector proxy() {
    String proxy = System.getenv("HTTPS_PROXY");
    proxy = proxy == null ? System.getenv("https_proxy") : proxy;
    if (proxy == null || proxy.isBlank()) {
      return ProxySelector.getDefault();
    }
    URI uri = URI.create(proxy.contains("://") ? proxy : "http://" + proxy);
    int port = uri.getPort() < 0 ? 80 : uri.getPort();
    return ProxySelector.of(new InetSocketAddress(uri.getHost(), port));
  }

  /** Returns the one folder that the archive holds. */
  private static Path unzip(Path zip, Path into) throws IOException {
    try (ZipInputStream entries = new ZipInputStream(Files.newInputStream(zip))) {
      for (ZipEntry entry = entries.getNextEntry(); entry != null; entry = entries.getNextEntry()) {
        Path target = into.resolve(entry.getName()).normalize();
        if (!target.startsWith(into)) {
          throw new IOException("the archive points outside of itself: " + entry.getName());
        }
        if (entry.isDirectory()) {
          Files.createDirectories(target);
        } else {
          Files.createDirectories(target.getParent());
          Files.copy(entries, target);
        }
      }
    }
    Path home = into.resolve(NAME);
    // A zip file read in this way has no permissions.
    for (String program : List.of("mvn", "mvnDebug")) {
      if (!home.resolve("bin").resolve(program).toFile().setExecutable(true, false)) {
        throw new IOException("cannot make bin/" + program + " executable in " + home);
      }
    }
    return home;
  }

  private static void deleteTree(Path root) throws IOException {
    try (Stream<Path> paths = Files.walk(root)) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    }
  }

  private static MessageDigest sha512() {
    try {
      return MessageDigest.getInstance("SHA-512");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-512", e);
    }
  }
}

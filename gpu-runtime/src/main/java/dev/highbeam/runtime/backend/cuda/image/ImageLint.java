// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.image;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Proves that a fatbin holds what its manifest claims: the same images, in each the same kernels,
 * and for each kernel the same launch bounds, registers and shared memory. Runs when a build is
 * tested and each time the images are opened: a jar put together from two builds fails there, with
 * the first difference, rather than in a launch.
 */
final class ImageLint {

  private ImageLint() {}

  /**
   * Compares a manifest with the images.
   *
   * @throws MalformedImageException naming the first difference
   */
  static void check(KernelManifest manifest, Fatbin fatbin) {
    Set<TargetArch> held =
        fatbin.entries().stream()
            .map(FatbinEntry::arch)
            .collect(Collectors.toCollection(TreeSet::new));
    if (!held.equals(new TreeSet<>(manifest.archs()))) {
      throw differs("the manifest claims " + manifest.archs() + ", the fatbin holds " + held);
    }
    for (FatbinEntry entry : fatbin.entries()) {
      checkArch(entry);
      checkKernels(entry, manifest);
    }
  }

  /** The header of an image against the image itself. */
  private static void checkArch(FatbinEntry entry) {
    TargetArch arch = entry.arch();
    if (arch.isPtx()) {
      TargetArch target = Ptx.parse(entry.payload()).target();
      if (!target.equals(arch)) {
        throw differs("the fatbin says " + arch + ", the PTX itself " + target);
      }
      return;
    }
    OptionalInt stated = Cubin.architecture(entry.payload());
    int expected = 10 * arch.capability().major() + arch.capability().minor();
    if (stated.isPresent() && stated.getAsInt() != expected) {
      throw differs("the fatbin says " + arch + ", the cubin itself " + stated.getAsInt());
    }
  }

  private static void checkKernels(FatbinEntry entry, KernelManifest manifest) {
    TreeMap<String, ImageKernel> found = new TreeMap<>();
    for (ImageKernel kernel : kernels(entry)) {
      found.put(kernel.name(), kernel);
    }
    List<String> missing = new ArrayList<>();
    for (KernelRow row : manifest.rows(entry.arch())) {
      ImageKernel kernel = found.remove(row.kernel());
      if (kernel == null) {
        missing.add(row.kernel());
      } else {
        checkNumbers(row, kernel);
      }
    }
    if (!missing.isEmpty()) {
      throw differs(entry.arch() + " lacks " + missing.get(0) + ", which the manifest claims");
    }
    if (!found.isEmpty()) {
      throw differs(entry.arch() + " holds " + found.firstKey() + ", which the manifest omits");
    }
  }

  /** The kernels that an image itself declares. */
  static List<ImageKernel> kernels(FatbinEntry entry) {
    return entry.arch().isPtx()
        ? Ptx.parse(entry.payload()).kernels()
        : Cubin.kernels(entry.payload());
  }

  private static void checkNumbers(KernelRow row, ImageKernel kernel) {
    // Without launch bounds a block may have as many threads as CUDA allows.
    compare(
        row, "threads", row.maxThreads(), kernel.maxThreads() == 0 ? 1024 : kernel.maxThreads());
    if (!row.arch().isPtx()) {
      compare(row, "registers", row.registers(), kernel.registers());
      compare(row, "bytes of shared memory", row.staticSharedBytes(), kernel.staticSharedBytes());
    }
  }

  private static void compare(KernelRow row, String what, int claimed, int found) {
    if (claimed != found) {
      throw differs(
          row.kernel()
              + " of "
              + row.arch()
              + " has "
              + found
              + " "
              + what
              + ", the manifest claims "
              + claimed);
    }
  }

  private static MalformedImageException differs(String difference) {
    return new MalformedImageException(
        "the kernel images and their manifest differ: " + difference);
  }
}

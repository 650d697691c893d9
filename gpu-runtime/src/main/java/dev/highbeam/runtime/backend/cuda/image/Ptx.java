// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.image;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads the head and the kernels of PTX text: {@code .version}, {@code .target}, each {@code
 * .entry} with its {@code .maxntid}.
 *
 * @see <a href="https://docs.nvidia.com/cuda/parallel-thread-execution/">PTX ISA</a>
 */
final class Ptx {

  private static final Pattern COMMENT = Pattern.compile("//[^\\n]*+");
  private static final Pattern VERSION =
      Pattern.compile("^[ \\t]*+\\.version\\s++(\\d{1,3})\\.(\\d{1,3})\\s", Pattern.MULTILINE);
  private static final Pattern TARGET =
      Pattern.compile("^[ \\t]*+\\.target\\s++sm_(\\d{2,3}[af]?)[\\s,]", Pattern.MULTILINE);
  private static final Pattern ENTRY = Pattern.compile("\\.entry\\s++([\\w$]++)");
  private static final Pattern MAX_THREADS =
      Pattern.compile(
          "\\.maxntid\\s++(\\d{1,9})(?:\\s*+,\\s*+(\\d{1,9}))?(?:\\s*+,\\s*+(\\d{1,9}))?");

  private final String text;

  private Ptx(String text) {
    this.text = text;
  }

  static Ptx parse(ImageBytes bytes) {
    return new Ptx(COMMENT.matcher(bytes.text(0, bytes.length(), "the PTX")).replaceAll(""));
  }

  /** The oldest driver that knows this text's version of the language. */
  DriverVersion driverFloor() {
    Matcher matcher = find(VERSION, ".version");
    return DriverVersion.ofPtx(
        Integer.parseInt(matcher.group(1)), Integer.parseInt(matcher.group(2)));
  }

  TargetArch target() {
    return TargetArch.parse("compute_" + find(TARGET, ".target").group(1));
  }

  /** The kernels, in the order of the text. */
  List<ImageKernel> kernels() {
    List<ImageKernel> kernels = new ArrayList<>();
    Matcher entry = ENTRY.matcher(text);
    // Each search begins where the last kernel's body did, so that hostile text is read once.
    for (int from = 0; entry.find(from); ) {
      int body = text.indexOf('{', entry.end());
      if (body < 0) {
        throw new MalformedImageException("kernel " + entry.group(1) + " of the PTX has no body");
      }
      kernels.add(new ImageKernel(entry.group(1), 0, 0, maxThreads(entry.end(), body)));
      from = body;
    }
    return kernels;
  }

  private int maxThreads(int from, int to) {
    Matcher matcher = MAX_THREADS.matcher(text).region(from, to);
    if (!matcher.find()) {
      return 0;
    }
    long product = 1;
    for (int group = 1; group <= 3; group++) {
      product *=
          matcher.group(group) == null
              ? 1
              : Math.min(Long.parseLong(matcher.group(group)), 1 << 20);
    }
    return (int) Math.min(product, Integer.MAX_VALUE);
  }

  private Matcher find(Pattern pattern, String directive) {
    Matcher matcher = pattern.matcher(text);
    if (!matcher.find()) {
      throw new MalformedImageException("the PTX has no " + directive);
    }
    return matcher;
  }
}

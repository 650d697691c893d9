// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.api;

import java.util.Comparator;
import java.util.Locale;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The architectures whose kernel images may be used, such as {@code 8.0;9.0a+PTX}. An item is a
 * compute capability or a compiler's name for one:
 *
 * <pre>
 * 9.0, sm_90     machine code for 9.0, whatever its suffix
 * 9.0a, sm_90a   machine code with that suffix only (a or f)
 * compute_80     PTX for 8.0
 * 8.9+PTX        both machine code and PTX for 8.9
 * </pre>
 *
 * <p>Items are parted by semicolons, commas or spaces; their order and repetition mean nothing. The
 * list only narrows the choice: it adds no image to a build, and makes no device fit that does not.
 * Immutable.
 */
public final class CudaArchList {

  static final String GRAMMAR =
      "items such as 9.0, 9.0a, 8.9+PTX, sm_90a or compute_80, parted by semicolons";

  private static final int MAX_CHARS = 1000;
  private static final Pattern SEPARATOR = Pattern.compile("\\s*[;,]\\s*|\\s+");
  private static final Pattern ITEM =
      Pattern.compile(
          "(?:(\\d{1,2})\\.(\\d)([af]?)(\\+ptx)?)|(?:(sm|compute)_(\\d{1,2})(\\d)([af]?))");
  private static final Comparator<Item> ORDER =
      Comparator.comparing(Item::isPtx)
          .thenComparing(Item::major)
          .thenComparing(Item::minor)
          .thenComparing(Item::suffix);

  private record Item(boolean isPtx, int major, int minor, String suffix) {

    private boolean admits(boolean ofPtx, int ofMajor, int ofMinor, String ofSuffix) {
      return isPtx == ofPtx
          && major == ofMajor
          && minor == ofMinor
          && (suffix.isEmpty() || suffix.equals(ofSuffix));
    }

    private String name() {
      return (isPtx ? "compute_" : "sm_") + major + minor + suffix;
    }
  }

  private final TreeSet<Item> items;

  private CudaArchList(TreeSet<Item> items) {
    this.items = items;
  }

  /**
   * Reads a list.
   *
   * @param name of the setting, for the message
   * @throws InvalidSettingException with the grammar, if the text is no such list
   */
  public static CudaArchList parse(String name, Object raw) {
    TreeSet<Item> items = new TreeSet<>(ORDER);
    if (!(raw instanceof String text) || text.length() > MAX_CHARS) {
      throw new InvalidSettingException(name, raw, GRAMMAR);
    }
    for (String part : SEPARATOR.split(text.strip().toLowerCase(Locale.ROOT), -1)) {
      Matcher matcher = ITEM.matcher(part);
      if (!matcher.matches()) {
        throw new InvalidSettingException(name, raw, GRAMMAR);
      }
      if (matcher.group(5) != null) {
        items.add(item(matcher.group(5).equals("compute"), matcher, 6));
      } else {
        items.add(item(false, matcher, 1));
        if (matcher.group(4) != null) {
          items.add(item(true, matcher, 1));
        }
      }
    }
    return new CudaArchList(items);
  }

  /** Whether an image may be used, given by its form, capability and suffix (a, f or nothing). */
  public boolean admits(boolean isPtx, int major, int minor, String suffix) {
    return items.stream().anyMatch(item -> item.admits(isPtx, major, minor, suffix));
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof CudaArchList that && items.equals(that.items);
  }

  @Override
  public int hashCode() {
    return items.hashCode();
  }

  /** The list in its own order and with compilers' names; parsing that gives an equal list. */
  @Override
  public String toString() {
    return items.stream().map(Item::name).collect(Collectors.joining(";"));
  }

  private static Item item(boolean isPtx, Matcher matcher, int firstGroup) {
    return new Item(
        isPtx,
        Integer.parseInt(matcher.group(firstGroup)),
        Integer.parseInt(matcher.group(firstGroup + 1)),
        matcher.group(firstGroup + 2));
  }
}

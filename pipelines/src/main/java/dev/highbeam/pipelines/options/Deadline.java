// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.pipelines.options;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * When a job has to stop: so long after its start, or at a point in time. A time of day alone would
 * need a date and a zone, and a wrong guess would cost a night.
 *
 * @param duration after the start, or null
 * @param instant or null
 */
public record Deadline(@Nullable Duration duration, @Nullable Instant instant) {

  /** What may be typed. */
  public static final String FORMS =
      "a duration such as 90m, 1h30m or 45s, or a time with its zone such as 2026-11-22T06:00:00Z";

  private static final Pattern DURATION =
      Pattern.compile("(?=\\d)(?:(\\d{1,6})h)?(?:(\\d{1,6})m)?(?:(\\d{1,9})s)?");

  /**
   * Reads one of the {@link #FORMS}.
   *
   * @throws IllegalArgumentException if it is none
   */
  public static Deadline parse(String text) {
    Matcher matcher = DURATION.matcher(text.strip());
    if (matcher.matches()) {
      Duration duration =
          Duration.ofHours(number(matcher, 1))
              .plusMinutes(number(matcher, 2))
              .plusSeconds(number(matcher, 3));
      return new Deadline(duration, null);
    }
    try {
      return new Deadline(null, OffsetDateTime.parse(text.strip()).toInstant());
    } catch (DateTimeException e) {
      throw new IllegalArgumentException("'" + text + "' is not " + FORMS, e);
    }
  }

  /** The point in time for a job that began then. */
  public Instant after(Instant start) {
    if (instant != null) {
      return instant;
    }
    return duration == null ? start : start.plus(duration);
  }

  private static long number(Matcher matcher, int group) {
    String digits = matcher.group(group);
    return digits == null ? 0 : Long.parseLong(digits);
  }
}

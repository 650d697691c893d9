// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.engine;

import dev.highbeam.runtime.api.EngineException;
import dev.highbeam.runtime.api.FinishReason;
import dev.highbeam.runtime.api.Outcome;
import dev.highbeam.runtime.api.RejectionCode;
import dev.highbeam.runtime.api.Sample;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What may stand in a message between an engine's own process and its parent. Both are of one
 * build, so a place in a list is name enough.
 */
final class WireTypes {

  /** Tags of values; records and enums follow from {@link #RECORDS} on. */
  static final int NULL = 0;

  static final int TEXT = 1;
  static final int INTEGER = 2;
  static final int LONG = 3;
  static final int FLOAT = 4;
  static final int DOUBLE = 5;
  static final int BOOLEAN = 6;
  static final int LIST = 7;
  static final int MAP = 8;
  static final int INTEGERS = 9;
  static final int FLOATS = 10;
  static final int TOKEN_IDS = 11;
  static final int TOKEN_LOGPROBS = 12;
  static final int ENGINE_CONFIG = 13;
  static final int REQUEST = 14;
  static final int RECORDS = 32;
  static final int ENUMS = 64;

  static final List<Class<? extends Record>> RECORD_TYPES =
      List.of(
          ChildMessage.Start.class,
          ChildMessage.Submit.class,
          ChildMessage.Cancel.class,
          ChildMessage.Ready.class,
          ChildMessage.Ended.class,
          ChildMessage.Counters.class,
          ChildMessage.Failed.class,
          Outcome.Completion.class,
          Outcome.Rejection.class,
          Sample.class,
          EngineInfo.class,
          EngineStats.class,
          DegenerateCounts.class);

  static final List<Class<? extends Enum<?>>> ENUM_TYPES =
      List.of(EngineException.Kind.class, FinishReason.class, RejectionCode.class);

  private WireTypes() {}

  /** The values of a record's components, in order. */
  static List<@Nullable Object> components(Record value) {
    RecordComponent[] components = value.getClass().getRecordComponents();
    @Nullable Object[] values = new @Nullable Object[components.length];
    try {
      for (int i = 0; i < values.length; i++) {
        values[i] = components[i].getAccessor().invoke(value);
      }
    } catch (IllegalAccessException | InvocationTargetException e) {
      throw new IllegalStateException("a record whose values cannot be read: " + value, e);
    }
    return Arrays.asList(values);
  }

  /** A record of a type, from its components' values. */
  static Record record(Class<? extends Record> type, List<@Nullable Object> values) {
    Class<?>[] types =
        Arrays.stream(type.getRecordComponents())
            .map(RecordComponent::getType)
            .toArray(Class<?>[]::new);
    try {
      return type.getDeclaredConstructor(types).newInstance(values.toArray());
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("a record that cannot be made: " + type, e);
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.engine;

import dev.highbeam.runtime.api.EngineConfig;
import dev.highbeam.runtime.api.Request;
import dev.highbeam.runtime.api.Setting;
import dev.highbeam.runtime.api.TokenIds;
import dev.highbeam.runtime.api.TokenLogprobs;
import java.io.BufferedOutputStream;
import java.io.Closeable;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Writes messages to another process, each at once. A value is a tag of {@link WireTypes} and what
 * follows from it; {@link WireReader} reads it. Used by one thread at a time.
 */
final class Wire implements Closeable {

  private final DataOutputStream out;

  private Wire(DataOutputStream out) {
    this.out = out;
  }

  static Wire to(OutputStream out) {
    return new Wire(new DataOutputStream(new BufferedOutputStream(out)));
  }

  synchronized void write(ChildMessage message) throws IOException {
    value(message);
    out.flush();
  }

  private void value(@Nullable Object value) throws IOException {
    if (value == null) {
      out.writeByte(WireTypes.NULL);
    } else if (value instanceof String text) {
      out.writeByte(WireTypes.TEXT);
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      out.writeInt(bytes.length);
      out.write(bytes);
    } else if (value instanceof Number || value instanceof Boolean) {
      scalar(value);
    } else if (value instanceof List<?> list) {
      out.writeByte(WireTypes.LIST);
      list(list);
    } else if (value instanceof Map<?, ?> map) {
      out.writeByte(WireTypes.MAP);
      list(new ArrayList<>(map.keySet()));
      list(new ArrayList<>(map.values()));
    } else if (value instanceof int[] ints) {
      out.writeByte(WireTypes.INTEGERS);
      integers(ints);
    } else if (value instanceof float[] floats) {
      out.writeByte(WireTypes.FLOATS);
      out.writeInt(floats.length);
      for (float each : floats) {
        out.writeFloat(each);
      }
    } else {
      typed(value);
    }
  }

  private void scalar(Object value) throws IOException {
    if (value instanceof Integer number) {
      out.writeByte(WireTypes.INTEGER);
      out.writeInt(number);
    } else if (value instanceof Long number) {
      out.writeByte(WireTypes.LONG);
      out.writeLong(number);
    } else if (value instanceof Float number) {
      out.writeByte(WireTypes.FLOAT);
      out.writeFloat(number);
    } else if (value instanceof Double number) {
      out.writeByte(WireTypes.DOUBLE);
      out.writeDouble(number);
    } else if (value instanceof Boolean truth) {
      out.writeByte(WireTypes.BOOLEAN);
      out.writeBoolean(truth);
    } else {
      throw new IllegalArgumentException("no message holds a " + value.getClass());
    }
  }

  private void typed(Object value) throws IOException {
    if (value instanceof TokenIds ids) {
      out.writeByte(WireTypes.TOKEN_IDS);
      integers(ids.toArray());
    } else if (value instanceof TokenLogprobs logprobs) {
      out.writeByte(WireTypes.TOKEN_LOGPROBS);
      logprobs(logprobs);
    } else if (value instanceof EngineConfig config) {
      out.writeByte(WireTypes.ENGINE_CONFIG);
      value(settings(config.settings().explicit()));
    } else if (value instanceof Request request) {
      out.writeByte(WireTypes.REQUEST);
      value(request.id());
      value(request.promptTokenIds());
      value(settings(request.sampling().settings().explicit()));
    } else if (value instanceof Record record) {
      out.writeByte(WireTypes.RECORDS + WireTypes.RECORD_TYPES.indexOf(record.getClass()));
      list(WireTypes.components(record));
    } else if (value instanceof Enum<?> constant) {
      out.writeByte(WireTypes.ENUMS + WireTypes.ENUM_TYPES.indexOf(constant.getDeclaringClass()));
      value(constant.name());
    } else {
      throw new IllegalArgumentException("no message holds a " + value.getClass());
    }
  }

  private void list(List<?> list) throws IOException {
    out.writeInt(list.size());
    for (Object each : list) {
      value(each);
    }
  }

  private void integers(int[] ints) throws IOException {
    out.writeInt(ints.length);
    for (int each : ints) {
      out.writeInt(each);
    }
  }

  private void logprobs(TokenLogprobs logprobs) throws IOException {
    float[] own = new float[logprobs.tokenCount()];
    List<Object> ids = new ArrayList<>();
    List<Object> top = new ArrayList<>();
    for (int i = 0; i < own.length; i++) {
      own[i] = logprobs.logprob(i);
      ids.add(logprobs.topTokenIds(i));
      top.add(logprobs.topLogprobs(i));
    }
    list(Arrays.asList(own, ids, top));
  }

  private static <S extends Setting> Map<String, Object> settings(Map<S, Object> explicit) {
    Map<String, Object> byName = new TreeMap<>();
    explicit.forEach((setting, value) -> byName.put(setting.settingName(), value));
    return byName;
  }

  @Override
  public void close() throws IOException {
    out.close();
  }
}

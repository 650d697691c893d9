// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.engine;

import dev.highbeam.runtime.api.EngineConfig;
import dev.highbeam.runtime.api.EngineSetting;
import dev.highbeam.runtime.api.Request;
import dev.highbeam.runtime.api.SamplingParams;
import dev.highbeam.runtime.api.SamplingSetting;
import dev.highbeam.runtime.api.Setting;
import dev.highbeam.runtime.api.Settings;
import dev.highbeam.runtime.api.TokenIds;
import dev.highbeam.runtime.api.TokenLogprobs;
import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads the messages that {@link Wire} writes in another process. Used by one thread. */
final class WireReader implements Closeable {

  private static final int MOST = 1 << 26;

  private final DataInputStream in;

  WireReader(InputStream in) {
    this.in = new DataInputStream(new BufferedInputStream(in));
  }

  /**
   * The next message; null at the end, also at one in the middle of a message: whoever writes may
   * end at any point.
   *
   * @throws IOException if it is no message of ours
   */
  @Nullable ChildMessage read() throws IOException {
    Object value;
    try {
      value = value();
    } catch (EOFException e) {
      return null;
    } catch (RuntimeException e) {
      throw new IOException("not a message: " + e.getMessage(), e);
    }
    if (value instanceof ChildMessage message) {
      return message;
    }
    throw new IOException("not a message: " + value);
  }

  private @Nullable Object value() throws IOException {
    int tag = in.readUnsignedByte();
    return switch (tag) {
      case WireTypes.NULL -> null;
      case WireTypes.TEXT -> new String(in.readNBytes(count()), StandardCharsets.UTF_8);
      case WireTypes.INTEGER -> in.readInt();
      case WireTypes.LONG -> in.readLong();
      case WireTypes.FLOAT -> in.readFloat();
      case WireTypes.DOUBLE -> in.readDouble();
      case WireTypes.BOOLEAN -> in.readBoolean();
      case WireTypes.LIST -> list();
      case WireTypes.MAP -> map();
      case WireTypes.INTEGERS -> integers();
      case WireTypes.FLOATS -> floats();
      case WireTypes.TOKEN_IDS -> TokenIds.of(integers());
      case WireTypes.TOKEN_LOGPROBS -> logprobs();
      case WireTypes.ENGINE_CONFIG -> EngineConfig.of(settings(EngineSetting.class));
      case WireTypes.REQUEST -> request();
      default -> typed(tag);
    };
  }

  private Object typed(int tag) throws IOException {
    if (tag >= WireTypes.ENUMS) {
      Class<? extends Enum<?>> type = WireTypes.ENUM_TYPES.get(tag - WireTypes.ENUMS);
      Object name = value();
      for (Enum<?> constant : type.getEnumConstants()) {
        if (constant.name().equals(name)) {
          return constant;
        }
      }
      throw new IOException("there is no " + type.getSimpleName() + " " + name);
    }
    return WireTypes.record(WireTypes.RECORD_TYPES.get(tag - WireTypes.RECORDS), list());
  }

  private List<@Nullable Object> list() throws IOException {
    int count = count();
    List<@Nullable Object> list = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      list.add(value());
    }
    return list;
  }

  private Map<Object, Object> map() throws IOException {
    List<@Nullable Object> keys = list();
    List<@Nullable Object> values = list();
    Map<Object, Object> map = new LinkedHashMap<>();
    for (int i = 0; i < keys.size(); i++) {
      Object key = keys.get(i);
      Object value = values.get(i);
      if (key != null && value != null) {
        map.put(key, value);
      }
    }
    return map;
  }

  /** Whatever else prints into the messages must not ask for any amount of memory. */
  private int count() throws IOException {
    int count = in.readInt();
    if (count < 0 || count > MOST) {
      throw new IOException("a message with " + count + " parts");
    }
    return count;
  }

  private int[] integers() throws IOException {
    int[] ints = new int[count()];
    for (int i = 0; i < ints.length; i++) {
      ints[i] = in.readInt();
    }
    return ints;
  }

  private float[] floats() throws IOException {
    float[] floats = new float[count()];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = in.readFloat();
    }
    return floats;
  }

  private TokenLogprobs logprobs() throws IOException {
    List<@Nullable Object> parts = list();
    List<?> ids = (List<?>) parts.get(1);
    List<?> top = (List<?>) parts.get(2);
    if (!(parts.get(0) instanceof float[] own) || ids == null || top == null) {
      throw new IOException("log-probabilities without their parts");
    }
    return new TokenLogprobs(own, ids.toArray(new int[0][]), top.toArray(new float[0][]));
  }

  private Request request() throws IOException {
    Object id = value();
    Object ids = value();
    if (id instanceof String text && ids instanceof int[] tokens) {
      return Request.of(text, tokens, SamplingParams.of(settings(SamplingSetting.class)));
    }
    throw new IOException("a request without id or tokens");
  }

  private <S extends Enum<S> & Setting> Settings<S> settings(Class<S> type) throws IOException {
    Settings<S> settings = Settings.none(type);
    if (value() instanceof Map<?, ?> byName) {
      for (Map.Entry<?, ?> entry : byName.entrySet()) {
        S setting = Settings.byName(type, (String) entry.getKey());
        if (setting == null) {
          throw new IOException("there is no setting " + entry.getKey());
        }
        settings = settings.with(setting, entry.getValue());
      }
    }
    return settings;
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}

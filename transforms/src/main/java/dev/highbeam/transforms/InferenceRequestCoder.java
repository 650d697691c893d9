// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms;

import dev.highbeam.runtime.api.SamplingSetting;
import dev.highbeam.runtime.api.Settings;
import dev.highbeam.schemas.InferenceSchemas;
import dev.highbeam.schemas.RequestFields;
import dev.highbeam.transforms.rows.InputRecord;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.TreeMap;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.apache.beam.sdk.coders.AtomicCoder;
import org.apache.beam.sdk.coders.Coder;
import org.apache.beam.sdk.coders.CoderProvider;
import org.apache.beam.sdk.coders.CoderProviders;
import org.apache.beam.sdk.extensions.avro.coders.AvroGenericCoder;
import org.apache.beam.sdk.values.TypeDescriptor;

/** Requests as Avro binary of {@link InferenceSchemas#REQUEST}. */
public final class InferenceRequestCoder extends AtomicCoder<InferenceRequest> {

  private static final long serialVersionUID = 1L;
  private static final Coder<GenericRecord> RECORDS = AvroGenericCoder.of(InferenceSchemas.REQUEST);
  private static final Schema SAMPLING =
      InferenceSchemas.REQUEST.getField(RequestFields.SAMPLING).schema();

  private InferenceRequestCoder() {}

  public static InferenceRequestCoder of() {
    return new InferenceRequestCoder();
  }

  /** For Beam, which looks it up by {@code @DefaultCoder}. */
  public static CoderProvider getCoderProvider() {
    return CoderProviders.forCoder(TypeDescriptor.of(InferenceRequest.class), of());
  }

  @Override
  public void encode(InferenceRequest value, OutputStream out) throws IOException {
    RECORDS.encode(toRecord(value), out);
  }

  @Override
  public InferenceRequest decode(InputStream in) throws IOException {
    return fromRecord(RECORDS.decode(in));
  }

  /** A request as a row of a file. */
  static GenericRecord toRecord(InferenceRequest value) {
    GenericRecord record = new GenericData.Record(InferenceSchemas.REQUEST);
    record.put(RequestFields.CUSTOM_ID, value.customId());
    record.put(RequestFields.SOURCE, value.source());
    record.put(RequestFields.POSITION, value.position());
    record.put(RequestFields.PROMPT, value.prompt());
    record.put(RequestFields.COLUMNS, ByteBuffer.wrap(value.columns()));
    record.put(RequestFields.SAMPLING, samplingRecord(value.sampling()));
    return record;
  }

  /** The request of {@link #toRecord}. */
  static InferenceRequest fromRecord(GenericRecord record) {
    ByteBuffer buffer = ((ByteBuffer) record.get(RequestFields.COLUMNS)).duplicate();
    byte[] columns = new byte[buffer.remaining()];
    buffer.get(columns);
    return new InferenceRequest(
        (String) record.get(RequestFields.CUSTOM_ID),
        (String) record.get(RequestFields.PROMPT),
        settings((GenericRecord) record.get(RequestFields.SAMPLING)),
        new InputRecord(
            (String) record.get(RequestFields.SOURCE),
            (Long) record.get(RequestFields.POSITION),
            columns));
  }

  private static GenericRecord samplingRecord(Settings<SamplingSetting> settings) {
    GenericRecord record = new GenericData.Record(SAMPLING);
    settings
        .explicit()
        .forEach(
            (setting, value) ->
                record.put(
                    setting.settingName(), value instanceof Map<?, ?> map ? textKeys(map) : value));
    return record;
  }

  private static Settings<SamplingSetting> settings(GenericRecord record) {
    Settings<SamplingSetting> settings = Settings.none(SamplingSetting.class);
    for (SamplingSetting setting : SamplingSetting.values()) {
      Object value = record.get(setting.settingName());
      if (value != null) {
        settings = settings.with(setting, value);
      }
    }
    return settings;
  }

  private static Map<String, Object> textKeys(Map<?, ?> map) {
    Map<String, Object> result = new TreeMap<>();
    map.forEach((key, value) -> result.put(String.valueOf(key), value));
    return result;
  }
}

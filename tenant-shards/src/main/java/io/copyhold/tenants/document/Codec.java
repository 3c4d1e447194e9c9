package io.copyhold.tenants.document;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.deser.std.StdDeserializer;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.jsontype.NamedType;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.std.StdSerializer;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * How the records are written as JSON: the published names, without what is left at its default.
 */
final class Codec {
  /** Keys sorted, so that equal values give equal bytes. */
  static final ObjectMapper JSON =
      JsonMapper.builder()
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .defaultPropertyInclusion(
              JsonInclude.Value.construct(
                  JsonInclude.Include.NON_DEFAULT, JsonInclude.Include.ALWAYS))
          .enable(MapperFeature.SORT_PROPERTIES_ALPHABETICALLY)
          .enable(MapperFeature.ACCEPT_CASE_INSENSITIVE_ENUMS)
          .enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS)
          .enable(SerializationFeature.WRITE_ENUMS_USING_TO_STRING)
          .enable(DeserializationFeature.READ_ENUMS_USING_TO_STRING)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .addModule(values())
          .addMixIn(Change.class, Wrapped.class)
          .addMixIn(Document.class, DocumentFields.class)
          .addMixIn(Change.CreateConstraint.class, Flat.class)
          .addMixIn(Change.AlterColumn.class, Altered.class)
          .addMixIn(Change.Sql.class, SqlFields.class)
          .addMixIn(Change.CreateIndex.class, Built.class)
          .addMixIn(Column.class, WithDefault.class)
          .addMixIn(Table.Field.class, WithDefault.class)
          .build();

  static {
    for (Operation operation : Operation.values()) {
      JSON.registerSubtypes(new NamedType(operation.type(), operation.field()));
    }
  }

  private Codec() {}

  @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, include = JsonTypeInfo.As.WRAPPER_OBJECT)
  interface Wrapped {}

  interface DocumentFields {
    @JsonProperty("version_schema")
    String version();

    @JsonInclude(JsonInclude.Include.ALWAYS)
    Reversal down();
  }

  interface Flat {
    @JsonUnwrapped
    Constraint constraint();
  }

  interface Altered {
    @JsonProperty("default")
    Change.Value defaultValue();

    @JsonInclude(JsonInclude.Include.NON_NULL)
    Boolean nullable();
  }

  interface SqlFields {
    @JsonProperty("onComplete")
    boolean onComplete();
  }

  interface Built {
    @JsonInclude(JsonInclude.Include.ALWAYS)
    Boolean concurrently();
  }

  interface WithDefault {
    @JsonProperty("default")
    String defaultValue();
  }

  private static SimpleModule values() {
    SimpleModule module = new SimpleModule();
    module.addSerializer(
        Change.Value.class,
        new StdSerializer<Change.Value>(Change.Value.class) {
          @Override
          public void serialize(Change.Value value, JsonGenerator to, SerializerProvider all)
              throws IOException {
            to.writeString(value.text());
          }
        });
    module.addDeserializer(
        Change.Value.class,
        new StdDeserializer<Change.Value>(Change.Value.class) {
          @Override
          public Change.Value deserialize(JsonParser from, DeserializationContext context)
              throws IOException {
            return new Change.Value(from.getValueAsString());
          }

          @Override
          public Change.Value getNullValue(DeserializationContext context) {
            return new Change.Value(null);
          }

          @Override
          public @Nullable Object getAbsentValue(DeserializationContext context) {
            return null;
          }
        });
    return module;
  }
}

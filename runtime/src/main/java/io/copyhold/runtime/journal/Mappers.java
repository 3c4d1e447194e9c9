package io.copyhold.runtime.journal;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.cfg.MapperConfig;
import com.fasterxml.jackson.databind.introspect.Annotated;
import com.fasterxml.jackson.databind.introspect.JacksonAnnotationIntrospector;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.jsontype.NamedType;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.dataformat.cbor.databind.CBORMapper;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The two mappers of the house: CBOR for what is stored and sent between nodes, JSON for people. A
 * sealed interface is told apart by a property {@code kind} with the simple name of the record.
 */
public final class Mappers {
  public static final ObjectMapper CBOR = configure(CBORMapper.builder().build());
  public static final ObjectMapper JSON = configure(JsonMapper.builder().build());

  private Mappers() {}

  /**
   * The tree of a value as its declared type shows it, so that a sealed type carries its {@code
   * kind}.
   */
  public static JsonNode tree(@Nullable Object value, Class<?> declared) {
    try {
      return JSON.readTree(JSON.writerFor(declared).writeValueAsBytes(value));
    } catch (java.io.IOException e) {
      throw new IllegalArgumentException("not representable: " + declared.getName(), e);
    }
  }

  private static ObjectMapper configure(ObjectMapper mapper) {
    return mapper
        .registerModule(new Jdk8Module())
        .registerModule(new JavaTimeModule())
        .registerModule(new SealedTypes())
        .setDefaultPropertyInclusion(JsonInclude.Include.NON_NULL)
        .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
        .disable(SerializationFeature.WRITE_DURATIONS_AS_TIMESTAMPS)
        .configure(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS, true)
        .configure(MapperFeature.SORT_PROPERTIES_ALPHABETICALLY, false)
        .disable(DeserializationFeature.ADJUST_DATES_TO_CONTEXT_TIME_ZONE)
        .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);
  }

  /** Teaches Jackson 2 that a sealed interface knows its own subtypes. */
  private static final class SealedTypes extends SimpleModule {
    private static final long serialVersionUID = 1L;

    @Override
    public void setupModule(SetupContext context) {
      super.setupModule(context);
      context.insertAnnotationIntrospector(new Introspector());
    }

    /**
     * Not the empty one: the lookup of a type resolver asks this class itself for the type's
     * information.
     */
    private static final class Introspector extends JacksonAnnotationIntrospector {
      private static final long serialVersionUID = 1L;

      @Override
      public JsonTypeInfo.@Nullable Value findPolymorphicTypeInfo(
          MapperConfig<?> config, Annotated annotated) {
        return annotated.getRawType().isSealed() && annotated.getRawType().isInterface()
            ? JsonTypeInfo.Value.construct(
                JsonTypeInfo.Id.NAME, JsonTypeInfo.As.PROPERTY, "kind", null, false, true)
            : super.findPolymorphicTypeInfo(config, annotated);
      }

      @Override
      public @Nullable List<NamedType> findSubtypes(Annotated annotated) {
        Class<?> type = annotated.getRawType();
        if (!type.isSealed() || !type.isInterface()) {
          return super.findSubtypes(annotated);
        }
        List<NamedType> types = new ArrayList<>();
        collect(type, types);
        return types;
      }

      private static void collect(Class<?> type, List<NamedType> types) {
        for (Class<?> permitted : type.getPermittedSubclasses()) {
          if (permitted.isSealed()) {
            collect(permitted, types);
          } else {
            types.add(new NamedType(permitted, permitted.getSimpleName()));
          }
        }
      }
    }
  }
}

package io.copyhold.http.admin;

import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.core.exc.StreamReadException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.cfg.CoercionAction;
import com.fasterxml.jackson.databind.cfg.CoercionInputShape;
import com.fasterxml.jackson.databind.exc.InvalidFormatException;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.databind.exc.ValueInstantiationException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.type.LogicalType;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Reads a body strictly: an unknown field, a wrong type, a field twice, a missing one or anything
 * after the end is a problem that names the place as a JSON pointer. A record component that is not
 * {@link Nullable} must be there.
 */
final class Bodies {
  private static final ObjectMapper STRICT =
      JsonMapper.builder(
              com.fasterxml.jackson.core.JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(32)
                          .maxNumberLength(40)
                          .maxNameLength(256)
                          .build())
                  .build())
          .addModule(new Jdk8Module())
          .addModule(new JavaTimeModule())
          .enable(
              DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES,
              DeserializationFeature.FAIL_ON_TRAILING_TOKENS,
              DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES,
              DeserializationFeature.FAIL_ON_NUMBERS_FOR_ENUMS)
          .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
          .disable(DeserializationFeature.READ_DATE_TIMESTAMPS_AS_NANOSECONDS)
          .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
          .withCoercionConfig(
              LogicalType.Textual,
              text ->
                  text.setCoercion(CoercionInputShape.Integer, CoercionAction.Fail)
                      .setCoercion(CoercionInputShape.Float, CoercionAction.Fail)
                      .setCoercion(CoercionInputShape.Boolean, CoercionAction.Fail))
          .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
          .build();

  private Bodies() {}

  static <B> B read(byte[] body, @Nullable String mediaType, Class<B> type) {
    if (mediaType == null
        || !mediaType.strip().toLowerCase(java.util.Locale.ROOT).startsWith("application/json")) {
      throw new HttpProblem(
          415,
          Problem.invalid("media-type-unsupported", "the body must be JSON")
              .at("Content-Type")
              .todo("send Content-Type: application/json"),
          Map.of("Accept", "application/json"));
    }
    B value;
    try {
      value = STRICT.readValue(body, type);
    } catch (IOException e) {
      throw new ProblemException(problem(e), e);
    }
    if (value == null) {
      throw new ProblemException(
          Problem.invalid("body-null", "the body must be an object").at("/"));
    }
    complete(value, "");
    return value;
  }

  /** A part of a body whose form depends on what is in it. */
  static <B> B read(JsonNode part, Class<B> type, String where) {
    try {
      B value = STRICT.treeToValue(part, type);
      complete(value, where);
      return value;
    } catch (IOException e) {
      Problem problem = problem(e);
      throw new ProblemException(
          problem.at(where + (problem.where() == null ? "" : problem.where())), e);
    }
  }

  private static Problem problem(IOException failure) {
    return switch (failure) {
      case UnrecognizedPropertyException e ->
          Problem.invalid("field-unknown", "there is no field \"" + e.getPropertyName() + "\" here")
              .at(pointer(e))
              .todo(
                  e.getKnownPropertyIds() == null
                      ? "leave it out"
                      : "known are "
                          + e.getKnownPropertyIds().stream()
                              .map(Object::toString)
                              .sorted()
                              .collect(Collectors.joining(", ")));
      case InvalidFormatException e when e.getTargetType() != null && e.getTargetType().isEnum() ->
          Problem.invalid("field-value-unknown", "this value is not one of those known")
              .at(pointer(e))
              .todo("known are " + words(e.getTargetType()));
      case ValueInstantiationException e when e.getCause() instanceof ProblemException known ->
          known.problem();
      case ValueInstantiationException e ->
          Problem.invalid("field-value-refused", "this value cannot be: " + cause(e))
              .at(pointer(e));
      case MismatchedInputException e
          when e.getPath().isEmpty() && String.valueOf(e.getMessage()).startsWith("No content") ->
          Problem.of(Problem.Kind.MALFORMED, "body-missing", "there is no body")
              .todo("send a JSON object");
      case MismatchedInputException e
          when e.getPath().isEmpty()
              && String.valueOf(e.getMessage()).startsWith("Trailing token") ->
          Problem.of(
                  Problem.Kind.MALFORMED,
                  "json-malformed",
                  "something stands after the end of the body")
              .at(place(e));
      case MismatchedInputException e ->
          Problem.invalid("field-type-wrong", "here must be " + kind(e.getTargetType()))
              .at(pointer(e));
      case StreamConstraintsException e ->
          Problem.of(
                  Problem.Kind.MALFORMED,
                  "json-too-deep",
                  "the JSON is nested too deeply, or a name or number in it is too long")
              .at(place(e));
      case JsonParseException e
          when String.valueOf(e.getOriginalMessage()).startsWith("Duplicate field") ->
          Problem.invalid("field-twice", "a field stands twice in one object").at(place(e));
      case StreamReadException e ->
          Problem.of(Problem.Kind.MALFORMED, "json-malformed", "the body is not JSON").at(place(e));
      case JsonMappingException e
          when e.getCause() instanceof IOException cause
              && (cause instanceof StreamReadException
                  || cause instanceof StreamConstraintsException) ->
          problem(cause);
      case JsonMappingException e ->
          Problem.invalid("field-value-refused", "this value cannot be").at(pointer(e));
      default -> Problem.of(Problem.Kind.MALFORMED, "body-unreadable", "the body cannot be read");
    };
  }

  private static String cause(ValueInstantiationException e) {
    Throwable cause = e.getCause();
    return cause == null || cause.getMessage() == null ? "out of range" : cause.getMessage();
  }

  private static String words(Class<?> type) {
    return java.util.Arrays.stream(type.getEnumConstants())
        .map(constant -> STRICT.convertValue(constant, String.class))
        .sorted()
        .collect(Collectors.joining(", "));
  }

  private static String kind(@Nullable Class<?> type) {
    if (type == null) {
      return "something else";
    }
    if (type == String.class || type.isEnum()) {
      return "a string";
    }
    if (type == boolean.class || type == Boolean.class) {
      return "true or false";
    }
    if (type == int.class || type == Integer.class || type == long.class || type == Long.class) {
      return "a whole number";
    }
    if (type == double.class || type == Double.class) {
      return "a number";
    }
    if (type == java.time.Instant.class) {
      return "a time like 2026-11-21T12:00:00Z";
    }
    if (Collection.class.isAssignableFrom(type)) {
      return "an array";
    }
    return "an object";
  }

  private static String pointer(JsonMappingException e) {
    return e.getPath().isEmpty()
        ? "/"
        : e.getPath().stream()
            .map(step ->
                step.getFieldName() == null
                    ? "/" + step.getIndex()
                    : "/" + escape(step.getFieldName()))
            .collect(Collectors.joining());
  }

  private static String escape(String name) {
    return name.replace("~", "~0").replace("/", "~1");
  }

  private static String place(com.fasterxml.jackson.core.JacksonException e) {
    return e.getLocation() == null
        ? "body"
        : "line " + e.getLocation().getLineNr() + ", column " + e.getLocation().getColumnNr();
  }

  /** Every component of a record that must be there is there. */
  private static void complete(Object value, String pointer) {
    if (value instanceof Record && value.getClass().getName().startsWith("io.copyhold")) {
      for (RecordComponent component : value.getClass().getRecordComponents()) {
        String at = pointer + "/" + component.getName();
        Object part = part(value, component);
        if (part == null) {
          if (!component.getAnnotatedType().isAnnotationPresent(Nullable.class)) {
            throw new ProblemException(
                Problem.invalid("field-missing", "\"" + component.getName() + "\" is missing")
                    .at(at));
          }
        } else {
          complete(part, at);
        }
      }
    } else if (value instanceof List<?> list) {
      for (int i = 0; i < list.size(); i++) {
        Object part = list.get(i);
        if (part == null) {
          throw new ProblemException(
              Problem.invalid("field-type-wrong", "here must not be null").at(pointer + "/" + i));
        }
        complete(part, pointer + "/" + i);
      }
    }
  }

  private static @Nullable Object part(Object value, RecordComponent component) {
    try {
      component.getAccessor().setAccessible(true);
      return component.getAccessor().invoke(value);
    } catch (IllegalAccessException | InvocationTargetException e) {
      throw new IllegalStateException("a record's component is readable", e);
    }
  }
}

package io.copyhold.runtime.journal;

import com.fasterxml.jackson.databind.JsonNode;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Makes one value of any record: words after their component, numbers that differ, one element in
 * each collection. The same at every run.
 */
public final class Samples {
  private final Map<Class<?>, Object> given;

  /**
   * @param given values for classes that refuse such values; also for components of these classes
   */
  public Samples(Map<Class<?>, Object> given) {
    this.given = given;
  }

  public Object of(Class<?> type) {
    return of(type, type.getSimpleName());
  }

  private Object of(Type type, String name) {
    return switch (type) {
      case ParameterizedType parameterized -> generic(parameterized, name);
      case Class<?> plain -> plain(plain, name);
      default -> throw new IllegalArgumentException("no sample of " + type);
    };
  }

  private Object generic(ParameterizedType type, String name) {
    Type[] arguments = type.getActualTypeArguments();
    Class<?> raw = (Class<?>) type.getRawType();
    if (raw == Optional.class) {
      return Optional.of(of(arguments[0], name));
    }
    if (raw == List.class) {
      return List.of(of(arguments[0], name));
    }
    if (raw == Set.class) {
      return Set.of(of(arguments[0], name));
    }
    if (raw == Map.class) {
      return Map.of(of(arguments[0], name), of(arguments[1], name));
    }
    return plain(raw, name);
  }

  private Object plain(Class<?> type, String name) {
    if (given.containsKey(type)) {
      return given.get(type);
    }
    if (type == String.class || type == Object.class) {
      return name.toLowerCase(java.util.Locale.ROOT);
    }
    if (type == long.class || type == Long.class) {
      return 1_000L + name.length();
    }
    if (type == int.class || type == Integer.class) {
      return name.length();
    }
    if (type == double.class || type == Double.class) {
      return name.length() + 0.5;
    }
    if (type == boolean.class || type == Boolean.class) {
      return true;
    }
    if (type == Instant.class) {
      return Instant.parse("2026-05-06T07:08:09.123456Z");
    }
    if (type == Duration.class) {
      return Duration.ofMillis(90_500);
    }
    if (JsonNode.class.isAssignableFrom(type)) {
      return Mappers.JSON.createObjectNode().put(name, 1);
    }
    if (type.isEnum()) {
      return type.getEnumConstants()[0];
    }
    if (type.isSealed()) {
      return plain(type.getPermittedSubclasses()[0], name);
    }
    if (type.isRecord()) {
      return record(type);
    }
    throw new IllegalArgumentException("no sample of " + type + "; give one in samples()");
  }

  private Object record(Class<?> type) {
    RecordComponent[] components = type.getRecordComponents();
    Class<?>[] types = new Class<?>[components.length];
    Object[] values = new Object[components.length];
    for (int i = 0; i < components.length; i++) {
      types[i] = components[i].getType();
      values[i] = of(components[i].getGenericType(), components[i].getName());
    }
    try {
      Constructor<?> constructor = type.getDeclaredConstructor(types);
      constructor.setAccessible(true);
      return constructor.newInstance(values);
    } catch (InvocationTargetException e) {
      throw new IllegalArgumentException(
          type + " refuses a generated sample; give one in samples()", e.getCause());
    } catch (ReflectiveOperationException e) {
      throw new IllegalArgumentException("no sample of " + type, e);
    }
  }
}

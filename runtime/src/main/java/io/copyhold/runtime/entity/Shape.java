package io.copyhold.runtime.entity;

import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * The shape of a state: a digest over its records' names, components and types, and their records
 * in turn.
 */
final class Shape {
  private final Set<Class<?>> seen = new LinkedHashSet<>();
  private final StringBuilder text = new StringBuilder();

  private Shape() {}

  static String of(Class<?> type) {
    Shape shape = new Shape();
    shape.visit(type);
    return Digest.of(shape.text.toString()).substring(0, 12);
  }

  private void visit(Type type) {
    if (type instanceof ParameterizedType parameterized) {
      visit(parameterized.getRawType());
      for (Type argument : parameterized.getActualTypeArguments()) {
        visit(argument);
      }
    } else if (type instanceof Class<?> raw
        && raw.getName().startsWith("io.copyhold")
        && seen.add(raw)) {
      text.append(raw.getSimpleName());
      if (raw.isEnum()) {
        for (Object constant : raw.getEnumConstants()) {
          text.append(',').append(constant);
        }
      }
      if (raw.isSealed()) {
        for (Class<?> permitted : raw.getPermittedSubclasses()) {
          visit(permitted);
        }
      }
      if (raw.isRecord()) {
        for (RecordComponent component : raw.getRecordComponents()) {
          text.append(';')
              .append(component.getName())
              .append(':')
              .append(component.getGenericType());
          visit(component.getGenericType());
        }
      }
    }
  }
}

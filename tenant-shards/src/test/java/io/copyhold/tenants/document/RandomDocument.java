package io.copyhold.tenants.document;

import java.lang.reflect.AnnotatedType;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Documents of the right form with anything in them. */
record RandomDocument(RandomGenerator random) {
  private static final String[] PIECES = {
    "a", "id", "Größe", "\"", "'", " ", "\\", "{}", ": ", "# ", "- ", "\n", "no", "0", "null", "~",
    "💡", "|", "\t"
  };

  Document next() {
    List<Change> changes = new ArrayList<>();
    for (int i = random.nextInt(1, 6); i > 0; i--) {
      Operation[] all = Operation.values();
      changes.add((Change) make(all[random.nextInt(all.length)].type()));
    }
    return new Document(
        "d" + random.nextInt(1000),
        random.nextBoolean() ? null : "v." + random.nextInt(9),
        changes,
        pick(Reversal.values()));
  }

  private Object make(Class<?> type) {
    RecordComponent[] parts = type.getRecordComponents();
    Object[] values =
        Arrays.stream(parts)
            .map(
                part -> value(type, part.getName(), part.getGenericType(), part.getAnnotatedType()))
            .toArray();
    try {
      var constructor =
          type.getDeclaredConstructor(
              Arrays.stream(parts).map(RecordComponent::getType).toArray(Class<?>[]::new));
      constructor.setAccessible(true);
      return constructor.newInstance(values);
    } catch (ReflectiveOperationException e) {
      throw new AssertionError(type.getName(), e);
    }
  }

  private @Nullable Object value(Class<?> owner, String name, Type type, AnnotatedType annotated) {
    boolean needed =
        owner == Constraint.class && List.of("check", "references", "exclude").contains(name);
    if (annotated.isAnnotationPresent(Nullable.class) && !needed && random.nextBoolean()) {
      return null;
    }
    if (type instanceof ParameterizedType list && list.getRawType() == List.class) {
      List<Object> items = new ArrayList<>();
      for (int i = random.nextInt(1, 4); i > 0; i--) {
        Type item = list.getActualTypeArguments()[0];
        items.add(item == String.class ? text() : make((Class<?>) item));
      }
      return items;
    }
    if (type instanceof ParameterizedType map && map.getRawType() == Map.class) {
      return new TreeMap<>(Map.of(text(), text()));
    }
    Class<?> plain = (Class<?>) type;
    if (plain == String.class) {
      return text();
    }
    if (plain == boolean.class || plain == Boolean.class) {
      return random.nextBoolean();
    }
    if (plain == Integer.class) {
      return random.nextInt(1, 100_000);
    }
    return plain.isEnum() ? pick(plain.getEnumConstants()) : make(plain);
  }

  private <T> T pick(T[] values) {
    return values[random.nextInt(values.length)];
  }

  /** Neither empty nor with white space around it. */
  private String text() {
    StringBuilder text = new StringBuilder("x");
    for (int i = random.nextInt(6); i > 0; i--) {
      text.append(pick(PIECES));
    }
    return text.append('y').toString();
  }
}

package io.copyhold.tenants;

import io.copyhold.runtime.Problem;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Checks the fields of a command, one after the other; the first complaint is the answer. */
public final class Fields {
  public static final int TAGS_MAX = 32;

  private static final Pattern WORD = Pattern.compile("[a-z0-9][a-z0-9-]{0,39}");
  private static final Pattern TAG = Pattern.compile("[a-z0-9][a-z0-9._=-]{0,62}");

  private @Nullable Problem first;

  private Fields() {}

  public static Fields check() {
    return new Fields();
  }

  public Optional<Problem> problem() {
    return Optional.ofNullable(first);
  }

  /** By the rules of {@link Ids}. */
  public Fields id(String field, @Nullable String value) {
    return note(Ids.check(field, value));
  }

  /** By the rules of {@link Ids}, where it is given at all. */
  public Fields idIfGiven(String field, @Nullable String value) {
    return value == null ? this : id(field, value);
  }

  /** A region, a tier, a plan: 1 to 40 of a to z, 0 to 9 and hyphen. */
  public Fields word(String field, @Nullable String value) {
    if (value == null || value.isEmpty()) {
      return missing(field);
    }
    return WORD.matcher(value).matches()
        ? this
        : invalid(
            field,
            "field-form",
            field + " is not a word of 1 to 40 lower-case letters, digits and hyphens",
            "write it like eu-central");
  }

  /** Free text on one line. */
  public Fields text(String field, @Nullable String value, int charsMax) {
    if (value == null || value.isBlank()) {
      return missing(field);
    }
    if (value.length() > charsMax) {
      return invalid(
          field,
          "field-length",
          field + " has " + value.length() + " characters, at most " + charsMax + " are kept",
          "shorten it");
    }
    int control = value.chars().filter(Character::isISOControl).findFirst().orElse(-1);
    return control < 0
        ? this
        : invalid(
            field,
            "field-characters",
            field + " holds the control character " + Ids.describe(control),
            "write it on one line");
  }

  public Fields range(String field, long value, long min, long max) {
    return value >= min && value <= max
        ? this
        : invalid(
            field,
            "field-range",
            field + " is " + value + ", allowed is " + min + " to " + max,
            "choose a number in the range");
  }

  public Fields tags(Collection<String> tags) {
    if (tags.size() > TAGS_MAX) {
      return invalid(
          "tags",
          "tags-many",
          tags.size() + " tags, at most " + TAGS_MAX + " are kept",
          "drop some");
    }
    for (String tag : tags) {
      if (!TAG.matcher(tag).matches()) {
        return invalid(
            "tags",
            "tag-form",
            "a tag has 1 to 63 of a to z, 0 to 9, '.', '_', '=' and '-'",
            "write it like team=blue");
      }
    }
    return this;
  }

  public Fields that(boolean holds, String field, String code, String what, String todo) {
    return holds ? this : invalid(field, code, what, todo);
  }

  public Fields note(Optional<Problem> problem) {
    if (first == null && problem.isPresent()) {
      first = problem.get();
    }
    return this;
  }

  private Fields missing(String field) {
    return invalid(field, "field-missing", field + " is missing", "give it");
  }

  private Fields invalid(String field, String code, String what, String todo) {
    return note(Optional.of(Problem.invalid(code, what).at(field).todo(todo)));
  }

  /**
   * Sorted, each once; none for null, which stands for a field left out. A null word becomes an
   * empty one.
   */
  public static List<String> sorted(@Nullable Collection<? extends @Nullable String> words) {
    TreeSet<String> sorted = new TreeSet<>();
    if (words != null) {
      words.forEach(word -> sorted.add(word == null ? "" : word));
    }
    return List.copyOf(sorted);
  }

  /** Sorted by key; none for null. A null value becomes an empty one. */
  public static Map<String, String> sorted(
      @Nullable Map<String, ? extends @Nullable String> values) {
    TreeMap<String, String> sorted = new TreeMap<>();
    if (values != null) {
      values.forEach((key, value) -> sorted.put(key, value == null ? "" : value));
    }
    return Collections.unmodifiableMap(sorted);
  }

  /** The name of the first field that two records of one class differ in. */
  public static Optional<String> difference(Record one, Record other) {
    for (var component : one.getClass().getRecordComponents()) {
      try {
        if (!Objects.equals(
            component.getAccessor().invoke(one), component.getAccessor().invoke(other))) {
          return Optional.of(component.getName());
        }
      } catch (ReflectiveOperationException e) {
        throw new IllegalStateException("a public record has public accessors", e);
      }
    }
    return Optional.empty();
  }
}

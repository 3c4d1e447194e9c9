package io.copyhold.tenants.document;

import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One schema version: the operations that lead to it from the one before, in order.
 *
 * @param name of the document; at most {@value #NAME_CHARS_MAX} characters
 * @param version what applications call it ({@code version_schema}); the name where none is given
 * @param operations 1 to {@value #OPERATIONS_MAX}
 * @param down what taking it back gives, as the author declares it; exact where nothing is declared
 */
public record Document(String name, String version, List<Change> operations, Reversal down) {
  public static final int NAME_CHARS_MAX = 100;
  public static final int OPERATIONS_MAX = 200;

  public Document(
      String name, @Nullable String version, List<Change> operations, @Nullable Reversal down) {
    this.name = Objects.requireNonNull(name, "name");
    this.version = version == null ? name : version;
    this.operations = List.copyOf(operations);
    this.down = down == null ? Reversal.EXACT : down;
  }
}

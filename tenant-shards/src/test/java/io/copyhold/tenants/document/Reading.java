package io.copyhold.tenants.document;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.copyhold.runtime.Problem;
import java.util.List;

/** Reads documents of tests. */
final class Reading {
  private Reading() {}

  static Document good(String file, byte[] bytes) {
    return good(Documents.parse(file, bytes));
  }

  static Document good(String text, Documents.Format format) {
    return good(Documents.parse(text.getBytes(UTF_8), format));
  }

  static List<Problem> bad(String yaml) {
    return switch (Documents.parse("test.yaml", yaml.getBytes(UTF_8))) {
      case Documents.Parsed.Bad(var problems) -> problems;
      case Documents.Parsed.Good(var document) -> throw new AssertionError("read: " + document);
    };
  }

  private static Document good(Documents.Parsed parsed) {
    return switch (parsed) {
      case Documents.Parsed.Good(var document) -> document;
      case Documents.Parsed.Bad(var problems) -> throw new AssertionError(problems.toString());
    };
  }
}

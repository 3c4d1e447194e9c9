package io.copyhold.tenants.document;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Whatever a document holds, it is written and read without loss. */
class RoundTripTest {
  @Test
  void whateverIsWrittenIsReadBack() {
    TreeSet<String> seen = new TreeSet<>();
    for (long seed = 0; seed < 500; seed++) {
      Document document = new RandomDocument(new Random(seed)).next();
      for (Documents.Format format : Documents.Format.values()) {
        String text = Documents.render(document, format);
        assertThat(Reading.good(text, format)).as("seed %d:%n%s", seed, text).isEqualTo(document);
      }
      String canonical = Documents.canonical(document);
      assertThat(Documents.stored(canonical)).as("seed %d", seed).isEqualTo(document);
      assertThat(Documents.canonical(Documents.stored(canonical))).isEqualTo(canonical);
      document.operations().forEach(change -> seen.add(change.operation()));
    }
    assertThat(seen).hasSize(Operation.values().length);
  }
}

package io.copyhold.tenants.document;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** One document for each operation, in YAML and JSON. */
class CorpusTest {
  @ParameterizedTest
  @EnumSource
  void eachOperationIsReadAlikeFromYamlAndJson(Operation operation) throws IOException {
    Document yaml = read(operation.field() + ".yaml");
    Document json = read(operation.field() + ".json");
    assertThat(yaml.operations()).allMatch(c -> c.operation().equals(operation.field()));
    assertThat(yaml).isEqualTo(json);
    assertThat(Documents.digest(yaml)).isEqualTo(Documents.digest(json)).hasSize(64);
  }

  @ParameterizedTest
  @EnumSource
  void whatIsWrittenIsReadBack(Operation operation) throws IOException {
    Document document = read(operation.field() + ".yaml");
    for (Documents.Format format : Documents.Format.values()) {
      String text = Documents.render(document, format);
      assertThat(Reading.good(text, format)).as(text).isEqualTo(document);
    }
    assertThat(Documents.stored(Documents.canonical(document))).isEqualTo(document);
    assertThat(Documents.canonical(Documents.stored(Documents.canonical(document))))
        .isEqualTo(Documents.canonical(document))
        .doesNotContain("\n");
  }

  @ParameterizedTest
  @EnumSource
  void eachOperationFitsAHomeOfItsOwn(Operation operation) throws IOException {
    Outcome outcome = Shop.OWN.apply(read(operation.field() + ".yaml"));
    assertThat(outcome).isInstanceOf(Outcome.Fits.class);
    Shape shape = ((Outcome.Fits) outcome).shape();
    assertThat(Shape.fromJson(shape.toJson())).isEqualTo(shape);
  }

  private static Document read(String file) throws IOException {
    try (InputStream in = CorpusTest.class.getResourceAsStream("/documents/" + file)) {
      assertThat(in).as(file).isNotNull();
      return Reading.good(file, in.readAllBytes());
    }
  }
}

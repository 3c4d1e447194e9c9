package io.copyhold.tenants.store.postgres.expand;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.copyhold.runtime.ProblemException;
import io.copyhold.tenants.document.Document;
import io.copyhold.tenants.document.Documents;
import io.copyhold.tenants.document.Shape;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class FoldTest {
  private static Document document(String operations) {
    return switch (Documents.parse(
        "V1__t.yaml", ("operations:\n" + operations).getBytes(StandardCharsets.UTF_8))) {
      case Documents.Parsed.Good(var document) -> document;
      case Documents.Parsed.Bad(var problems) -> throw new AssertionError(problems);
    };
  }

  private static Link fold(String operations) {
    return Fold.of(1, Layout.plain("0", Shape.EMPTY), document(operations));
  }

  @Test
  void aNewTableIsMadeUnderAnotherNameUntilTheChangeIsFinal() {
    Link link =
        fold(
            """
              - create_table:
                  name: stay
                  columns: [{name: id, type: bigint, pk: true}]
            """);
    assertThat(link.to().place("stay").table()).isEqualTo("_copyhold_1_stay");
    assertThat(link.to().place("stay").column("id")).isEqualTo("id");
  }

  @Test
  void anExclusionConstraintIsRefusedBeforeAnythingIsMade() {
    assertThatThrownBy(() ->
            fold(
                """
                  - create_table:
                      name: stay
                      columns: [{name: id, type: bigint, pk: true}, {name: room, type: int}]
                      constraints:
                        - name: stay_room
                          type: exclude
                          exclude: {index_method: gist, elements: room WITH =}
                """))
        .isInstanceOfSatisfying(
            ProblemException.class,
            e -> assertThat(e.problem().code()).isEqualTo("operation-not-offered"));
  }
}

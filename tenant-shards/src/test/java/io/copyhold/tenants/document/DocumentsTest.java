package io.copyhold.tenants.document;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.copyhold.runtime.Problem;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is no document, and what is said about it. */
class DocumentsTest {
  @ParameterizedTest(name = "{0} {1}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '^',
      textBlock =
          """
          document-field-missing | #                              | operations         | name: x
          document-field-unknown | #/operation                    | did you mean operations | operation: []
          document-value         | #/operations                   | minItems 1         | operations: []
          document-type          | #/operations                   | a list             | operations: {}
          document-value         | #/name                         | pattern            | {name: "a b", operations: [{drop_table: {name: t}}]}
          document-value         | #/down                         | choose one         | {down: maybe, operations: [{drop_table: {name: t}}]}
          document-operation     | #/operations/0/drop_tabel      | did you mean drop_table | operations: [{drop_tabel: {name: t}}]
          document-operation     | #/operations/0                 | an entry of its own | operations: [{drop_table: {name: t}, drop_index: {name: i}}]
          document-operation     | #/operations/0                 | an entry of its own | operations: [{}]
          document-field-missing | #/operations/0/drop_table      | name: a text       | operations: [{drop_table: {}}]
          document-field-unknown | #/operations/0/drop_table/cascade | allowed are name | operations: [{drop_table: {name: t, cascade: true}}]
          document-type          | #/operations/0/add_column/column/default | in quotes | operations: [{add_column: {table: t, column: {name: c, type: int, default: 0}}}]
          document-type          | #/operations/0/add_column/column/nullable | true or false | operations: [{add_column: {table: t, column: {name: c, type: int, nullable: "yes"}}}]
          document-value         | #/operations/0/create_index/method | choose one | operations: [{create_index: {table: t, name: i, columns: [a], method: tree}}]
          document-field-unknown | #/operations/0/create_index/columns/a/sorts | did you mean sort? | operations: [{create_index: {table: t, name: i, columns: {a: {sorts: ASC}}}}]
          document-field-missing | #/operations/0/create_constraint | references: an object | operations: [{create_constraint: {table: t, name: k, type: foreign_key, columns: [a]}}]
          document-field-missing | #/operations/0/create_table/constraints/0 | check: a text | operations: [{create_table: {name: t, columns: [{name: a, type: int}], constraints: [{name: k, type: check}]}}]
          document-type          | #/operations/0/update/chunk_rows | a whole number | operations: [{update: {table: t, set: {a: "1"}, chunk_rows: "many"}}]
          document-alias         | line 1                         | write the value out | {name: &a x, operations: [{drop_table: {name: *a}}]}
          document-unreadable    | line 1                         | mend it there      | operations: [
          document-unreadable    | line 1                         | mend it there      | {name: a, name: b, operations: [{drop_table: {name: t}}]}
          """)
  void whatBreaksTheFormIsNamed(String code, String where, String todo, String yaml) {
    List<Problem> problems = Reading.bad(yaml);
    assertThat(problems)
        .anySatisfy(problem -> {
          assertThat(problem.code()).isEqualTo(code);
          if (where.startsWith("#")) {
            assertThat(problem.where()).isEqualTo(where);
          } else {
            assertThat(problem.where()).startsWith(where);
          }
          assertThat(problem.todo()).contains(todo);
        });
  }

  @Test
  void everyViolationIsNamedNotOnlyTheFirst() {
    assertThat(
            Reading.bad(
                """
                operations:
                - drop_table: {nam: t}
                - add_column: {table: t, column: {name: c}}
                """))
        .extracting(Problem::where)
        .containsExactlyInAnyOrder(
            "#/operations/0/drop_table",
            "#/operations/0/drop_table/nam",
            "#/operations/1/add_column/column");
  }

  @Test
  void aListOfWrongThingsIsCutShort() {
    String yaml = "operations:\n" + "- drop_table: {}\n".repeat(150);
    assertThat(Reading.bad(yaml)).hasSize(DocumentSchema.PROBLEMS_MAX);
  }

  @Test
  void whatIsTooLargeOrTooDeepIsRefused() {
    byte[] large = "x".repeat(Documents.BYTES_MAX + 1).getBytes(UTF_8);
    assertThat(Documents.parse(large, Documents.Format.JSON)).satisfies(is("document-size"));
    String deep = "[".repeat(2000) + "]".repeat(2000);
    assertThat(Documents.parse(deep.getBytes(UTF_8), Documents.Format.JSON))
        .satisfies(is("document-unreadable"));
    assertThat(Documents.parse(deep.getBytes(UTF_8), Documents.Format.YAML))
        .satisfies(is("document-unreadable"));
  }

  @Test
  void whatIsNotOneDocumentIsRefused() {
    for (String text : List.of("", "{} {}", "{\"operations\": ]", "\u0000\u0001")) {
      assertThat(Documents.parse(text.getBytes(UTF_8), Documents.Format.JSON))
          .isInstanceOf(Documents.Parsed.Bad.class);
    }
    String two = "operations: [{drop_table: {name: a}}]\n---\noperations: []\n";
    assertThat(Documents.parse("a.yaml", two.getBytes(UTF_8))).satisfies(is("document-unreadable"));
    assertThat(Documents.parse("a.yaml", "".getBytes(UTF_8)))
        .isInstanceOf(Documents.Parsed.Bad.class);
  }

  @Test
  void theNameIsTheFilesWhereTheDocumentHasNone() {
    byte[] yaml = "operations: [{drop_table: {name: t}}]".getBytes(UTF_8);
    Document document = Reading.good("migrations/07_drop.yml", yaml);
    assertThat(document.name()).isEqualTo("07_drop");
    assertThat(document.version()).isEqualTo("07_drop");
    assertThat(Documents.parse(yaml, Documents.Format.YAML)).satisfies(is("document-name"));
    assertThat(Documents.parse("07.txt", yaml)).satisfies(is("document-format"));
  }

  @Test
  void wordsThatOlderYamlTakesForTruthAreNames() {
    String yaml = "name: t\noperations: [{rename_column: {table: y, from: on, to: no}}]";
    assertThat(Reading.good(yaml, Documents.Format.YAML).operations())
        .containsExactly(new Change.RenameColumn("y", "on", "no"));
  }

  @Test
  void aBlockOfYamlEqualsATextOfJson() {
    String yaml =
        "name: t\noperations:\n- sql:\n    up: |\n      SELECT 1;\n      SELECT 2\n    down: ''\n";
    String json =
        "{\"name\":\"t\",\"operations\":[{\"sql\":{\"up\":\"SELECT 1;\\r\\nSELECT 2\"}}]}";
    Document one = Reading.good(yaml, Documents.Format.YAML);
    Document other = Reading.good(json, Documents.Format.JSON);
    assertThat(one).isEqualTo(other);
    assertThat(Documents.digest(one)).isEqualTo(Documents.digest(other));
  }

  @Test
  void aQueryAsAnUpGetsBrackets() {
    String yaml =
        """
        name: t
        operations:
        - alter_column: {table: a, column: b, nullable: false, up: "SELECT coalesce(b, c)", down: b}
        - create_constraint: {table: a, name: k, type: unique, columns: [b], up: {b: "select 1"}}
        - sql: {up: SELECT 1}
        """;
    assertThat(Reading.good(yaml, Documents.Format.YAML).operations())
        .satisfiesExactly(
            one -> assertThat(((Change.AlterColumn) one).up()).isEqualTo("(SELECT coalesce(b, c))"),
            two ->
                assertThat(((Change.CreateConstraint) two).up()).containsEntry("b", "(select 1)"),
            three -> assertThat(((Change.Sql) three).up()).isEqualTo("SELECT 1"));
  }

  /**
   * Published documents are told apart by it: a change here would make each of them another one.
   */
  @Test
  void theCanonicalFormStaysAsItIs() {
    String yaml =
        """
        name: t
        operations:
        - create_table:
            name: a
            columns: [{name: id, type: int, pk: true, references: {name: f, table: b, column: id}}]
        - alter_column: {table: a, column: b, nullable: false, default: null, up: "1", down: b}
        - create_index: {table: a, name: i, columns: {b: {sort: DESC}}}
        - create_constraint: {table: a, name: c, type: check, check: b > 0}
        - sql: {up: SELECT 1, onComplete: true}
        """;
    Document document = Reading.good(yaml, Documents.Format.YAML);
    assertThat(Documents.canonical(document))
        .isEqualTo(
            "{\"down\":\"exact\",\"name\":\"t\",\"operations\":[{\"create_table\":{\"columns\":[{\"name\":\"id\",\"pk\":true,\"references\":{\"column\":\"id\",\"match_type\":\"SIMPLE\",\"name\":\"f\",\"on_delete\":\"NO ACTION\",\"on_update\":\"NO ACTION\",\"table\":\"b\"},\"type\":\"int\"}],\"kind\":\"tenant\",\"name\":\"a\"}},"
                + "{\"alter_column\":{\"column\":\"b\",\"default\":null,\"down\":\"b\",\"nullable\":false,\"table\":\"a\",\"up\":\"1\"}},"
                + "{\"create_index\":{\"columns\":[{\"column\":\"b\",\"sort\":\"DESC\"}],\"concurrently\":true,\"method\":\"btree\",\"name\":\"i\",\"table\":\"a\"}},"
                + "{\"create_constraint\":{\"check\":\"b > 0\",\"name\":\"c\",\"type\":\"check\",\"table\":\"a\"}},"
                + "{\"sql\":{\"onComplete\":true,\"up\":\"SELECT 1\"}}],\"version_schema\":\"t\"}");
    assertThat(Documents.digest(document))
        .isEqualTo("81316212c6550b24f1262e75cd23ecc21abf95f2995e09aa51b8c3bcc69397ca");
  }

  @Test
  void anotherOrderOfOperationsIsAnotherDocument() {
    Change one = new Change.DropTable("a");
    Change two = new Change.DropTable("b");
    assertThat(Documents.digest(new Document("t", null, List.of(one, two), null)))
        .isNotEqualTo(Documents.digest(new Document("t", null, List.of(two, one), null)));
  }

  @Test
  void aDefaultThatIsDroppedIsNotOneThatIsLeftAlone() {
    String yaml = "name: t\noperations: [{alter_column: {table: a, column: b, comment: x%s}}]";
    Change left = Reading.good(yaml.formatted(""), Documents.Format.YAML).operations().getFirst();
    Change dropped =
        Reading.good(yaml.formatted(", default: null"), Documents.Format.YAML)
            .operations()
            .getFirst();
    assertThat(((Change.AlterColumn) left).defaultValue()).isNull();
    assertThat(((Change.AlterColumn) dropped).defaultValue()).isEqualTo(new Change.Value(null));
  }

  private static java.util.function.Consumer<Documents.Parsed> is(String code) {
    return parsed ->
        assertThat(parsed)
            .isInstanceOfSatisfying(
                Documents.Parsed.Bad.class,
                bad -> assertThat(bad.problems()).extracting(Problem::code).containsExactly(code));
  }
}

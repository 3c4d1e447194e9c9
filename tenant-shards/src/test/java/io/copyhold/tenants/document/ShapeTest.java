package io.copyhold.tenants.document;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What operations make of a shape. */
class ShapeTest {
  @Test
  void operationsOfOneDocumentComposeInOrder() {
    Shape shape =
        apply(
            Shop.OWN,
            """
            operations:
            - rename_table: {from: orders, to: purchases}
            - rename_column: {table: purchases, from: total, to: sum}
            - drop_column: {table: purchases, column: taxed}
            - alter_column: {table: purchases, column: sum, type: "decimal(12, 2)", up: sum, down: sum}
            - alter_column: {table: purchases, column: sum, name: amount}
            - drop_index: {name: orders_state_idx}
            - create_index: {table: purchases, name: orders_state_idx, columns: [amount]}
            - drop_table: {name: profiles}
            """);
    Table purchases = shape.table("purchases").orElseThrow();
    assertThat(shape.table("orders")).isEmpty();
    assertThat(shape.table("profiles")).isEmpty();
    assertThat(purchases.column("amount").orElseThrow().type()).isEqualTo("numeric(12,2)");
    assertThat(purchases.column("taxed")).isEmpty();
    assertThat(purchases.index("orders_state_idx").orElseThrow().columnNames())
        .containsExactly("amount");
  }

  @Test
  void aRenameFollowsIntoEverythingThatNamesTheColumn() {
    Shape shape =
        apply(
            Shop.OWN,
            """
            operations:
            - rename_column: {table: orders, from: total, to: Sum}
            - rename_column: {table: users, from: id, to: user_no}
            - rename_column: {table: users, from: age, to: years}
            """);
    Table orders = shape.table("orders").orElseThrow();
    assertThat(orders.column("taxed").orElseThrow().generated()).isEqualTo("\"Sum\" * 1.2");
    assertThat(orders.index("orders_state_idx").orElseThrow().predicate()).isEqualTo("\"Sum\" > 0");
    assertThat(orders.constraint("orders_user_fkey").orElseThrow().constraint().references())
        .isEqualTo(ForeignKey.to("users", List.of("user_no")));
    Constraint check =
        shape.table("users").orElseThrow().constraint("users_age_check").orElseThrow().constraint();
    assertThat(check.check()).isEqualTo("years >= 0");
    assertThat(check.columns()).containsExactly("years");
  }

  @Test
  void whatConcernsADroppedColumnAloneGoesWithIt() {
    Shape shape =
        apply(Shop.OWN, "operations: [{drop_column: {table: users, column: email, down: city}}]");
    assertThat(shape.table("users").orElseThrow().constraint("users_email_key")).isEmpty();
  }

  @Test
  void inAPoolEveryKeyHasTheTenantColumn() {
    Shape shape =
        apply(
            Shop.POOL,
            """
            operations:
            - create_table:
                name: items
                columns:
                - {name: id, type: bigint, pk: true}
                - {name: code, type: text, unique: true}
                - {name: user_id, type: bigint, nullable: true, references: {name: items_user_fkey, table: users, column: id, on_delete: SET NULL}}
                - {name: country, type: char(2), references: {name: items_country_fkey, table: countries, column: code}}
            - alter_column: {table: users, column: nickname, unique: {name: users_nickname_key}, up: nickname, down: nickname}
            - create_index: {table: users, name: users_city_idx, unique: true, columns: [city]}
            - create_index: {table: users, name: users_street_idx, columns: [street]}
            - extract_table: {table: users, to: places, columns: {age: age}, key: {id: user_id}}
            """
                .replace(
                    "- extract",
                    "- drop_constraint: {table: users, name: users_age_check, down: age}\n- extract"));
    Table items = shape.table("items").orElseThrow();
    assertThat(items.columnNames()).startsWith("tenant_id", "id");
    assertThat(items.keys())
        .containsExactly(List.of("tenant_id", "id"), List.of("tenant_id", "code"));
    Constraint key = items.constraint("items_user_fkey").orElseThrow().constraint();
    assertThat(key.columns()).containsExactly("tenant_id", "user_id");
    assertThat(key.references().columns()).containsExactly("tenant_id", "id");
    assertThat(key.references().onDeleteSetColumns()).containsExactly("user_id");
    assertThat(items.constraint("items_country_fkey").orElseThrow().constraint().columns())
        .containsExactly("country");
    Table users = shape.table("users").orElseThrow();
    assertThat(users.keys())
        .contains(List.of("tenant_id", "nickname"), List.of("tenant_id", "city"));
    assertThat(users.index("users_street_idx").orElseThrow().columnNames())
        .containsExactly("street");
    assertThat(shape.table("places").orElseThrow().keys())
        .containsExactly(List.of("tenant_id", "user_id"));
  }

  @Test
  void aPrimaryKeyMakesItsColumnsNotNull() {
    Shape shape =
        apply(
            Shop.OWN,
            "operations: [{create_constraint: {table: sessions, name: k, type: primary_key,"
                + " columns: [token], up: {token: \"'x'\"}}}]");
    assertThat(shape.column("sessions", "token").orElseThrow().nullable()).isFalse();
  }

  @Test
  void anExtractedTableRefersBack() {
    Shape shape =
        apply(
            Shop.OWN,
            "operations: [{extract_table: {table: users, to: places, columns: {city: town}, key:"
                + " {id: user_id}}}]");
    Table places = shape.table("places").orElseThrow();
    assertThat(places.columnNames()).containsExactly("user_id", "town");
    assertThat(places.constraint("places_fkey").orElseThrow().constraint().references().onDelete())
        .isEqualTo(ForeignKey.Action.CASCADE);
    assertThat(shape.column("users", "city")).isEmpty();
  }

  @Test
  void rawSqlLeavesTheShapeUnknown() {
    Change sql = new Change.Sql("SELECT 1", "SELECT 1", false, null, false);
    assertThat(((Outcome.Fits) Shop.OWN.apply(sql)).opaque()).isTrue();
    Change drop = new Change.DropIndex("orders_state_idx");
    assertThat(((Outcome.Fits) Shop.OWN.apply(drop)).opaque()).isFalse();
  }

  @Test
  void aRefusedDocumentLeavesTheShapeAsItWas() {
    String before = Shop.OWN.toJson();
    Shop.OWN.apply(new Change.DropTable("users"));
    assertThat(Shop.OWN.toJson()).isEqualTo(before);
    assertThat(Shape.fromJson(before)).isEqualTo(Shop.OWN);
    assertThatThrownBy(() -> Shape.fromJson("[]")).isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          int                      | integer
          INT8                     | bigint
          bigserial                | bigint
          varchar(20)              | character varying(20)
          varchar                  | character varying
          char                     | character(1)
          decimal(10, 2)           | numeric(10,2)
          numeric(10)              | numeric(10,0)
          timestamptz              | timestamp with time zone
          timestamp(3)             | timestamp(3) without time zone
          timestamptz(3)           | timestamp(3) with time zone
          timestamp (3) with time zone | timestamp(3) with time zone
          double   precision       | double precision
          int[]                    | integer[]
          "Mood"                   | "Mood"
          app.mood                 | app.mood
          vector(3)                | vector(3)
          """)
  void typesAreWrittenAsTheCatalogWritesThem(String written, String canonical) {
    assertThat(Types.canonical(written)).isEqualTo(canonical);
    assertThat(Types.canonical(canonical)).isEqualTo(canonical);
    assertThat(Types.flaw(written)).isEmpty();
    assertThat(Types.flaw(canonical)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "int, DROP COLUMN email",
        "int NOT NULL",
        "int DEFAULT 1",
        "int)",
        "text COLLATE \"C\"",
        "a.b.c.d",
        "int;",
        "timestamp with"
      })
  void whatIsNoTypeIsFound(String type) {
    assertThat(Types.flaw(type)).isPresent();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          bigint                | integer               | true
          integer               | bigint                | false
          text                  | character varying(9)  | true
          character varying(9)  | text                  | false
          character varying(20) | character varying(10) | true
          character varying(10) | character varying(20) | false
          character varying     | character varying(20) | true
          numeric(12,2)         | numeric(10,2)         | true
          numeric(12,4)         | numeric(10,2)         | true
          numeric(10,4)         | numeric(10,2)         | false
          double precision      | real                  | true
          timestamp with time zone | timestamp(3) with time zone | true
          text                  | integer               | false
          jsonb                 | json                  | false
          """)
  void aTypeHoldsAnotherOnlyWhenEveryValueFits(String wide, String narrow, boolean holds) {
    assertThat(Types.holds(wide, narrow)).isEqualTo(holds);
  }

  private static Shape apply(Shape shape, String yaml) {
    return switch (shape.apply(Reading.good("name: test\n" + yaml, Documents.Format.YAML))) {
      case Outcome.Fits(var after, _, _) -> after;
      case Outcome.Refused(var refusals) -> throw new AssertionError(refusals.toString());
    };
  }
}

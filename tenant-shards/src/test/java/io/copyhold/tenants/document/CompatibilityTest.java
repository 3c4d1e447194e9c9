package io.copyhold.tenants.document;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What an application loses when the tables change under it. */
class CompatibilityTest {
  @ParameterizedTest(name = "{2}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '^',
      textBlock =
          """
          READS  | sessions        | drop_table: {name: sessions}
          READS  | orders          | rename_table: {from: orders, to: purchases}
          READS  | users.nickname  | drop_column: {table: users, column: nickname, down: email}
          READS  | users.nickname  | rename_column: {table: users, from: nickname, to: handle}
          WRITES | users.x         | add_column: {table: users, up: email, column: {name: x, type: text}}
          WRITES | users.age       | alter_column: {table: users, column: age, type: smallint, up: age, down: age}
          READS  | users.age       | alter_column: {table: users, column: age, type: bigint, up: age, down: age}
          WRITES | users.age       | alter_column: {table: users, column: age, nullable: false, up: "1"}
          READS  | users.email     | alter_column: {table: users, column: email, nullable: true, down: "''"}
          WRITES | orders.total    | alter_column: {table: orders, column: total, default: null}
          WRITES | users.c         | alter_column: {table: users, column: age, check: {name: c, constraint: age < 9}, up: "1", down: age}
          WRITES | users.c         | create_constraint: {table: users, name: c, type: unique, columns: [nickname]}
          WRITES | orders.c        | create_constraint: {table: orders, name: c, type: foreign_key, columns: [country], references: {table: countries, columns: [code]}}
          WRITES | users.c         | create_index: {table: users, name: c, unique: true, columns: [nickname]}
          WRITES | users (email)   | drop_constraint: {table: users, name: users_email_key, up: email, down: email}
          READS  | users.city      | extract_table: {table: users, to: places, columns: {city: city}, key: {id: user_id}}
          """)
  void whatBreaksIsNamed(Compatibility.Loss loss, String object, String operation) {
    assertThat(Compatibility.between(Shop.OWN, after(operation)))
        .singleElement()
        .satisfies(broken -> {
          assertThat(broken.loss()).isEqualTo(loss);
          assertThat(broken.object()).isEqualTo(object);
        });
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '^',
      textBlock =
          """
          create_table: {name: t, columns: [{name: id, type: bigint}]}
          add_column: {table: users, column: {name: x, type: text, nullable: true}}
          add_column: {table: users, column: {name: x, type: bigint, default: "1"}}
          create_index: {table: users, name: i, columns: [age]}
          drop_index: {name: orders_state_idx}
          drop_constraint: {table: users, name: users_age_check, down: age}
          rename_constraint: {table: users, from: users_age_check, to: c}
          alter_column: {table: users, column: age, default: "1"}
          alter_column: {table: users, column: age, comment: years}
          update: {table: users, set: {age: "1"}}
          """)
  void whatBreaksNothingLetsEveryVersionGoOn(String operation) {
    assertThat(Compatibility.between(Shop.OWN, after(operation))).isEmpty();
  }

  @Test
  void eachLiveVersionGetsItsOwnVerdict() {
    Shape next = after("rename_column: {table: users, from: nickname, to: handle}");
    Map<String, Shape> live = new LinkedHashMap<>();
    live.put("1", Shape.of(null, List.of(Shop.OWN.table("orders").orElseThrow())));
    live.put("2", Shop.OWN);
    live.put("3", next);
    Compatibility compatibility = Compatibility.of(live, next);
    assertThat(compatibility.goOn()).containsExactly("1", "3");
    assertThat(compatibility.breaks().get("2"))
        .containsExactly(
            new Compatibility.Break(
                Compatibility.Loss.READS,
                "users.nickname",
                "the column is gone or has another name"));
  }

  private static Shape after(String operation) {
    Change change =
        Reading.good("name: t\noperations:\n- " + operation, Documents.Format.YAML)
            .operations()
            .getFirst();
    return ((Outcome.Fits) Shop.OWN.apply(change)).shape();
  }
}

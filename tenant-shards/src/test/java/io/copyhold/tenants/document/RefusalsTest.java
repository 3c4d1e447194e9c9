package io.copyhold.tenants.document;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a document asks that the schema does not allow, and which refusal says so. */
class RefusalsTest {
  @ParameterizedTest(name = "{0}: {2}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '^',
      textBlock =
          """
          # create_table
          name-taken            | users     | create_table: {name: users, columns: [{name: id, type: bigint}]}
          name-taken            | users_email_key | create_table: {name: users_email_key, columns: [{name: id, type: bigint}]}
          name-reserved         | _copyhold_t | create_table: {name: _copyhold_t, columns: [{name: id, type: bigint}]}
          name-reserved         | t._Copyhold_x | create_table: {name: t, columns: [{name: _Copyhold_x, type: bigint}]}
          name-long             | t.äääääääääääääääääääääääääääääääää | create_table: {name: t, columns: [{name: äääääääääääääääääääääääääääääääää, type: bigint}]}
          column-exists         | t.id      | create_table: {name: t, columns: [{name: id, type: bigint}, {name: id, type: text}]}
          primary-key-nullable  | t.id      | create_table: {name: t, columns: [{name: id, type: bigint, pk: true, nullable: true}]}
          primary-key-twice     | t.k       | create_table: {name: t, columns: [{name: id, type: bigint, pk: true}], constraints: [{name: k, type: primary_key, columns: [id]}]}
          generated-form        | t.id      | create_table: {name: t, columns: [{name: id, type: bigint, generated: {}}]}
          generated-form        | t.id      | create_table: {name: t, columns: [{name: id, type: bigint, generated: {expression: "1", identity: {}}}]}
          generated-default     | t.id      | create_table: {name: t, columns: [{name: id, type: bigint, default: "1", generated: {identity: {}}}]}
          identity-type         | t.id      | create_table: {name: t, columns: [{name: id, type: text, generated: {identity: {}}}]}
          identity-nullable     | t.id      | create_table: {name: t, columns: [{name: id, type: bigint, nullable: true, generated: {identity: {}}}]}
          expression-form       | t.id      | create_table: {name: t, columns: [{name: id, type: bigint, default: "1; DROP TABLE users"}]}
          expression-form       | t.id      | create_table: {name: t, columns: [{name: id, type: "bigint) --"}]}
          expression-form       | t.id      | create_table: {name: t, columns: [{name: id, type: "int, DROP COLUMN x"}]}
          expression-form       | t.id      | create_table: {name: t, columns: [{name: id, type: int, default: "1, DROP COLUMN x"}]}
          index-method          | t.k       | create_table: {name: t, columns: [{name: id, type: int}], constraints: [{name: k, type: exclude, exclude: {index_method: "gist (", elements: id WITH =}}]}
          column-absent         | t.no      | create_table: {name: t, columns: [{name: id, type: bigint}], constraints: [{name: k, type: unique, columns: [no]}]}
          column-twice          | t.k       | create_table: {name: t, columns: [{name: id, type: bigint}], constraints: [{name: k, type: unique, columns: [id, id]}]}
          columns-missing       | t.k       | create_table: {name: t, columns: [{name: id, type: bigint}], constraints: [{name: k, type: unique, columns: []}]}
          deferred-form         | t.k       | create_table: {name: t, columns: [{name: id, type: bigint}], constraints: [{name: k, type: unique, columns: [id], initially_deferred: true}]}
          parameter-form        | t.k       | create_table: {name: t, columns: [{name: id, type: bigint}], constraints: [{name: k, type: unique, columns: [id], index_parameters: {storage_parameters: "fillfactor=70) WHERE (1=1"}}]}
          constraint-exists     | t.k       | create_table: {name: t, columns: [{name: id, type: bigint}], constraints: [{name: k, type: check, check: id > 0}, {name: k, type: check, check: id > 1}]}
          references-type       | t.f       | create_table: {name: t, columns: [{name: u, type: text, references: {name: f, table: users, column: id}}]}
          references-no-key     | t.f       | create_table: {name: t, columns: [{name: u, type: text, references: {name: f, table: users, column: nickname}}]}
          references-columns    | t.f       | create_table: {name: t, columns: [{name: u, type: bigint}], constraints: [{name: f, type: foreign_key, columns: [u], references: {table: orders, columns: [user_id, number]}}]}
          references-deferrable | t.f       | create_table: {name: t, columns: [{name: a, type: bigint}, {name: b, type: bigint, references: {name: f, table: t, column: a}}], constraints: [{name: k, type: unique, columns: [a], deferrable: true}]}
          match-partial         | t.f       | create_table: {name: t, columns: [{name: u, type: bigint, references: {name: f, table: users, column: id, match_type: PARTIAL}}]}
          set-null              | t.f       | create_table: {name: t, columns: [{name: u, type: bigint, references: {name: f, table: users, column: id, on_delete: SET NULL}}]}
          table-absent          | nowhere   | create_table: {name: t, columns: [{name: u, type: bigint, references: {name: f, table: nowhere, column: id}}]}
          # drop_table, rename_table
          table-absent          | user      | drop_table: {name: user}
          table-referenced      | users     | drop_table: {name: users}
          table-absent          | nowhere   | rename_table: {from: nowhere, to: x}
          name-taken            | users     | rename_table: {from: users, to: orders}
          name-reserved         | users     | rename_table: {from: users, to: _copyhold}
          # add_column
          table-absent          | nowhere   | add_column: {table: nowhere, column: {name: x, type: text}}
          column-exists         | users.age | add_column: {table: users, column: {name: age, type: text, nullable: true}}
          not-null-without-up   | users.x   | add_column: {table: users, column: {name: x, type: text}}
          up-generated          | users.x   | add_column: {table: users, up: "1", column: {name: x, type: bigint, generated: {expression: age + 1}}}
          primary-key-exists    | users.users_pkey | add_column: {table: users, up: "1", column: {name: x, type: bigint, pk: true}}
          # drop_column
          column-absent         | users.ago | drop_column: {table: users, column: ago}
          column-used           | users.id  | drop_column: {table: users, column: id, down: "1"}
          column-used           | orders.total | drop_column: {table: orders, column: total, down: "1"}
          column-used           | orders.user_id | drop_column: {table: orders, column: user_id, down: "1"}
          up-generated          | orders.taxed | drop_column: {table: orders, column: taxed, down: "1"}
          drop-without-down     | users.email | drop_column: {table: users, column: email}
          # rename_column
          column-absent         | users.x   | rename_column: {table: users, from: x, to: y}
          column-exists         | users.age | rename_column: {table: users, from: age, to: email}
          # alter_column
          alter-nothing         | users.age | alter_column: {table: users, column: age, type: int4, nullable: true}
          type-without-up       | users.age | alter_column: {table: users, column: age, type: bigint, up: age}
          type-serial           | users.age | alter_column: {table: users, column: age, type: bigserial, up: age, down: age}
          column-used           | orders.total | alter_column: {table: orders, column: total, type: bigint, up: total, down: total}
          generated-altered     | orders.taxed | alter_column: {table: orders, column: taxed, type: text, up: taxed, down: taxed}
          generated-default     | orders.taxed | alter_column: {table: orders, column: taxed, default: "1"}
          not-null-without-up   | users.age | alter_column: {table: users, column: age, nullable: false}
          nullable-without-down | users.email | alter_column: {table: users, column: email, nullable: true}
          primary-key-nullable  | users.id  | alter_column: {table: users, column: id, nullable: true, down: "1"}
          references-type       | users.id  | alter_column: {table: users, column: id, type: text, up: "id::text", down: "id::bigint"}
          constraint-exists     | users.users_age_check | alter_column: {table: users, column: age, check: {name: users_age_check, constraint: age > 1}}
          name-taken            | users.orders_pkey | alter_column: {table: users, column: nickname, unique: {name: orders_pkey}}
          column-exists         | users.age | alter_column: {table: users, column: age, name: email}
          # create_index
          column-absent         | users.x   | create_index: {table: users, name: i, columns: [x]}
          name-taken            | users.orders | create_index: {table: users, name: orders, columns: [age]}
          index-order           | users.i   | create_index: {table: users, name: i, method: hash, columns: {age: {sort: DESC}}}
          index-hash            | users.i   | create_index: {table: users, name: i, method: hash, columns: [age, email]}
          index-unique-method   | users.i   | create_index: {table: users, name: i, method: gin, unique: true, columns: [age]}
          parameter-form        | users.i   | create_index: {table: users, name: i, columns: [age], storage_parameters: fillfactor}
          parameter-form        | users.i   | create_index: {table: users, name: i, columns: {age: {opclass: {name: x, params: [a]}}}}
          expression-form       | users.i   | create_index: {table: users, name: i, columns: [age], predicate: age > (1}
          # drop_index
          index-absent          | i         | drop_index: {name: i}
          index-absent          | users_email_key | drop_index: {name: users_email_key}
          # create_constraint
          primary-key-exists    | users.k   | create_constraint: {table: users, name: k, type: primary_key, columns: [email]}
          not-null-without-up   | sessions.token | create_constraint: {table: sessions, name: k, type: primary_key, columns: [token]}
          exclude-later         | users.k   | create_constraint: {table: users, name: k, type: exclude, exclude: {elements: age WITH =}}
          column-absent         | users.x   | create_constraint: {table: users, name: k, type: unique, columns: [age], up: {x: "1"}}
          # drop_constraint
          constraint-absent     | users.x   | drop_constraint: {table: users, name: x, down: age}
          constraint-absent     | orders.orders_state_idx | drop_constraint: {table: orders, name: orders_state_idx, down: state}
          constraint-columns    | orders.orders_user_number_key | drop_constraint: {table: orders, name: orders_user_number_key, down: number}
          constraint-without-down | users.users_age_check | drop_constraint: {table: users, name: users_age_check}
          constraint-used       | users.users_pkey | drop_constraint: {table: users, name: users_pkey, down: id}
          identity-lost         | orders.orders_pkey | drop_constraint: {table: orders, name: orders_pkey, down: id}
          constraint-without-down | orders.orders_user_number_key | drop_multicolumn_constraint: {table: orders, name: orders_user_number_key, down: {number: number}}
          # rename_constraint
          constraint-absent     | users.x   | rename_constraint: {table: users, from: x, to: y}
          constraint-exists     | users.users_age_check | rename_constraint: {table: users, from: users_age_check, to: users_pkey}
          name-taken            | users.users_pkey | rename_constraint: {table: users, from: users_pkey, to: orders}
          # set_replica_identity
          identity-index        | users.x   | set_replica_identity: {table: users, identity: {type: index, index: x}}
          identity-index        | orders.orders_state_idx | set_replica_identity: {table: orders, identity: {type: index, index: orders_state_idx}}
          identity-index        | users.    | set_replica_identity: {table: users, identity: {type: index}}
          expression-form       | users.age | alter_column: {table: users, column: age, type: "bigint USING 1", up: age, down: age}
          # sql
          sql-down-on-complete  | sql       | sql: {up: SELECT 1, down: SELECT 1, onComplete: true}
          # move_column
          move-same-table       | users.age | move_column: {table: users, column: age, to_table: users, join: {id: id}}
          column-exists         | users.age | move_column: {table: users, column: age, to_table: profiles, to_column: bio, join: {id: user_id}}
          move-not-null         | users.email | move_column: {table: users, column: email, to_table: profiles, join: {id: user_id}}
          move-generated        | orders.taxed | move_column: {table: orders, column: taxed, to_table: users, join: {user_id: id}}
          join-type             | users.age | move_column: {table: users, column: age, to_table: profiles, join: {email: user_id}}
          join-many             | users.nickname | move_column: {table: users, column: nickname, to_table: sessions, join: {city: token}}
          column-absent         | profiles.x | move_column: {table: users, column: age, to_table: profiles, join: {id: x}}
          move-class            | users.city | move_column: {table: users, column: city, to_table: countries, join: {street: code}}
          # extract_table
          extract-key           | users     | extract_table: {table: users, to: places, columns: {city: city}, key: {email: email}}
          extract-key           | sessions  | extract_table: {table: sessions, to: places, columns: {token: token}, key: {user_id: id}}
          name-taken            | orders    | extract_table: {table: users, to: orders, columns: {city: city}, key: {id: user_id}}
          column-exists         | places    | extract_table: {table: users, to: places, columns: {city: x, street: x}, key: {id: user_id}}
          move-not-null         | users.email | extract_table: {table: users, to: places, columns: {email: x}, key: {id: user_id}}
          # update
          column-absent         | users.x   | update: {table: users, set: {x: "1"}}
          update-generated      | orders.taxed | update: {table: orders, set: {taxed: "1"}}
          update-key            | orders.id | update: {table: orders, set: {id: id + 1}}
          update-down           | users.city | update: {table: users, set: {age: "1"}, down: {city: "1"}}
          expression-form       | users     | update: {table: users, set: {age: "1"}, where: "true; DELETE FROM users"}
          """)
  void whatTheSchemaDoesNotAllowIsRefused(String code, String object, String operation) {
    List<Refusal> refusals = refusals(Shop.OWN, "operations:\n- " + operation);
    assertThat(refusals).extracting(Refusal::code).contains(code);
    Refusal refusal =
        refusals.stream().filter(r -> r.code().equals(code)).findFirst().orElseThrow();
    assertThat(refusal.object()).isEqualTo(object);
    assertThat(refusal.index()).isZero();
    assertThat(operation).startsWith(refusal.operation());
    assertThat(refusal.why()).isNotBlank();
    assertThat(refusal.todo()).isNotBlank();
    assertThat(refusal.problem().where()).isEqualTo("#/operations/0/" + refusal.operation());
  }

  @ParameterizedTest(name = "{0}: {2}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '^',
      textBlock =
          """
          tenant-column       | t.tenant_id     | create_table: {name: t, columns: [{name: tenant_id, type: text}]}
          tenant-column       | users.tenant_id | add_column: {table: users, column: {name: tenant_id, type: text, nullable: true}}
          tenant-column       | users.tenant_id | drop_column: {table: users, column: tenant_id}
          tenant-column       | users.tenant_id | rename_column: {table: users, from: tenant_id, to: x}
          tenant-column       | users.tenant_id | rename_column: {table: users, from: age, to: tenant_id}
          tenant-column       | users.tenant_id | alter_column: {table: users, column: tenant_id, comment: x}
          tenant-column       | users.tenant_id | update: {table: users, set: {tenant_id: "'other'"}}
          tenant-column       | users.tenant_id | move_column: {table: users, column: tenant_id, to_table: profiles, join: {id: user_id}}
          key-without-tenant  | t.k             | create_table: {name: t, columns: [{name: r, type: int}], constraints: [{name: k, type: exclude, exclude: {elements: r WITH =}}]}
          references-class    | t.f             | create_table: {name: t, kind: reference, columns: [{name: u, type: bigint, references: {name: f, table: users, column: id}}]}
          sql-without-pool    | sql             | sql: {up: SELECT 1, down: SELECT 1}
          """)
  void whatAPoolDoesNotAllowIsRefused(String code, String object, String operation) {
    assertThat(refusals(Shop.POOL, "operations:\n- " + operation))
        .extracting(refusal -> refusal.code() + " " + refusal.object())
        .contains(code + " " + object);
  }

  @Test
  void longTextsAreReadToTheirEnd() {
    String parameters = "a=1,".repeat(10_000) + "b";
    String brackets = "(".repeat(20_000) + "1" + ")".repeat(20_000);
    assertThat(
            refusals(
                Shop.OWN,
                """
                operations:
                - create_index: {table: users, name: i, columns: [age], storage_parameters: "%s"}
                """
                    .formatted(parameters)))
        .extracting(Refusal::code)
        .containsExactly("parameter-form");
    Document document =
        Reading.good(
            named(
                "operations:\n- update: {table: users, set: {age: \""
                    + brackets
                    + "\"}, down: {age: age}}"),
            Documents.Format.YAML);
    assertThat(Shop.OWN.apply(document)).isInstanceOf(Outcome.Fits.class);
  }

  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '^',
      textBlock =
          """
          name-taken        | create_index: {table: users, name: i, columns: [age]}
          column-exists     | add_column: {table: users, column: {name: x, type: text, nullable: true}}
          index-absent      | drop_index: {name: orders_state_idx}
          table-absent      | drop_table: {name: sessions}
          column-absent     | rename_column: {table: users, from: age, to: years}
          alter-nothing     | alter_column: {table: users, column: age, comment: years}
          constraint-absent | rename_constraint: {table: users, from: users_age_check, to: c}
          name-taken        | extract_table: {table: users, to: places, columns: {city: city}, key: {id: id}}
          """)
  void whatADocumentAsksTwiceIsRefusedTheSecondTime(String code, String operation) {
    assertThat(refusals(Shop.OWN, "operations:\n- " + operation + "\n- " + operation))
        .singleElement()
        .satisfies(refusal -> {
          assertThat(refusal.index()).isEqualTo(1);
          assertThat(refusal.code()).isEqualTo(code);
        });
  }

  @Test
  void aRefusalOfOneOperationDoesNotSpillOverToThoseThatFollow() {
    List<Refusal> refusals =
        refusals(
            Shop.OWN,
            """
            operations:
            - create_table: {name: orders, columns: [{name: id, type: bigint}]}
            - add_column: {table: orders, column: {name: x, type: text}}
            - create_table: {name: t, columns: [{name: o, type: bigint, references: {name: f, table: orders, column: no}}]}
            - add_column: {table: t, column: {name: x, type: text}}
            - add_column: {table: users, column: {name: x, type: text}}
            """);
    assertThat(refusals).extracting(Refusal::index).containsExactly(0, 4);
  }

  @Test
  void rawSqlAmongOthersIsRefusedUnlessItSaysThatItKeepsApart() {
    String two =
        """
        operations:
        - sql: {up: SELECT 1, down: SELECT 1%s}
        - drop_index: {name: orders_state_idx}
        """;
    assertThat(refusals(Shop.OWN, two.formatted("")))
        .extracting(Refusal::code)
        .containsExactly("sql-among-others");
    assertThat(
            Shop.OWN.apply(
                Reading.good(named(two.formatted(", alongside: true")), Documents.Format.YAML)))
        .isInstanceOf(Outcome.Fits.class);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          lossy      | drop_column: {table: users, column: nickname}
          lossy      | update: {table: users, set: {age: "1"}}
          lossy      | move_column: {table: users, column: nickname, to_table: orders, join: {id: user_id}}
          impossible | sql: {up: SELECT 1}
          impossible | sql: {up: SELECT 1, onComplete: true}
          """)
  void aDocumentThatCannotBeTakenBackWholeMustSaySo(String best, String operation) {
    String plain = "operations:\n- " + operation + "\n";
    assertThat(refusals(Shop.OWN, plain))
        .singleElement()
        .satisfies(refusal -> {
          assertThat(refusal.code()).isEqualTo("down-undeclared");
          assertThat(refusal.todo()).contains("down: " + best);
        });
    Document declared = Reading.good(named("down: " + best + "\n" + plain), Documents.Format.YAML);
    assertThat(Shop.OWN.apply(declared)).isInstanceOf(Outcome.Fits.class);
  }

  private static List<Refusal> refusals(Shape shape, String yaml) {
    Outcome outcome = shape.apply(Reading.good(named(yaml), Documents.Format.YAML));
    return switch (outcome) {
      case Outcome.Refused(var refusals) -> refusals;
      case Outcome.Fits fits -> throw new AssertionError("accepted: " + fits);
    };
  }

  private static String named(String yaml) {
    return "name: test\n" + yaml;
  }
}

package io.copyhold.tenants.store.postgres.expand;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.postgres.Identifiers;
import io.copyhold.tenants.document.Document;
import io.copyhold.tenants.isolation.Isolation;
import io.copyhold.tenants.store.postgres.session.Sql;
import java.sql.Connection;
import java.sql.SQLException;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Several changes open one upon the other, and who may speak which version. */
class ChainTest {
  private static final String PERSON =
      """
      create table person (
        tenant_id text not null default copyhold.tenant(),
        id bigint not null,
        name text not null,
        age text,
        primary key (tenant_id, id)
      )
      """;

  private static final Document NUMBER =
      document(
          "number",
          """
          {"alter_column": {"table": "person", "column": "age", "type": "integer",
            "up": "age::integer", "down": "age::text"}}
          """);
  private static final Document WORDS =
      document(
          "words",
          """
          {"rename_column": {"table": "person", "from": "name", "to": "label"}},
          {"alter_column": {"table": "person", "column": "age", "type": "text",
            "up": "age || ' years'", "down": "split_part(age, ' ', 1)::integer"}}
          """);

  private static Document document(String name, String operations) {
    return Life.document("{\"name\": \"" + name + "\", \"operations\": [" + operations + "]}");
  }

  @ParameterizedTest
  @EnumSource(Isolation.class)
  void threeVersionsFollowEachOtherAlongTheChain(Isolation isolation) throws SQLException {
    try (Life life = new Life(isolation, PERSON)) {
      life.persist(life.expansions::open);
      life.write("1", "insert into person (id, name, age) values (1, 'Ann', '41')");
      life.persist(e -> life.expansions.start(e, NUMBER));
      life.persist(e -> life.expansions.start(e, WORDS));

      assertThat(life.read("words", "select label || age from person"))
          .containsExactly("Ann41 years");
      life.write("1", "insert into person (id, name, age) values (2, 'Bob', '5')");
      assertThat(life.read("number", "select age + 1 from person where id = 2"))
          .containsExactly("6");
      assertThat(life.read("words", "select age from person where id = 2"))
          .containsExactly("5 years");
      life.write("words", "update person set age = '7 years' where id = 2");
      assertThat(life.read("1", "select age || '!' from person where id = 2"))
          .containsExactly("7!");
      assertThat(life.read("number", "select age + 1 from person where id = 2"))
          .containsExactly("8");
      life.write("number", "update person set age = 9 where id = 2");
      assertThat(life.read("1", "select age from person where id = 2")).containsExactly("9");
      assertThat(life.read("words", "select age from person where id = 2"))
          .containsExactly("9 years");

      refused(
          "versions-max",
          () ->
              life.persist(e ->
                  life.expansions.start(
                      e, document("more", "{\"drop_table\": {\"name\": \"person\"}}"))));
      refused("change-order", () -> life.persist(e -> life.expansions.complete(e, "words")));
      refused("change-order", () -> life.persist(e -> life.expansions.reverse(e, "number")));
      life.persist(e -> life.expansions.complete(e, "number"));
      life.persist(e -> life.expansions.finish(e, "number"));
      assertThat(life.expansions.standing(life.place).live()).containsExactly("number", "words");

      life.write("words", "update person set age = '3 years' where id = 2");
      assertThat(life.read("number", "select age + 1 from person where id = 2"))
          .containsExactly("4");
      life.write("number", "insert into person (id, name, age) values (3, 'Cid', 1)");
      assertThat(life.read("words", "select label || age from person where id = 3"))
          .containsExactly("Cid1 years");
      life.persist(e -> life.expansions.complete(e, "words"));
      life.write("words", "update person set age = '4 years' where id = 3");
      life.persist(e -> life.expansions.reverse(e, "words"));
      assertThat(life.read("number", "select age + 1 from person where id = 3"))
          .containsExactly("5");
      assertThat(life.leftovers()).isEmpty();
    }
  }

  @Test
  void aSessionMustTellALiveVersionToReadOrWrite() throws SQLException {
    try (Life life = new Life(Isolation.POOL, PERSON)) {
      life.persist(life.expansions::open);
      life.persist(e -> life.expansions.start(e, NUMBER));
      for (String said : new String[] {"", "unheard", "1", "base", "Number"}) {
        try (Connection c = life.client(life.tenant, "number")) {
          Sql.first(c, "select set_config('copyhold.version', ?, false)", r -> true, said);
          for (String sql :
              new String[] {
                "select * from person",
                "insert into person (id, name) values (5, 'x')",
                "update person set name = 'x'",
                "delete from person"
              }) {
            assertThatThrownBy(() -> Sql.run(c, sql))
                .as("%s: %s", said, sql)
                .isInstanceOfSatisfying(
                    SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("CH001"));
          }
        }
      }
      try (Connection c = life.fixture.login(life.home, life.tenant)) { // past the views
        Sql.run(c, "set search_path = " + Identifiers.quote(life.place.schema()));
        assertThatThrownBy(() -> Sql.run(c, "insert into person (id, name) values (5, 'x')"))
            .hasMessageContaining("has not told which version")
            .hasMessageContaining("1, number");
      }
      assertThat(life.read("number", "select count(*) from person")).containsExactly("0");
    }
  }

  @Test
  void anOldWriteThatTheNewVersionCannotTakeIsRefusedAsAWhole() throws SQLException {
    try (Life life = new Life(Isolation.SCHEMA, PERSON)) {
      life.persist(life.expansions::open);
      life.persist(e -> life.expansions.start(e, NUMBER));
      assertThatThrownBy(
              () -> life.write("1", "insert into person (id, name, age) values (1, 'x', 'old')"))
          .isInstanceOf(SQLException.class);
      assertThat(life.read("1", "select count(*) from person")).containsExactly("0");
    }
  }

  @Test
  void aPlanTellsLocksAndStatements() throws SQLException {
    try (Life life = new Life(Isolation.SCHEMA, PERSON)) {
      var plans = life.expansions.plan(life.place, NUMBER);
      assertThat(plans)
          .extracting(Plan::phase)
          .containsExactly(Phase.START, Phase.FILL, Phase.COMPLETE, Phase.FINALIZE, Phase.REVERSE);
      assertThat(plans.getFirst().print())
          .contains(
              "1. table person [ACCESS_EXCLUSIVE on " + life.place.schema() + ".person; catalog]")
          .contains("add column if not exists \"_copyhold_1_age\" integer");
      assertThat(life.expansions.standing(life.place).changes()).isEmpty();
      assertThat(life.leftovers()).isEmpty();
    }
  }

  private static void refused(String code, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            ProblemException.class, e -> assertThat(e.problem().code()).isEqualTo(code));
  }
}

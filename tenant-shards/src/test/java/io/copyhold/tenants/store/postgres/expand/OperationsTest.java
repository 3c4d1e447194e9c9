package io.copyhold.tenants.store.postgres.expand;

import static org.assertj.core.api.Assertions.assertThat;

import io.copyhold.tenants.document.Document;
import io.copyhold.tenants.document.Outcome;
import io.copyhold.tenants.document.Shape;
import io.copyhold.tenants.isolation.Isolation;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every operation through its whole life, in every strategy: earlier migrations, start, both
 * versions read and write, back, start again, complete, undo, start, complete, finalize. Where it
 * is killed, each step's session dies at its first try, and the process right after the commit of
 * the second.
 */
class OperationsTest {
  static final String OLD = "2";
  static final String NEW = "new";

  /**
   * The operation that has it all is killed at every step in each strategy; the others have one
   * strategy each, and one in six is killed. {@code -Dcopyhold.test.lives=all} kills all in all,
   * which takes some minutes.
   */
  static Stream<Arguments> lives() {
    boolean all = System.getProperty("copyhold.test.lives", "").equals("all");
    String only = System.getProperty("copyhold.test.operation", "");
    List<Operation> operations = Operations.all();
    List<Arguments> lives = new ArrayList<>();
    for (int turn = 0; turn < operations.size(); turn++) {
      Operation operation = operations.get(turn);
      boolean whole = all || operation.name().equals("slice");
      for (Isolation isolation : Isolation.values()) {
        if ((only.isEmpty() || operation.name().equals(only))
            && (whole || isolation == Isolation.values()[turn % 3])) {
          lives.add(Arguments.of(operation, isolation, whole || turn % 3 == 1 && turn % 2 == 0));
        }
      }
    }
    return lives.stream();
  }

  @ParameterizedTest
  @MethodSource("lives")
  void bothVersionsLiveAndEitherCanBeTheLast(
      Operation operation, Isolation isolation, boolean killed) throws SQLException {
    try (Life life = new Life(isolation, Operations.EARLIER, operation.base())) {
      Document document = Life.document(operation.document());
      life.persist(life.expansions::open);
      life.write(OLD, operation.rows());
      Shape before = life.shape();
      life.interrupted = killed;

      life.persist(errand -> life.expansions.start(errand, document));
      assertThat(life.expansions.standing(life.place).live()).containsExactly(OLD, NEW);
      talk(life, operation, 1);
      neighbours(life);
      life.refused("unheard", "select 1 from " + Operations.TABLE);

      life.persist(errand -> life.expansions.reverse(errand, document.name()));
      assertThat(life.shape()).as("rolled back").isEqualTo(before);
      assertThat(life.leftovers()).isEmpty();
      reads(life, operation, false);
      life.refused(NEW, operation.talks().getFirst().read().formatted(1));

      life.persist(errand -> life.expansions.start(errand, document));
      talk(life, operation, 2);
      life.persist(errand -> life.expansions.complete(errand, document.name()));
      life.refused(OLD, "insert into team (id, title) values (987654, 'late')");
      life.refused(OLD, "select 1 from " + Operations.TABLE);
      reads(life, operation, true);
      talkNew(life, operation, 8);

      life.persist(errand -> life.expansions.reverse(errand, document.name()));
      assertThat(life.shape()).as("undone").isEqualTo(before);
      assertThat(life.leftovers()).isEmpty();
      reads(life, operation, false);

      life.persist(errand -> life.expansions.start(errand, document));
      talk(life, operation, 3);
      life.persist(errand -> life.expansions.complete(errand, document.name()));
      life.persist(errand -> life.expansions.finish(errand, document.name()));
      life.interrupted = false;
      life.refused(OLD, "select 1 from " + Operations.TABLE);
      reads(life, operation, true);
      talkNew(life, operation, 9);
      neighbours(life);
      assertThat(life.leftovers()).isEmpty();
      assertThat(life.interruptions.get() > 20).isEqualTo(killed);
      assertThat(life.expansions.standing(life.place).live()).containsExactly(NEW);
      Life.patiently(() -> assertThat(life.fixture.store().verifyIsolation(life.home)).isEmpty());
      after(before, document, life.shape());
    }
  }

  /** The catalog shows what the document means. */
  private static void after(Shape before, Document document, Shape shape) {
    Shape meant = ((Outcome.Fits) before.apply(document)).shape();
    assertThat(shape.tables().keySet()).isEqualTo(meant.tables().keySet());
    meant
        .tables()
        .forEach((name, table) -> {
          var is = shape.table(name).orElseThrow();
          assertThat(is.columnNames()).containsExactlyInAnyOrderElementsOf(table.columnNames());
          for (var field : table.columns()) {
            var there = is.column(field.name()).orElseThrow();
            assertThat(there.type()).isEqualTo(field.type());
            assertThat(there.nullable())
                .as("%s nullable", field.name())
                .isEqualTo(field.nullable());
            if (!field.name().equals(meant.tenantColumn())) {
              assertThat(there.defaultValue() == null)
                  .as("%s default", field.name())
                  .isEqualTo(field.defaultValue() == null);
            }
            assertThat(there.identity() == null).isEqualTo(field.identity() == null);
          }
          assertThat(
                  is.constraints().stream()
                      .map(r ->
                          r.name()
                              + r.constraint().type()
                              + r.constraint().columns()
                              + r.validated()))
              .containsExactlyInAnyOrderElementsOf(
                  table.constraints().stream()
                      .map(r -> r.name() + r.constraint().type() + r.constraint().columns() + true)
                      .toList());
          assertThat(
                  is.indexes().stream()
                      .map(i -> i.name() + i.columnNames() + i.unique() + i.valid()))
              .containsExactlyInAnyOrderElementsOf(
                  table.indexes().stream()
                      .map(i -> i.name() + i.columnNames() + i.unique() + true)
                      .toList());
          assertThat(is.replicaIdentity()).isEqualTo(table.replicaIdentity());
        });
  }

  /** %1$s in a statement is the round, so that each round writes other rows. */
  private static void talk(Life life, Operation operation, int round) throws SQLException {
    for (Operation.Talk talk : operation.talks()) {
      life.write(talk.oldWrites() ? OLD : NEW, talk.write().formatted(round));
      assertThat(life.read(talk.oldWrites() ? NEW : OLD, talk.read().formatted(round)))
          .as("%s after %s", talk.read(), talk.write())
          .isEqualTo(talk.expected().stream().map(e -> e.formatted(round)).toList());
    }
  }

  /** What the new version wrote is there for itself alone. */
  private static void talkNew(Life life, Operation operation, int round) throws SQLException {
    for (Operation.Talk talk : operation.talks()) {
      if (!talk.oldWrites()) {
        life.write(NEW, talk.write().formatted(round));
      }
    }
  }

  /** The last round's rows as one version reads them. */
  private static void reads(Life life, Operation operation, boolean now) throws SQLException {
    for (Operation.Talk talk : operation.talks()) {
      if (talk.oldWrites() == now) {
        assertThat(life.read(now ? NEW : OLD, talk.read().formatted(1)))
            .as(talk.read())
            .isEqualTo(talk.expected().stream().map(e -> e.formatted(1)).toList());
      }
    }
  }

  /** The other tenant of a pool sees nothing of all that, in no version. */
  private static void neighbours(Life life) throws SQLException {
    if (life.home.isolation() != Isolation.POOL) {
      return;
    }
    for (String version : life.expansions.standing(life.place).live()) {
      try (Connection c = life.client(life.neighbour, version)) {
        List<String> views =
            io.copyhold.tenants.store.postgres.session.Sql.strings(
                c,
                "select relname from pg_class where relnamespace = quote_ident(current_schema())::regnamespace"
                    + " and relkind = 'v'");
        assertThat(views).isNotEmpty();
        for (String view : views) {
          assertThat(
                  io.copyhold.tenants.store.postgres.session.Sql.strings(
                      c,
                      "select tenant_id from "
                          + io.copyhold.runtime.postgres.Identifiers.quote(view)))
              .as("%s of the neighbour", view)
              .isEmpty();
        }
      }
    }
  }
}

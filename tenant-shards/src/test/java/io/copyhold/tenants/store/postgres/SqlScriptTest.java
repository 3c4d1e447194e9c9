package io.copyhold.tenants.store.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class SqlScriptTest {

  private static List<String> parts(String sql) {
    return SqlScript.parse(sql).parts().stream().map(SqlScript.Part::text).toList();
  }

  @Test
  void semicolonsSplitOnlyOutsideQuotesCommentsAndParentheses() {
    assertThat(parts("select 'a;b'; select \"c;d\"; -- e;f\nselect 1 /* g;/* h; */ ; */ + 2;;"))
        .containsExactly("select 'a;b'", "select \"c;d\"", "select 1 /* g;/* h; */ ; */ + 2");
    assertThat(parts("select $$ ; $$; select $x$ $$ ; $x$; select a$b$c")).hasSize(3);
    assertThat(parts("create rule r as on insert to t do (select 1; select 2); select 3"))
        .hasSize(2);
    assertThat(parts("select E'it\\'s; fine'; select 'back\\'; select 'two'")).hasSize(3);
    assertThat(parts("select 'it''s; fine'; select 2")).hasSize(2);
  }

  @Test
  void aStandardFunctionBodyIsOneStatement() {
    assertThat(
            parts(
                """
                create or replace function f(n int) returns int language sql begin atomic
                  select 1;
                  select case when n > 1 then 2 else 3 end;
                end;
                create table t (a int);
                """))
        .hasSize(2);
    assertThat(parts("create procedure p() language sql begin atomic; end; select 1")).hasSize(2);
  }

  @Test
  void nothingButSpaceAndCommentsIsNoStatement() {
    assertThat(parts("")).isEmpty();
    assertThat(parts(" \n-- only a comment\n/* and another */ ; ;")).isEmpty();
    assertThat(parts("select 'never ended")).containsExactly("select 'never ended");
    assertThat(parts("/* never ended")).isEmpty();
  }

  @Test
  void linesAndColumnsCountFromOne() {
    SqlScript script = SqlScript.parse("select 1;\n\n  select 2");
    SqlScript.Part second = script.parts().getLast();
    assertThat(script.line(second.offset())).isEqualTo(3);
    assertThat(script.column(second.offset())).isEqualTo(3);
  }

  @Test
  void wordsInQuotesAndBodiesAreNotCommands() {
    for (String fine :
        List.of(
            "insert into t values ('commit')",
            "-- commit;\nselect 1",
            "create function f() returns void language plpgsql as $$ begin perform 1; end $$",
            "set local work_mem = '1MB'",
            "set constraints all deferred",
            "create user mapping for current_user server s",
            "refresh materialized view concurrently v",
            "comment on table t is 'begin; rollback'")) {
      assertThat(SqlScript.parse(fine).refusal()).as(fine).isEmpty();
    }
    for (String bad :
        List.of("/* x */ COMMIT", "select 1; Rollback to a", "SET\n SESSION  ROLE x")) {
      assertThat(SqlScript.parse(bad).refusal()).as(bad).isPresent();
    }
  }
}

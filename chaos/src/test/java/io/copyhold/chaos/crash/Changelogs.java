package io.copyhold.chaos.crash;

import static io.copyhold.chaos.crash.Rest.map;

import java.util.List;

/** The changelogs that the stories use. */
final class Changelogs {
  /** Four versions; the last one cannot run in a transaction. */
  static final String APP = "app";

  /** Fails in its second file, when half of that has run. */
  static final String BROKEN = "broken";

  private static final String CUSTOMER =
      """
      create table customer (
        tenant_id text not null default copyhold.tenant(),
        id bigint not null,
        name text not null,
        primary key (tenant_id, id)
      );
      """;

  private static final String INVOICE =
      """
      create table invoice (
        tenant_id text not null default copyhold.tenant(),
        id bigint generated always as identity,
        customer bigint not null,
        primary key (tenant_id, id),
        foreign key (tenant_id, customer) references customer (tenant_id, id)
      );
      """;

  private static final String DUE = "alter table invoice add column due date;";

  private static final String BY_DUE =
      """
      -- copyhold: no-transaction
      create index concurrently invoice_by_due on invoice (tenant_id, due);
      """;

  private static final String HALF =
      """
      create table half (tenant_id text not null, id int not null, primary key (tenant_id, id));
      select no_such_function();
      """;

  private Changelogs() {}

  static void publish(Rest rest) throws Exception {
    publish(
        rest,
        APP,
        List.of(
            map("file", "V1__customer.sql", "content", CUSTOMER),
            map("file", "V2__invoice.sql", "content", INVOICE),
            map("file", "V3__due.sql", "content", DUE),
            map("file", "V4__by_due.sql", "content", BY_DUE)));
    publish(
        rest,
        BROKEN,
        List.of(
            map("file", "V1__customer.sql", "content", CUSTOMER),
            map("file", "V2__half.sql", "content", HALF)));
  }

  private static void publish(Rest rest, String changelog, List<?> scripts) throws Exception {
    rest.change(
        "POST",
        "/v1/changelogs/" + changelog + "/versions",
        map("poolable", true, "scripts", scripts));
  }
}

package io.copyhold.tenants.document;

import io.copyhold.tenants.document.Table.Field;
import io.copyhold.tenants.document.Table.Rule;
import java.util.List;

/** A small shop, as the shape that documents of tests are applied to. */
final class Shop {
  private Shop() {}

  /** In a home of its own. */
  static final Shape OWN = shape(null);

  /** As a pool, with the tenant column everywhere. */
  static final Shape POOL = shape("tenant_id");

  private static Shape shape(String tenant) {
    Table users =
        table(
            tenant,
            "users",
            List.of(
                new Field(
                    "id",
                    "bigint",
                    false,
                    null,
                    new Column.Identity(Column.UserValues.ALWAYS, null),
                    null,
                    null),
                Field.of("email", "text", false),
                Field.of("nickname", "text", true),
                Field.of("age", "integer", true),
                Field.of("street", "text", true),
                Field.of("city", "text", true)),
            Constraint.primaryKey("users_pkey", key(tenant, "id")),
            Constraint.unique("users_email_key", key(tenant, "email")),
            Constraint.check("users_age_check", List.of("age"), "age >= 0"));
    Table profiles =
        table(
            tenant,
            "profiles",
            List.of(Field.of("user_id", "bigint", false), Field.of("bio", "text", true)),
            Constraint.primaryKey("profiles_pkey", key(tenant, "user_id")),
            Constraint.foreignKey(
                "profiles_user_fkey",
                key(tenant, "user_id"),
                ForeignKey.to("users", key(tenant, "id"))));
    Table orders =
        table(
                tenant,
                "orders",
                List.of(
                    Field.of("id", "bigint", false),
                    Field.of("user_id", "bigint", false),
                    Field.of("number", "character varying(20)", false),
                    Field.of("state", "text", false),
                    new Field("total", "numeric", false, "0", null, null, null),
                    Field.of("country", "character(2)", true),
                    new Field("taxed", "numeric", true, null, null, "total * 1.2", null)),
                Constraint.primaryKey("orders_pkey", key(tenant, "id")),
                Constraint.unique("orders_user_number_key", key(tenant, "user_id", "number")),
                Constraint.foreignKey(
                    "orders_user_fkey",
                    key(tenant, "user_id"),
                    ForeignKey.to("users", key(tenant, "id"))))
            .indexes(
                List.of(
                    new Table.Index(
                        "orders_state_idx",
                        List.of(IndexField.of("state")),
                        false,
                        IndexField.Method.BTREE,
                        "total > 0",
                        null,
                        true,
                        null)));
    Table sessions =
        table(
            tenant,
            "sessions",
            List.of(Field.of("token", "text", true), Field.of("user_id", "bigint", true)));
    Table countries =
        new Table(
            "countries",
            Table.Kind.REFERENCE,
            List.of(Field.of("code", "character(2)", false), Field.of("name", "text", false)),
            List.of(new Rule(Constraint.primaryKey("countries_pkey", List.of("code")), true)),
            List.of(),
            ReplicaIdentity.DEFAULT,
            null);
    return Shape.of(tenant, List.of(users, profiles, orders, sessions, countries));
  }

  private static List<String> key(String tenant, String... columns) {
    return tenant == null
        ? List.of(columns)
        : java.util.stream.Stream.concat(
                java.util.stream.Stream.of(tenant), java.util.stream.Stream.of(columns))
            .toList();
  }

  private static Table table(
      String tenant, String name, List<Field> fields, Constraint... constraints) {
    List<Field> all =
        tenant == null
            ? fields
            : java.util.stream.Stream.concat(
                    java.util.stream.Stream.of(Field.of(tenant, "text", false)), fields.stream())
                .toList();
    return Table.of(
        name, all, java.util.stream.Stream.of(constraints).map(c -> new Rule(c, true)).toList());
  }
}

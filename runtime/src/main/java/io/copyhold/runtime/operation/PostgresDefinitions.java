package io.copyhold.runtime.operation;

import io.copyhold.runtime.postgres.ControlDatabase;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.util.Collection;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CompletionStage;

/** What nodes can run, in the control database. */
public final class PostgresDefinitions implements Definitions {
  private final ControlDatabase database;
  private final String node;

  /**
   * @param node this life of this node, as the agenda names it
   */
  public PostgresDefinitions(ControlDatabase database, String node) {
    this.database = database;
    this.node = node;
  }

  @Override
  public CompletionStage<Void> advertise(Collection<String> definitions) {
    return database
        .later(connection -> {
          try (PreparedStatement s =
              connection.prepareStatement(
                  """
                  WITH mine AS (SELECT unnest(?::text[]) AS definition),
                  gone AS (
                    DELETE FROM copyhold.definition
                    WHERE node = ? AND definition NOT IN (SELECT definition FROM mine))
                  INSERT INTO copyhold.definition (node, definition)
                  SELECT ?, definition FROM mine ON CONFLICT DO NOTHING
                  """)) {
            s.setArray(1, connection.createArrayOf("text", definitions.toArray()));
            s.setString(2, node);
            s.setString(3, node);
            return s.executeUpdate();
          }
        })
        .thenAccept(_ -> {});
  }

  @Override
  public CompletionStage<Set<String>> nodesWith(String definition) {
    return database.later(connection -> {
      try (PreparedStatement s =
          connection.prepareStatement(
              "SELECT node FROM copyhold.definition WHERE definition = ?")) {
        s.setString(1, definition);
        Set<String> nodes = new HashSet<>();
        try (ResultSet r = s.executeQuery()) {
          while (r.next()) {
            nodes.add(r.getString(1));
          }
        }
        return nodes;
      }
    });
  }

  @Override
  public CompletionStage<Void> keepOnly(Set<String> members) {
    return database
        .later(connection -> {
          try (PreparedStatement s =
              connection.prepareStatement(
                  "DELETE FROM copyhold.definition WHERE node <> ALL (?) AND node <> ?")) {
            s.setArray(1, connection.createArrayOf("text", members.toArray()));
            s.setString(2, node);
            return s.executeUpdate();
          }
        })
        .thenAccept(_ -> {});
  }
}

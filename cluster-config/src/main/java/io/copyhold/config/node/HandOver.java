package io.copyhold.config.node;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.copyhold.config.node.NodeRegister.Row;
import io.copyhold.config.node.NodeRegister.State;
import io.copyhold.config.node.NodeRegister.View;
import io.copyhold.runtime.journal.Mappers;
import io.copyhold.runtime.journal.Shard;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * What nodes want to be rid of, as they say in their reports: all of it, because they leave, or
 * shards with events that only a newer version can read.
 *
 * @param leaving addresses
 * @param tooNew shards by address
 */
public record HandOver(Set<String> leaving, Map<String, Set<Shard>> tooNew) {
  public static final HandOver NONE = new HandOver(Set.of(), Map.of());

  private static final String LEAVING = "leaving";
  private static final String TOO_NEW = "tooNewShards";

  public HandOver {
    leaving = Set.copyOf(leaving);
    tooNew = Map.copyOf(tooNew);
  }

  /** Adds to a node's own report. */
  public static void write(ObjectNode report, boolean leaving, Collection<Shard> tooNew) {
    report.put(LEAVING, leaving);
    var shards = report.putArray(TOO_NEW);
    tooNew.forEach(shard -> shards.addObject().put("type", shard.type()).put("n", shard.number()));
  }

  /** From the reports of the nodes that have not ended; one that cannot be read says nothing. */
  public static HandOver of(View view) {
    Set<String> leaving = new HashSet<>();
    Map<String, Set<Shard>> tooNew = new HashMap<>();
    for (Row row : view.rows()) {
      if (row.state() == State.ENDED) {
        continue;
      }
      JsonNode report = report(row);
      if (leaving(report)) {
        leaving.add(row.address());
      }
      for (JsonNode shard : report.path(TOO_NEW)) {
        tooNew
            .computeIfAbsent(row.address(), _ -> new HashSet<>())
            .add(new Shard(shard.path("type").asText(), shard.path("n").asInt()));
      }
    }
    return new HandOver(leaving, tooNew);
  }

  /** Whether a node says in its report that it leaves. */
  public static boolean leaving(JsonNode report) {
    return report.path(LEAVING).asBoolean();
  }

  private static JsonNode report(Row row) {
    try {
      return Mappers.JSON.readTree(row.report());
    } catch (JsonProcessingException e) {
      return Mappers.JSON.createObjectNode();
    }
  }

  /**
   * Whether somebody stays to whom a node that leaves can hand over, by what {@code view} shows.
   */
  public static boolean anybodyStays(View view, String self) {
    HandOver wanted = of(view);
    return view.rows().stream()
        .anyMatch(row ->
            row.state() == State.UP
                && row.alive()
                && !row.address().equals(self)
                && !wanted.leaving().contains(row.address()));
  }
}

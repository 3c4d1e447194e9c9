package io.copyhold.chaos.workload;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.copyhold.chaos.workload.Generations.Use;
import io.copyhold.runtime.journal.Mappers;
import org.jspecify.annotations.Nullable;

/** One setting of a tenant, read and written through the admin API. */
final class Settings {
  private Settings() {}

  /** A write, whatever was there before. */
  static Client.Change write(Use use, String value) {
    return set("write", use, value, null, null);
  }

  /**
   * A write on condition.
   *
   * @param op {@code cas}, or what it means here
   * @param before the value that it takes the place of
   * @param version the tenant's, at which that value was read
   */
  static Client.Change swap(String op, Use use, String before, String value, long version) {
    return set(op, use, value, before, version);
  }

  private static Client.Change set(
      String op, Use use, String value, @Nullable String before, @Nullable Long version) {
    ObjectNode argument = Mappers.JSON.createObjectNode().put("value", value);
    if (before != null) {
      argument.put("before", before);
    }
    ObjectNode body = Mappers.JSON.createObjectNode();
    body.putObject("set").put(use.register(), value);
    if (use.forgotten() != null) {
      body.putArray("remove").add(use.forgotten());
    }
    return new Client.Change(
        op, argument, "PATCH", "/v1/tenants/" + use.tenant() + "/settings", body, version);
  }
}

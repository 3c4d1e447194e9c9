package io.copyhold.chaos.workload;

import com.fasterxml.jackson.databind.JsonNode;
import io.copyhold.chaos.workload.Call.Outcome;
import io.copyhold.runtime.journal.Mappers;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The tenants' own applications take payments in their own databases, past Copyhold: whatever
 * happens to the control plane must not reach them. For one client.
 */
public final class Payments implements Workload, AutoCloseable {
  private static final int REST_MILLIS = 80;
  private static final long CENTS = 1_250;

  private final List<String> tenants;
  private final Map<String, Connection> connections = new ConcurrentHashMap<>();
  private final AtomicLong ids = new AtomicLong(Invoicing.FIRST_LIVE_PAYMENT);

  public Payments(List<String> tenants) {
    this.tenants = List.copyOf(tenants);
  }

  @Override
  public String name() {
    return "payment";
  }

  @Override
  public void step(Client client) throws InterruptedException, SQLException {
    String tenant = tenants.get(client.random().nextInt(tenants.size()));
    Connection connection = connections.get(tenant);
    if (connection == null) {
      JsonNode told = client.connection(tenant);
      if (told == null) {
        client.rest(REST_MILLIS);
        return;
      }
      connection = Login.of(told).connect("chaos");
      connections.put(tenant, connection);
    }
    pay(client, tenant, connection);
    client.rest(REST_MILLIS);
  }

  private void pay(Client client, String tenant, Connection connection) throws SQLException {
    long id = ids.incrementAndGet();
    Call call =
        client.begin(
            name(), tenant, "pay", "payment-" + id, Mappers.JSON.createObjectNode().put("id", id));
    try {
      Invoicing.pay(connection, id, CENTS);
      client.end(call, Outcome.OK, Mappers.JSON.nullNode());
    } catch (SQLException e) {
      client.end(call, Outcome.UNKNOWN, Mappers.JSON.nullNode());
      connections.remove(tenant);
      connection.close();
    }
  }

  @Override
  public void close() throws SQLException {
    for (Connection connection : connections.values()) {
      connection.close();
    }
  }
}

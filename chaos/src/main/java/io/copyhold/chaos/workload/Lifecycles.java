package io.copyhold.chaos.workload;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.copyhold.runtime.journal.Mappers;
import java.util.List;
import java.util.function.Function;
import java.util.random.RandomGenerator;

/**
 * Tenants come, are suspended and resumed, renamed, and leave, in any order that their state
 * allows; every change is repeated under its key until it is answered. With a pool that has fewer
 * places than there are tenants, it is the workload of a quota.
 */
public final class Lifecycles implements Workload {
  private static final int ATTEMPTS = 200;
  private static final int REST_MILLIS = 400;

  private final String name;
  private final List<String> tenants;
  private final Function<RandomGenerator, ObjectNode> wish;

  /**
   * @param wish the body of a request to onboard a tenant, without its name
   */
  public Lifecycles(String name, List<String> tenants, Function<RandomGenerator, ObjectNode> wish) {
    this.name = name;
    this.tenants = List.copyOf(tenants);
    this.wish = wish;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public void step(Client client) throws InterruptedException {
    String tenant = tenants.get(client.random().nextInt(tenants.size()));
    Call read = client.read(name, tenant);
    switch (state(read)) {
      case "none", "ProvisioningFailed" -> {
        if (state(read).equals("ProvisioningFailed") && client.random().nextBoolean()) {
          offboard(client, tenant);
        } else {
          onboard(client, tenant);
        }
      }
      case "Live" -> {
        boolean suspended = read.answer().path("state").hasNonNull("suspended");
        int dice = client.random().nextInt(10);
        if (dice < 3) {
          offboard(client, tenant);
        } else if (dice < 6) {
          change(
              client,
              tenant,
              "rename",
              "PUT",
              "/name",
              body("name", "Chaos " + client.random().nextInt(1_000)));
        } else if (suspended) {
          change(client, tenant, "resume", "POST", "/resume", null);
        } else {
          change(client, tenant, "suspend", "POST", "/suspend", body("reason", "chaos"));
        }
      }
      default -> {} // something is under way: the next one looks again
    }
    client.rest(REST_MILLIS);
  }

  private static String state(Call read) {
    if (read.ok()) {
      String kind = read.answer().path("state").path("kind").asText();
      return kind.equals("Offboarded") ? "none" : kind;
    }
    return read.answer().path("status").asInt() == 404 ? "none" : "unknown";
  }

  private void onboard(Client client, String tenant) throws InterruptedException {
    ObjectNode body = wish.apply(client.random());
    body.put("name", "Chaos " + tenant);
    change(client, tenant, "onboard", "PUT", "?again=true", body);
  }

  private void offboard(Client client, String tenant) throws InterruptedException {
    change(client, tenant, "offboard", "DELETE", "?confirm=" + tenant, null);
  }

  private void change(
      Client client,
      String tenant,
      String op,
      String method,
      String suffix,
      @org.jspecify.annotations.Nullable JsonNode body)
      throws InterruptedException {
    client.change(
        name,
        tenant,
        new Client.Change(
            op,
            body == null ? Mappers.JSON.nullNode() : body,
            method,
            "/v1/tenants/" + tenant + suffix,
            body,
            null),
        ATTEMPTS);
  }

  private static ObjectNode body(String field, String value) {
    return Mappers.JSON.createObjectNode().put(field, value);
  }
}

package io.copyhold.chaos.checker;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.copyhold.chaos.workload.Call;
import io.copyhold.chaos.workload.Call.Outcome;
import io.copyhold.http.node.Wiring;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Origin;
import io.copyhold.runtime.entity.EntityTypes;
import io.copyhold.runtime.journal.Feed;
import io.copyhold.runtime.journal.Journaled;
import io.copyhold.runtime.journal.Mappers;
import io.copyhold.tenants.changelog.Target;
import io.copyhold.tenants.isolation.HomeRef;
import io.copyhold.tenants.isolation.Isolation;
import io.copyhold.tenants.tenant.Home;
import io.copyhold.tenants.tenant.Profile;
import io.copyhold.tenants.tenant.TenantEvent;
import io.copyhold.tenants.tenant.Wish;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Journals and histories in short. */
final class Sample {
  static final EntityTypes TYPES = new EntityTypes(Wiring.stored());
  static final EntityRef ACME = new EntityRef("tenant", "acme");
  static final Home HOME =
      new Home(new HomeRef("store-a", Isolation.SCHEMA, "acme"), 1, "invoicing", "3", 1, false);

  static final TenantEvent ONBOARDING =
      new TenantEvent.OnboardingStarted(
          new Profile("acme", "Acme", "pro", "local", "standard", Map.of(), List.of()),
          new Wish(
              Isolation.SCHEMA,
              null,
              null,
              new Target("invoicing", "3", List.of("1", "2", "3"), true, "0".repeat(64))),
          1);

  static final TenantEvent PROVISIONED = new TenantEvent.Provisioned(1, HOME);

  private Sample() {}

  static TenantEvent configured(String value) {
    return new TenantEvent.Configured(Map.of("x-r", value));
  }

  /** An entry of the journal that nobody asked for by key. */
  static Feed.Entry entry(EntityRef entity, long version, Object event) {
    return entry(entity, version, event, null);
  }

  /**
   * @param key of the command that it is the last event of
   */
  static Feed.Entry entry(EntityRef entity, long version, Object event, @Nullable String key) {
    Origin origin = Origin.of("token:chaos").withKey(key);
    return new Feed.Entry(
        entity,
        version,
        TYPES.codec().manifest(entity.type(), event),
        new Journaled(event, origin, Instant.EPOCH, key == null ? null : "digest", null),
        "");
  }

  /** A journal of one entity, with its versions counted. */
  static Roll roll(EntityRef entity, Object... events) {
    List<Feed.Entry> entries = new ArrayList<>();
    for (Object event : events) {
      entries.add(entry(entity, entries.size() + 1, event));
    }
    return Roll.of(entries, TYPES);
  }

  static Roll roll(Feed.Entry... entries) {
    return Roll.of(List.of(entries), TYPES);
  }

  /** An acknowledged change, answered as the journal has it. */
  static Call change(long id, String key, Roll roll, long version, String... events) {
    ObjectNode answer = Mappers.JSON.createObjectNode().put("version", version);
    for (String event : events) {
      answer.withArray("events").add(event);
    }
    if (events.length == 0) {
      answer.putArray("events");
    }
    Roll.Line line = roll.line(ACME);
    answer.set("summary", line == null ? Mappers.JSON.nullNode() : line.summary(version));
    return call(id, "c", "configure", key, Mappers.JSON.nullNode(), 10 * id, 10 * id + 5, answer);
  }

  static Call call(
      long id,
      String client,
      String op,
      @Nullable String key,
      JsonNode argument,
      long invoked,
      long ended,
      JsonNode answer) {
    return new Call(
        id,
        client,
        "test",
        ACME.toString(),
        "x-r",
        op,
        key,
        argument,
        invoked,
        ended,
        ended == Long.MAX_VALUE ? Outcome.UNKNOWN : Outcome.OK,
        answer);
  }

  static Call refused(Call call) {
    return new Call(
        call.id(),
        call.client(),
        call.workload(),
        call.entity(),
        call.register(),
        call.op(),
        call.key(),
        call.argument(),
        call.invoked(),
        call.ended(),
        Outcome.FAIL,
        call.answer());
  }

  /** A read of the register that found the value. */
  static Call read(long id, String value, long invoked, long ended) {
    ObjectNode answer = Mappers.JSON.createObjectNode();
    answer.putObject("state").putObject("profile").putObject("settings").put("x-r", value);
    return call(id, "c" + id, "read", null, Mappers.JSON.nullNode(), invoked, ended, answer);
  }

  static Call write(long id, String value, long invoked, long ended) {
    return call(
        id,
        "c" + id,
        "write",
        "k" + id,
        Mappers.JSON.createObjectNode().put("value", value),
        invoked,
        ended,
        Mappers.JSON.createObjectNode());
  }

  static Call swap(long id, String op, String before, String value, long invoked, long ended) {
    return call(
        id,
        "c" + id,
        op,
        "k" + id,
        Mappers.JSON.createObjectNode().put("before", before).put("value", value),
        invoked,
        ended,
        Mappers.JSON.createObjectNode());
  }
}

package io.copyhold.runtime.journal;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.copyhold.runtime.Origin;
import io.copyhold.runtime.journal.Journaled.Unreadable;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Turns events, commands and states into bytes with a manifest, and back. An event's manifest is
 * {@code tenant/provisioned/2}: entity, stable name, shape. Its payload is a CBOR map: {@code e}
 * the event, {@code p} the principal, {@code w} the trace context, {@code k} the idempotency key,
 * {@code d} the command's digest, {@code t} the time in microseconds since the epoch, {@code s} the
 * summary.
 */
public final class Codec {
  private static final int BYTES_MOSTLY = 512;

  private final Map<String, StoredTypes> types;
  private final Map<Class<?>, String> entityOf = new HashMap<>();

  public Codec(Map<String, StoredTypes> types) {
    this.types = Map.copyOf(types);
    for (StoredTypes stored : types.values()) {
      for (StoredTypes.Entry entry : stored.entries()) {
        entityOf.put(entry.type(), stored.entity());
      }
    }
  }

  public StoredTypes types(String entity) {
    StoredTypes stored = types.get(entity);
    if (stored == null) {
      throw new IllegalArgumentException("no entity type named " + entity);
    }
    return stored;
  }

  public Iterable<StoredTypes> all() {
    return types.values();
  }

  /** The manifest of an event or command of whichever entity type has it. */
  public String manifestOf(Object value) {
    String entity = entityOf.get(value.getClass());
    if (entity == null) {
      throw new IllegalArgumentException(
          value.getClass().getName() + " is in no table of stored types");
    }
    return manifest(entity, value);
  }

  /** The table of the entity type whose state this class is. */
  public StoredTypes ofState(Class<?> state) {
    for (StoredTypes stored : types.values()) {
      if (stored.state().isAssignableFrom(state)) {
        return stored;
      }
    }
    throw new IllegalArgumentException(state.getName() + " is no entity's state");
  }

  public String manifest(String entity, Object value) {
    StoredTypes.Entry entry = types(entity).of(value.getClass());
    return entity + "/" + entry.name() + "/" + entry.shape();
  }

  /** The stable name of an event or command, for logs, history and metrics. */
  public String name(String entity, Object value) {
    return value instanceof Unreadable(var manifest, _, _)
        ? manifest
        : types(entity).of(value.getClass()).name();
  }

  public byte[] encode(Journaled journaled) {
    Origin origin = journaled.origin();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(BYTES_MOSTLY);
    try (JsonGenerator map = Mappers.CBOR.createGenerator(bytes)) {
      map.writeStartObject();
      map.writeFieldName("e");
      Mappers.CBOR.writeValue(map, journaled.event());
      map.writeStringField("p", origin.principal());
      optional(map, "w", origin.traceparent());
      optional(map, "k", origin.idempotencyKey());
      optional(map, "d", journaled.digest());
      map.writeNumberField("t", micros(journaled.at()));
      if (journaled.summary() != null) {
        map.writeFieldName("s");
        Mappers.CBOR.writeTree(map, journaled.summary());
      }
      map.writeEndObject();
    } catch (IOException e) {
      throw unstorable(journaled.event(), e);
    }
    return bytes.toByteArray();
  }

  private static void optional(JsonGenerator map, String field, @Nullable String value)
      throws IOException {
    if (value != null) {
      map.writeStringField(field, value);
    }
  }

  private static IllegalArgumentException unstorable(Object value, IOException e) {
    return new IllegalArgumentException("cannot be stored: " + value.getClass().getName(), e);
  }

  /** Never throws for bad input: what cannot be read is an {@link Unreadable} event. */
  public Journaled decodeEvent(String manifest, byte[] payload) {
    JsonNode node;
    try {
      node = Mappers.CBOR.readTree(payload);
    } catch (IOException e) {
      return unreadable(manifest, false, "the payload is not CBOR");
    }
    @Nullable Object event;
    try {
      event = decode(manifest, node.path("e"), true);
      if (event == null) {
        event = new Unreadable(manifest, false, "the payload holds no event");
      }
    } catch (IOException | RuntimeException e) {
      // Where, and what kind of trouble; the message itself may quote the payload.
      String where = e instanceof JsonMappingException j ? " at " + j.getPathReference() : "";
      event =
          new Unreadable(
              manifest, false, "the payload does not fit: " + e.getClass().getSimpleName() + where);
    }
    return new Journaled(
        event,
        new Origin(
            node.path("p").asText("unknown"),
            node.hasNonNull("w") ? node.get("w").asText() : null,
            node.hasNonNull("k") ? node.get("k").asText() : null,
            null),
        instant(node.path("t").asLong()),
        node.hasNonNull("d") ? node.get("d").asText() : null,
        node.hasNonNull("s") ? node.get("s") : null);
  }

  private static Journaled unreadable(String manifest, boolean tooNew, String why) {
    return new Journaled(
        new Unreadable(manifest, tooNew, why), Origin.of("unknown"), Instant.EPOCH, null, null);
  }

  /**
   * The event or command that the manifest names; {@link Unreadable} when this node does not know
   * it.
   */
  public Object decode(String manifest, JsonNode tree, boolean event) throws IOException {
    String[] parts = manifest.split("/", -1);
    StoredTypes stored = parts.length == 3 ? types.get(parts[0]) : null;
    StoredTypes.@Nullable Entry entry =
        stored == null ? null : event ? stored.event(parts[1]) : stored.command(parts[1]);
    if (entry == null) {
      return new Unreadable(manifest, true, "this version does not know it");
    }
    int shape = Integer.parseInt(parts[2]);
    if (shape > entry.shape()) {
      return new Unreadable(manifest, true, "this version knows shape " + entry.shape());
    }
    JsonNode upcast = tree;
    if (shape < entry.shape()) {
      ObjectNode node = tree.deepCopy();
      for (UnaryOperator<ObjectNode> step :
          entry.upcasters().subList(shape - 1, entry.shape() - 1)) {
        node = step.apply(node);
      }
      upcast = node;
    }
    return Mappers.CBOR.treeToValue(upcast, entry.type());
  }

  public static byte[] bytes(Object value) {
    try {
      return Mappers.CBOR.writeValueAsBytes(value);
    } catch (IOException e) {
      throw unstorable(value, e);
    }
  }

  private static long micros(Instant at) {
    return at.getEpochSecond() * 1_000_000 + at.getNano() / 1_000;
  }

  private static Instant instant(long micros) {
    return Instant.ofEpochSecond(
        Math.floorDiv(micros, 1_000_000L), Math.floorMod(micros, 1_000_000L) * 1_000);
  }
}

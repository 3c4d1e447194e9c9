package io.copyhold.runtime.entity;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.copyhold.runtime.Origin;
import io.copyhold.runtime.journal.Codec;
import io.copyhold.runtime.journal.Journaled;
import io.copyhold.runtime.journal.Mappers;
import io.copyhold.runtime.journal.StoredTypes;
import java.io.IOException;
import java.io.NotSerializableException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.apache.pekko.actor.ExtendedActorSystem;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorRefResolver;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.serialization.SerializerWithStringManifest;

/**
 * The one serializer: events ({@code tenant/provisioned/2}), snapshots ({@code
 * snapshot/tenant/<shape>}), the messages between nodes ({@code message/ask}) and the replies
 * ({@code reply}).
 *
 * <p>A snapshot is a cache: one of another shape of the state throws, and the journal is configured
 * to replay instead.
 */
public final class MessageSerializer extends SerializerWithStringManifest {
  private static final String REPLY = "reply";
  private static final String MESSAGE = "message/";
  private static final String SNAPSHOT = "snapshot/";

  private final ExtendedActorSystem system;
  private final Codec codec;
  private final ClassValue<String> shapes =
      new ClassValue<>() {
        @Override
        protected String computeValue(Class<?> type) {
          return Shape.of(type);
        }
      };

  public MessageSerializer(ExtendedActorSystem system) {
    this.system = system;
    this.codec =
        system
            .settings()
            .setup()
            .get(EntityTypes.class)
            .orElseThrow(
                () -> new IllegalStateException("the actor system was made without EntityTypes"))
            .codec();
  }

  @Override
  public int identifier() {
    return 7_401;
  }

  @Override
  public String manifest(Object o) {
    return switch (o) {
      case Journaled journaled -> codec.manifestOf(journaled.event());
      case ShellState<?>(var state, _, _) -> {
        StoredTypes stored = codec.ofState(state.getClass());
        yield SNAPSHOT + stored.entity() + "/" + shapes.get(stored.state());
      }
      case Message.Ask _ -> MESSAGE + "ask";
      case Message.Read _ -> MESSAGE + "read";
      case Message.Signal _ -> MESSAGE + "signal";
      case Message.Wake _ -> MESSAGE + "wake";
      case Message.Prove _ -> MESSAGE + "prove";
      case Message.Stop _ -> MESSAGE + "stop";
      case Reply _ -> REPLY;
      default ->
          throw new IllegalArgumentException("never sent or stored: " + o.getClass().getName());
    };
  }

  @Override
  public byte[] toBinary(Object o) {
    return switch (o) {
      case Journaled journaled -> codec.encode(journaled);
      case ShellState<?> state -> snapshot(state);
      case Message.Ask(var command, var origin, var dryRun, var replyTo) ->
          Codec.bytes(remote(replyTo).put("dry", dryRun).setAll(command(command, origin)));
      case Message.Signal(var operation, var command, var origin, var dryRun, var replyTo) ->
          Codec.bytes(
              remote(replyTo)
                  .put("operation", operation)
                  .put("dry", dryRun)
                  .setAll(command(command, origin)));
      case Message.Read(var replyTo) -> Codec.bytes(remote(replyTo));
      case Message.Wake(var name, var missed, var due, var replyTo) -> {
        ObjectNode node = remote(replyTo).put("name", name).put("missed", missed);
        yield Codec.bytes(due == null ? node : node.put("due", due.toString()));
      }
      case Message.Prove(var operation, var replyTo) ->
          Codec.bytes(remote(replyTo).put("operation", operation));
      case Message.Stop _ -> new byte[0];
      case Reply reply -> reply(reply);
      default ->
          throw new IllegalArgumentException("never sent or stored: " + o.getClass().getName());
    };
  }

  @Override
  public Object fromBinary(byte[] bytes, String manifest) throws NotSerializableException {
    try {
      if (manifest.equals(REPLY)) {
        return Mappers.CBOR.readValue(bytes, Reply.class);
      }
      if (manifest.startsWith(SNAPSHOT)) {
        return snapshot(bytes, manifest);
      }
      if (manifest.startsWith(MESSAGE)) {
        return message(bytes, manifest.substring(MESSAGE.length()));
      }
      return codec.decodeEvent(manifest, bytes);
    } catch (IOException e) {
      throw new NotSerializableException(manifest + ": " + e.getMessage());
    }
  }

  private byte[] reply(Reply reply) {
    try {
      return Mappers.CBOR.writerFor(Reply.class).writeValueAsBytes(reply);
    } catch (IOException e) {
      throw new IllegalArgumentException("cannot be sent: " + reply.getClass().getName(), e);
    }
  }

  private byte[] snapshot(ShellState<?> state) {
    StoredTypes stored = codec.ofState(state.state().getClass());
    ObjectNode node = Mappers.CBOR.createObjectNode();
    try {
      node.set(
          "state",
          Mappers.CBOR.readTree(
              Mappers.CBOR.writerFor(stored.state()).writeValueAsBytes(state.state())));
    } catch (IOException e) {
      throw new IllegalArgumentException("cannot be stored: " + stored.entity(), e);
    }
    node.put("version", state.version());
    node.set("keys", Mappers.CBOR.valueToTree(state.keys()));
    return Codec.bytes(node);
  }

  private Object snapshot(byte[] bytes, String manifest) throws IOException {
    String[] parts = manifest.split("/", -1);
    StoredTypes stored = codec.types(parts[1]);
    if (!parts[2].equals(shapes.get(stored.state()))) {
      throw new NotSerializableException(
          manifest + " is of another shape; events are replayed instead");
    }
    JsonNode node = Mappers.CBOR.readTree(bytes);
    Object state =
        Mappers.CBOR
            .readerFor(stored.state())
            .readValue(Mappers.CBOR.treeAsTokens(node.get("state")));
    List<ShellState.Key> keys = new ArrayList<>();
    for (JsonNode key : node.path("keys")) {
      keys.add(Mappers.CBOR.treeToValue(key, ShellState.Key.class));
    }
    return new ShellState<>(state, node.path("version").asLong(), List.copyOf(keys));
  }

  private ObjectNode remote(ActorRef<Reply> replyTo) {
    ObjectNode node = Mappers.CBOR.createObjectNode();
    node.put("to", resolver().toSerializationFormat(replyTo));
    return node;
  }

  private ObjectNode command(Object command, Origin origin) {
    ObjectNode node = Mappers.CBOR.createObjectNode();
    node.put("manifest", codec.manifestOf(command));
    node.set("command", Mappers.CBOR.valueToTree(command));
    node.set("origin", Mappers.CBOR.valueToTree(origin));
    return node;
  }

  private Object message(byte[] bytes, String name) throws IOException {
    if (name.equals("stop")) {
      return Message.Stop.INSTANCE;
    }
    JsonNode node = Mappers.CBOR.readTree(bytes);
    ActorRef<Reply> replyTo = resolver().resolveActorRef(node.path("to").asText());
    return switch (name) {
      case "ask" ->
          new Message.Ask(decodeCommand(node), origin(node), node.path("dry").asBoolean(), replyTo);
      case "signal" ->
          new Message.Signal(
              node.path("operation").asText(),
              decodeCommand(node),
              origin(node),
              node.path("dry").asBoolean(),
              replyTo);
      case "read" -> new Message.Read(replyTo);
      case "wake" ->
          new Message.Wake(
              node.path("name").asText(),
              node.path("missed").asInt(),
              node.has("due") ? Instant.parse(node.path("due").asText()) : null,
              replyTo);
      case "prove" -> new Message.Prove(node.path("operation").asText(), replyTo);
      default -> throw new NotSerializableException("no message named " + name);
    };
  }

  private Object decodeCommand(JsonNode node) throws IOException {
    String manifest = node.path("manifest").asText();
    Object command = codec.decode(manifest, node.path("command"), false);
    if (command instanceof Journaled.Unreadable) {
      throw new NotSerializableException("no command " + manifest);
    }
    return command;
  }

  private static Origin origin(JsonNode node) throws IOException {
    return Mappers.CBOR.treeToValue(node.path("origin"), Origin.class);
  }

  private ActorRefResolver resolver() {
    return ActorRefResolver.get(Adapter.toTyped(system));
  }
}

package io.copyhold.runtime.entity;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Origin;
import io.copyhold.runtime.TestSystem;
import io.copyhold.runtime.journal.Mappers;
import io.copyhold.runtime.journal.StoredTypes;
import io.copyhold.runtime.postgres.Database;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * A node in a process of its own that asks for entities, one of which ends the process when it is
 * replayed.
 */
public final class DeadlyChild {
  static final EntityRef DEADLY = new EntityRef("mine", "deadly");

  /** The event that ends the process. */
  static final long DEADLY_VERSION = 3;

  /** What the parent looks for in the output. */
  static final String QUARANTINED = "REFUSED quarantined";

  static final String SERVED = "SERVED ";
  static final String LIVES = "LIVES ";

  private DeadlyChild() {}

  /** A record of blows, one of which may be deadly. */
  record Mine(long steps) {
    record Step(boolean deadly) {}

    record Stepped(boolean deadly) {}
  }

  static final EntityType<Mine, Mine.Step, Mine.Stepped> TYPE =
      new EntityType<>() {
        private final StoredTypes stored =
            StoredTypes.of("mine", Mine.class)
                .event("stepped", Mine.Stepped.class)
                .command("step", Mine.Step.class);

        @Override
        public String name() {
          return "mine";
        }

        @Override
        public Mine initial() {
          return new Mine(0);
        }

        @Override
        public Decision<Mine.Stepped> decide(Mine state, Mine.Step command, Instant now) {
          return Decision.accept(new Mine.Stepped(command.deadly()));
        }

        @Override
        public Mine evolve(Mine state, Mine.Stepped event) {
          if (event.deadly() && Boolean.getBoolean("deadly")) {
            Runtime.getRuntime().halt(17);
          }
          return new Mine(state.steps() + 1);
        }

        @Override
        public StoredTypes stored() {
          return stored;
        }

        @Override
        public boolean exists(Mine state) {
          return state.steps() > 0;
        }

        @Override
        public JsonNode summary(Mine state) {
          ObjectNode node = Mappers.JSON.createObjectNode();
          return node.put("state", "laid").put("steps", state.steps());
        }
      };

  static TestSystem start(Database database) {
    return TestSystem.Options.of(TYPE)
        .with("copyhold.entity.ask-max", "1s")
        .start(database)
        .host(TYPE, _ -> Reactor.none());
  }

  static EntityRef neighbour(int i) {
    return new EntityRef("mine", "m" + i);
  }

  /** Arguments: host, port, database, user, neighbours; the password is in the environment. */
  public static void main(String[] arguments) {
    try {
      run(arguments);
      System.exit(0);
    } catch (RuntimeException | Error e) {
      e.printStackTrace();
      System.exit(1);
    }
  }

  private static void run(String[] arguments) {
    Database database =
        new Database(
            arguments[0],
            Integer.parseInt(arguments[1]),
            arguments[2],
            arguments[3],
            () -> System.getenv("DEADLY_PASSWORD"));
    int neighbours = Integer.parseInt(arguments[4]);
    TestSystem node = start(database);
    List<java.util.concurrent.CompletionStage<Reply>> asked = new ArrayList<>();
    for (int i = 0; i < neighbours; i++) {
      asked.add(node.entities().read(neighbour(i)));
    }
    TestSystem.until(() ->
        switch (node.ask(DEADLY, new Mine.Step(false), Origin.of("child"))) {
          case Reply.Applied applied -> {
            System.out.println(LIVES + applied.version());
            yield true;
          }
          case Reply.Refused(var problem) -> {
            System.out.println("REFUSED " + problem.code());
            yield true;
          }
          case Reply.NotNow _ -> false;
        });
    for (int i = 0; i < neighbours; i++) {
      System.out.println(
          SERVED
              + node.applied(neighbour(i), new Mine.Step(false), Origin.of("child"))
                  .view()
                  .path("steps")
                  .asLong());
    }
    node.close();
  }
}

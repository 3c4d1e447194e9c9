package io.copyhold.migration.rollout;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.copyhold.migration.rollout.Rollout.Absent;
import io.copyhold.migration.rollout.Rollout.Command;
import io.copyhold.migration.rollout.Rollout.Event;
import io.copyhold.migration.rollout.Rollout.Phase;
import io.copyhold.migration.rollout.Rollout.Plan;
import io.copyhold.migration.rollout.Rollout.Reach;
import io.copyhold.migration.rollout.Rollout.Size;
import io.copyhold.migration.rollout.Rollout.Started;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.entity.Decision;
import io.copyhold.runtime.entity.EntityType;
import io.copyhold.runtime.entity.OperationRequest;
import io.copyhold.runtime.entity.Outcome;
import io.copyhold.runtime.journal.Mappers;
import io.copyhold.runtime.journal.StoredTypes;
import io.copyhold.tenants.Fields;
import io.copyhold.tenants.changelog.Target;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The rules of a {@link Rollout}. */
public final class RolloutType implements EntityType<Rollout, Command, Event> {
  /** Journaled name of its operation. */
  public static final String OPERATION = "rollout";

  /** The step of it whose data is the {@link Rollout.Result}. */
  public static final String RESULT = "result";

  public static final int WAVES_MAX = 20;
  public static final int PER_STORE_MAX = 64;
  public static final int SOAK_SECONDS_MAX = 7 * 24 * 3600;
  public static final int SAMPLES_MAX = 20;
  public static final int CAUSES_MAX = 8;
  public static final int AT_ONCE_MAX = 48;
  public static final int CHECKS_MAX = 5;
  public static final int ATTEMPTS_MAX = 20;
  public static final int EVERY_SECONDS_MAX = 600;
  public static final int PROBED_MAX = 8;
  public static final int QUERY_CHARS_MAX = 2_000;
  private static final int URL_CHARS_MAX = 500;
  private static final int NAME_CHARS_MAX = 100;
  private static final int WAVE_NAME_CHARS_MAX = 20;

  private static final StoredTypes STORED =
      StoredTypes.of("rollout", Rollout.class)
          .command("start", Command.Start.class)
          .command("retry-failed", Command.RetryFailed.class)
          .command("roll-back", Command.RollBack.class)
          .command("record-halt", Command.RecordHalt.class)
          .command("record-going-on", Command.RecordGoingOn.class)
          .command("record-end", Command.RecordEnd.class)
          .event("began", Event.Began.class)
          .event("retry-began", Event.RetryBegan.class)
          .event("rollback-began", Event.RollbackBegan.class)
          .event("halted", Event.Halted.class)
          .event("went-on", Event.WentOn.class)
          .event("ended", Event.Ended.class);

  RolloutType() {}

  /** The entity of a rollout's id. */
  public static EntityRef ref(String rollout) {
    return new EntityRef("rollout", rollout);
  }

  @Override
  public String name() {
    return "rollout";
  }

  @Override
  public Rollout initial() {
    return new Absent();
  }

  @Override
  public StoredTypes stored() {
    return STORED;
  }

  @Override
  public boolean exists(Rollout state) {
    return state instanceof Started;
  }

  @Override
  public Decision<Event> decide(Rollout state, Command command, Instant now) {
    return switch (command) {
      case Command.Start(var plan) -> start(state, plan);
      case Command.RetryFailed _ -> retry(state);
      case Command.RollBack(var wave) -> rollBack(state, wave);
      case Command.RecordHalt(var generation, var signal, var problem) ->
          live(state, generation)
                  && !(state instanceof Started s && s.phase() instanceof Phase.Halted)
              ? Decision.accept(new Event.Halted(generation, signal, problem))
              : Decision.accept();
      case Command.RecordGoingOn(var generation) ->
          live(state, generation) && state instanceof Started s && s.phase() instanceof Phase.Halted
              ? Decision.accept(new Event.WentOn(generation))
              : Decision.accept();
      case Command.RecordEnd(var generation, var phase) ->
          live(state, generation)
              ? Decision.accept(new Event.Ended(generation, phase))
              : Decision.accept();
    };
  }

  /** Whether the operation of this generation runs. */
  private static boolean live(Rollout state, int generation) {
    return state instanceof Started s && s.generation() == generation && live(s.phase());
  }

  private static boolean live(Phase phase) {
    return phase instanceof Phase.Running || phase instanceof Phase.Halted;
  }

  private static Decision<Event> start(Rollout state, @Nullable Plan plan) {
    if (plan == null) {
      return Decision.refuse(
          Problem.invalid("field-missing", "plan is missing").at("plan").todo("give it"));
    }
    Optional<Problem> flaw = flaw(plan);
    if (flaw.isPresent()) {
      return Decision.refuse(flaw.get());
    }
    return switch (state) {
      case Absent _ -> Decision.accept(new Event.Began(plan));
      case Started s ->
          s.plan().equals(plan)
              ? Decision.accept()
              : Decision.refuse(
                  Problem.conflict(
                          "rollout-exists",
                          "the rollout exists with another "
                              + Fields.difference(s.plan(), plan).orElse("plan"))
                      .at("rollout/" + plan.rollout())
                      .todo("start it under another id"));
    };
  }

  /** What is wrong with a plan, or empty. */
  public static Optional<Problem> flaw(Plan plan) {
    String target = Target.flaw(plan.target());
    Fields fields =
        Fields.check()
            .id("rollout", plan.rollout())
            .that(
                target == null,
                "target",
                "target-form",
                String.valueOf(target),
                "take it from the changelog")
            .that(
                plan.selector() != null,
                "selector",
                "field-missing",
                "selector is missing",
                "give it")
            .note(plan.selector() == null ? Optional.empty() : plan.selector().flaw())
            .range("waves", plan.waves().size(), 0, WAVES_MAX)
            .range("perStore", plan.perStore(), 1, PER_STORE_MAX)
            .that(plan.budget() != null, "budget", "field-missing", "budget is missing", "give it")
            .range("soakSeconds", plan.soakSeconds(), 0, SOAK_SECONDS_MAX)
            .range("atOnce", plan.atOnce() == null ? 1 : plan.atOnce(), 1, AT_ONCE_MAX)
            .range("checks", plan.required().size(), 0, CHECKS_MAX);
    size(fields, "budget", plan.budget(), 0);
    if (plan.rate() != null) {
      fields
          .range("rate.percent", plan.rate().percent(), 0, 100)
          .range("rate.atLeast", plan.rate().atLeast(), 1, Integer.MAX_VALUE);
    }
    Size before = null;
    for (Reach wave : plan.waves()) {
      switch (wave) {
        case Rollout.Matching(var selector) -> fields.note(selector.flaw());
        case Size size -> {
          size(fields, "waves", size, 1);
          fields.that(
              rises(before, size),
              "waves",
              "waves-order",
              "each wave reaches further than the one before",
              "write them like 1%, 10%, 50%");
          before = size;
        }
      }
    }
    plan.required().forEach(check -> check(fields, check));
    return fields.problem();
  }

  private static void check(Fields fields, Rollout.Check check) {
    fields
        .range("checks.attempts", check.attempts(), 1, ATTEMPTS_MAX)
        .range("checks.everySeconds", check.everySeconds(), 1, EVERY_SECONDS_MAX);
    switch (check.probe()) {
      case Rollout.Probe.Sql(var query, var expected, var homes) ->
          fields
              .that(
                  query != null && !query.isBlank() && query.length() <= QUERY_CHARS_MAX,
                  "checks.query",
                  "field-length",
                  "a probe's query has 1 to " + QUERY_CHARS_MAX + " characters",
                  "ask with one SELECT")
              .text("checks.expected", expected, NAME_CHARS_MAX)
              .range("checks.homes", homes, 1, PROBED_MAX);
      case Rollout.Probe.Http(var url, var status) ->
          fields
              .text("checks.url", url, URL_CHARS_MAX)
              .that(
                  url != null && url.matches("https?://[A-Za-z0-9\\[][^\\s@]*"),
                  "checks.url",
                  "url-form",
                  "a probe's address is http or https, without user and password",
                  "write it like https://status.example.com/ready")
              .range("checks.status", status, 100, 599);
      case Rollout.Probe.Metric(var name, var min, var max) ->
          fields
              .text("checks.metric", name, NAME_CHARS_MAX)
              .that(
                  min != null || max != null,
                  "checks.metric",
                  "field-missing",
                  "a metric needs a bound",
                  "give min or max");
      case null ->
          fields.that(false, "checks.probe", "field-missing", "the probe is missing", "give one");
    }
  }

  private static void size(Fields fields, String field, @Nullable Size size, int min) {
    switch (size) {
      case Size.Percent(var percent) -> fields.range(field, percent, min, 100);
      case Size.Count(var count) -> fields.range(field, count, min, Integer.MAX_VALUE);
      case null -> fields.that(false, field, "field-missing", field + " is missing", "give it");
    }
  }

  /**
   * Of a share and a number nobody can say which reaches further; then the smaller one has nothing
   * to do.
   */
  private static boolean rises(@Nullable Size before, Size wave) {
    return switch (wave) {
      case Size.Percent(var percent) ->
          !(before instanceof Size.Percent(var less)) || less < percent;
      case Size.Count(var count) -> !(before instanceof Size.Count(var less)) || less < count;
    };
  }

  private static Decision<Event> retry(Rollout state) {
    return switch (state) {
      case Absent _ ->
          Decision.refuse(
              Problem.notFound("rollout-unknown", "there is no such rollout")
                  .todo("start it first"));
      case Started s ->
          switch (s.phase()) {
            case Phase.Running _, Phase.Halted _ -> Decision.refuse(running(s));
            case Phase.Ended(var result) when result.failed() + result.drifted() == 0 ->
                Decision.accept();
            case Phase.Ended _, Phase.Cancelled _, Phase.Failed _ ->
                Decision.accept(
                    s.back() == null
                        ? new Event.RetryBegan(s.generation() + 1, s.generation())
                        : new Event.RollbackBegan(s.generation() + 1, s.back()));
          };
    };
  }

  private static Problem running(Started s) {
    return Problem.conflict("rollout-running", "the rollout runs")
        .at("rollout/" + s.plan().rollout())
        .todo("wait for its end, or cancel it first");
  }

  private static Decision<Event> rollBack(Rollout state, @Nullable String wave) {
    if (!(state instanceof Started s)) {
      return Decision.refuse(
          Problem.notFound("rollout-unknown", "there is no such rollout").todo("start it first"));
    }
    Optional<Problem> flaw =
        wave == null
            ? Optional.empty()
            : Fields.check()
                .text("wave", wave, WAVE_NAME_CHARS_MAX)
                .that(
                    Waves.names(s.plan()).contains(wave),
                    "wave",
                    "wave-unknown",
                    "the rollout has no wave " + wave,
                    "it has " + String.join(", ", Waves.names(s.plan())))
                .problem();
    if (flaw.isPresent()) {
      return Decision.refuse(flaw.get());
    }
    Rollout.Back back = new Rollout.Back(wave);
    if (live(s.phase())) {
      return back.equals(s.back()) ? Decision.accept() : Decision.refuse(running(s));
    }
    return Decision.accept(new Event.RollbackBegan(s.generation() + 1, back));
  }

  @Override
  public Rollout evolve(Rollout state, Event event) {
    return switch (event) {
      case Event.Began(var plan) when state instanceof Absent ->
          new Started(plan, 1, null, new Phase.Running(), null);
      case Event.RetryBegan(var generation, var of) when state instanceof Started s ->
          new Started(s.plan(), generation, of, new Phase.Running(), null);
      case Event.RollbackBegan(var generation, var back) when state instanceof Started s ->
          new Started(s.plan(), generation, null, new Phase.Running(), back);
      case Event.Halted(_, var signal, var problem) when state instanceof Started s ->
          in(s, new Phase.Halted(signal, problem));
      case Event.WentOn _ when state instanceof Started s -> in(s, new Phase.Running());
      case Event.Ended(_, var phase) when state instanceof Started s -> in(s, phase);
      case Event.Began _,
          Event.RetryBegan _,
          Event.RollbackBegan _,
          Event.Halted _,
          Event.WentOn _,
          Event.Ended _ ->
          throw new IllegalStateException(event + " after " + state);
    };
  }

  private static Started in(Started s, Phase phase) {
    return new Started(s.plan(), s.generation(), s.retriesOf(), phase, s.back());
  }

  @Override
  public List<OperationRequest> operations(Rollout state) {
    return state instanceof Started s && live(s.phase())
        ? List.of(
            new OperationRequest(
                "rollout/" + s.generation(),
                OPERATION,
                new Rollout.Input(
                    s.plan(),
                    request(s.plan(), s.generation()),
                    s.retriesOf() == null ? null : "rollout/" + s.plan().rollout() + "/",
                    s.back())))
        : List.of();
  }

  private static String request(Plan plan, int generation) {
    return "rollout/" + plan.rollout() + "/" + generation;
  }

  @Override
  public Optional<Command> settle(Rollout state, String operation, Outcome outcome) {
    int generation = Integer.parseInt(operation.substring(operation.indexOf('/') + 1));
    Phase phase =
        switch (outcome) {
          case Outcome.Done(var data) ->
              new Phase.Ended(Mappers.JSON.convertValue(data.get(RESULT), Rollout.Result.class));
          case Outcome.Undone(var problem) -> new Phase.Failed(problem);
          case Outcome.FailedInRollback(var problem, _) -> new Phase.Failed(problem);
          case Outcome.Cancelled _ -> new Phase.Cancelled();
        };
    return Optional.of(new Command.RecordEnd(generation, phase));
  }

  @Override
  public JsonNode summary(Rollout state) {
    ObjectNode node = Mappers.JSON.createObjectNode();
    if (!(state instanceof Started s)) {
      return node.put("state", "absent");
    }
    node.put("name", s.plan().rollout())
        .put("changelog", s.plan().target().changelog())
        .put("schemaVersion", s.plan().target().version())
        .put("generation", s.generation());
    if (s.back() != null) {
      node.put("back", s.back().wave() == null ? "all" : s.back().wave());
    }
    return switch (s.phase()) {
      case Phase.Running _ ->
          node.put("state", s.back() == null ? "running" : "rolling-back")
              .put("operation", "rollout/" + s.generation());
      case Phase.Halted(var signal, var problem) ->
          node.put("state", "halted")
              .put("operation", "rollout/" + s.generation())
              .put("signal", signal)
              .put("problem", problem.code());
      case Phase.Cancelled _ -> node.put("state", "cancelled");
      case Phase.Failed(var problem) -> node.put("state", "failed").put("problem", problem.code());
      case Phase.Ended(var result) ->
          node.put(
                  "state",
                  (s.back() == null ? "done" : "rolled-back")
                      + (result.failed() + result.drifted() == 0 ? "" : "-with-failures"))
              .put("total", result.total())
              .put("done", result.done())
              .put("failed", result.failed())
              .put("drifted", result.drifted())
              .put("skipped", result.skipped());
    };
  }
}

package io.copyhold.chaos.experiment;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.copyhold.chaos.experiment.Experiment.Absent;
import io.copyhold.chaos.experiment.Experiment.Command;
import io.copyhold.chaos.experiment.Experiment.Defined;
import io.copyhold.chaos.experiment.Experiment.Event;
import io.copyhold.chaos.experiment.Experiment.Phase;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.entity.Decision;
import io.copyhold.runtime.entity.EntityType;
import io.copyhold.runtime.entity.OperationRequest;
import io.copyhold.runtime.entity.Outcome;
import io.copyhold.runtime.journal.Mappers;
import io.copyhold.runtime.journal.StoredTypes;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The rules of an {@link Experiment}. */
final class ExperimentType implements EntityType<Experiment, Command, Event> {
  /** Journaled name of its operation. */
  static final String OPERATION = "experiment";

  /** The step of it whose data is the {@link Report}. */
  static final String REPORT = "report";

  private static final StoredTypes STORED =
      StoredTypes.of("experiment", Experiment.class)
          .command("define", Command.Define.class)
          .command("approve", Command.Approve.class)
          .command("run", Command.Run.class)
          .command("record-end", Command.RecordEnd.class)
          .event("planned", Event.Planned.class)
          .event("approved", Event.Approved.class)
          .event("run-began", Event.RunBegan.class)
          .event("run-ended", Event.RunEnded.class);

  @Override
  public String name() {
    return "experiment";
  }

  @Override
  public Experiment initial() {
    return new Absent();
  }

  @Override
  public StoredTypes stored() {
    return STORED;
  }

  @Override
  public boolean exists(Experiment state) {
    return state instanceof Defined;
  }

  @Override
  public Decision<Event> decide(Experiment state, Command command, Instant now) {
    if (command instanceof Command.Define(var plan, var by)) {
      return define(state, plan, by);
    }
    if (!(state instanceof Defined defined)) {
      return Decision.refuse(
          Problem.notFound("experiment-unknown", "there is no such experiment")
              .todo("define it first"));
    }
    return switch (command) {
      case Command.Define _ -> throw new IllegalStateException("decided above");
      case Command.Approve(var by) -> approve(defined, by);
      case Command.Run(var by, boolean secondPerson) -> run(defined, by, secondPerson);
      case Command.RecordEnd(int run, var phase) ->
          defined.run() == run && running(defined)
              ? Decision.accept(new Event.RunEnded(run, phase))
              : Decision.accept();
    };
  }

  private static boolean running(Defined defined) {
    return defined.phase() instanceof Phase.Running;
  }

  private static Decision<Event> define(Experiment state, @Nullable Plan plan, String by) {
    if (plan == null) {
      return Decision.refuse(
          Problem.invalid("field-missing", "plan is missing").at("plan").todo("give it"));
    }
    Optional<Problem> flaw = PlanRules.flaw(plan);
    if (flaw.isPresent()) {
      return Decision.refuse(flaw.get());
    }
    return switch (state) {
      case Absent _ -> Decision.accept(new Event.Planned(plan, by));
      case Defined d when d.plan().equals(plan) -> Decision.accept();
      case Defined d when running(d) ->
          Decision.refuse(
              Problem.conflict("experiment-running", "the experiment runs with another plan")
                  .at("experiment/" + plan.experiment())
                  .todo("wait for its end, or cancel operation run/" + d.run()));
      case Defined _ -> Decision.accept(new Event.Planned(plan, by));
    };
  }

  private static Decision<Event> approve(Defined defined, String by) {
    if (by.equals(defined.author())) {
      return Decision.refuse(
          Problem.of(
                  Problem.Kind.FORBIDDEN,
                  "approval-own",
                  "who planned an experiment cannot approve it")
              .at("experiment/" + defined.plan().experiment())
              .todo("ask somebody else who has experiment:approve"));
    }
    return by.equals(defined.approvedBy())
        ? Decision.accept()
        : Decision.accept(new Event.Approved(by));
  }

  private static Decision<Event> run(Defined defined, String by, boolean secondPerson) {
    String where = "experiment/" + defined.plan().experiment();
    if (running(defined)) {
      return Decision.refuse(
          Problem.conflict("experiment-running", "the experiment runs already")
              .at(where)
              .todo("watch operation run/" + defined.run()));
    }
    if (secondPerson && defined.approvedBy() == null) {
      return Decision.refuse(
          Problem.conflict(
                  "approval-missing",
                  "in production an experiment needs the approval of a second person for each run")
              .at(where)
              .todo("let somebody other than its author approve it"));
    }
    return Decision.accept(new Event.RunBegan(defined.run() + 1, by));
  }

  @Override
  public Experiment evolve(Experiment state, Event event) {
    return switch (event) {
      case Event.Planned(var plan, var by) when state instanceof Absent ->
          new Defined(plan, by, null, 0, new Phase.Ready());
      case Event.Planned(var plan, var by) when state instanceof Defined d ->
          new Defined(plan, by, null, d.run(), new Phase.Ready());
      case Event.Approved(var by) when state instanceof Defined d ->
          new Defined(d.plan(), d.author(), by, d.run(), d.phase());
      case Event.RunBegan(int run, _) when state instanceof Defined d ->
          new Defined(d.plan(), d.author(), null, run, new Phase.Running());
      case Event.RunEnded(int run, var phase) when state instanceof Defined d ->
          new Defined(d.plan(), d.author(), d.approvedBy(), run, phase);
      case Event.Planned _, Event.Approved _, Event.RunBegan _, Event.RunEnded _ ->
          throw new IllegalStateException(event + " after " + state);
    };
  }

  @Override
  public List<OperationRequest> operations(Experiment state) {
    return state instanceof Defined d && running(d)
        ? List.of(
            new OperationRequest(
                "run/" + d.run(), OPERATION, new Experiment.Input(d.plan(), d.run())))
        : List.of();
  }

  @Override
  public Optional<Command> settle(Experiment state, String operation, Outcome outcome) {
    int run = Integer.parseInt(operation.substring(operation.indexOf('/') + 1));
    Phase phase =
        switch (outcome) {
          case Outcome.Done(var data) ->
              new Phase.Ended(Mappers.JSON.convertValue(data.get(REPORT), Report.class));
          case Outcome.Undone(var problem) -> new Phase.Failed(problem);
          case Outcome.FailedInRollback(var problem, _) -> new Phase.Failed(problem);
          case Outcome.Cancelled _ -> new Phase.Cancelled();
        };
    return Optional.of(new Command.RecordEnd(run, phase));
  }

  @Override
  public JsonNode view(Experiment state) {
    return Kinded.words(Mappers.tree(state, Experiment.class));
  }

  @Override
  public JsonNode summary(Experiment state) {
    ObjectNode node = Mappers.JSON.createObjectNode();
    if (!(state instanceof Defined d)) {
      return node.put("state", "absent");
    }
    node.put("name", d.plan().experiment()).put("run", d.run()).put("author", d.author());
    if (d.approvedBy() != null) {
      node.put("approvedBy", d.approvedBy());
    }
    return switch (d.phase()) {
      case Phase.Ready _ -> node.put("state", "ready");
      case Phase.Running _ -> node.put("state", "running").put("operation", "run/" + d.run());
      case Phase.Cancelled _ -> node.put("state", "cancelled");
      case Phase.Failed(var problem) -> node.put("state", "failed").put("problem", problem.code());
      case Phase.Ended(var report) -> {
        node.put("state", "ended").put("verdict", report.verdict().word());
        if (report.rtoMs() != null) {
          node.put("rtoMs", report.rtoMs());
        }
        if (report.rpoLost() != null) {
          node.put("rpoLost", report.rpoLost());
        }
        yield node;
      }
    };
  }
}

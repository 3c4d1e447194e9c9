package io.copyhold.migration.rollout;

import io.copyhold.migration.rollout.Rollout.Check;
import io.copyhold.migration.rollout.Rollout.Probe;
import io.copyhold.migration.schema.HealthSignals;
import io.copyhold.migration.schema.StepPorts;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.journal.Mappers;
import io.copyhold.runtime.operation.Step;
import io.copyhold.runtime.operation.StepContext;
import io.copyhold.runtime.operation.StepResult;
import io.copyhold.tenants.isolation.HomeRef;
import io.copyhold.tenants.isolation.Isolation;
import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * Asks after a wave whether all is well, each check as often as it may; its data has a {@code
 * problem} when one does not hold. Changes nothing.
 */
record Health(StepPorts ports, List<Check> checks, String wave) implements Step {
  private static final String PROBLEM = "problem";

  static String name(String wave) {
    return "health-" + wave;
  }

  /** What the step found. */
  static Optional<Problem> problem(StepContext step, String wave) {
    return step.data(name(wave)).hasNonNull(PROBLEM)
        ? Optional.of(Mappers.JSON.convertValue(step.data(name(wave)).get(PROBLEM), Problem.class))
        : Optional.empty();
  }

  @Override
  public String name() {
    return name(wave);
  }

  @Override
  public StepResult run(StepContext step) {
    List<String> homes = Mappers.JSON.convertValue(step.data(wave), Front.class).probed();
    for (Check check : checks) {
      Optional<String> wrong = ask(check.probe(), homes);
      if (wrong.isPresent()) {
        return step.iteration() + 1 < check.attempts()
            ? StepResult.again(
                Map.of("last", wrong.get()),
                java.time.Duration.ofSeconds(check.everySeconds()),
                0,
                0)
            : StepResult.done(Map.of(PROBLEM, ill(wrong.get(), check)));
      }
    }
    return StepResult.done();
  }

  private Problem ill(String wrong, Check check) {
    return Problem.conflict("health-gate", "after " + wave + ", " + wrong)
        .at(check.probe().getClass().getSimpleName().toLowerCase(Locale.ROOT) + " probe")
        .todo(
            "mend it and approve 'health' to go on all the same, or cancel, and roll back " + wave);
  }

  /** What is wrong, or empty. */
  private Optional<String> ask(Probe probe, List<String> homes) {
    try {
      return switch (probe) {
        case Probe.Sql sql -> sql(sql, homes);
        case Probe.Http(var url, var status) -> {
          int got = ports.signals().status(URI.create(url), HealthSignals.LIMIT);
          yield got == status
              ? Optional.empty()
              : Optional.of(url + " answers " + got + ", expected is " + status);
        }
        case Probe.Metric metric -> metric(metric);
      };
    } catch (ProblemException e) {
      return Optional.of(
          e.problem().where() + ": " + e.problem().what() + " [" + e.problem().code() + "]");
    }
  }

  private Optional<String> sql(Probe.Sql sql, List<String> homes) {
    for (String home : homes.subList(0, Math.min(sql.homes(), homes.size()))) {
      HomeRef ref = ref(home);
      Optional<String> answer =
          ports.stores().get(ref.store()).ask(ref, sql.query(), HealthSignals.LIMIT);
      if (!answer.equals(Optional.of(sql.expected()))) {
        return Optional.of(
            home + " answers " + answer.orElse("nothing") + ", expected is " + sql.expected());
      }
    }
    return Optional.empty();
  }

  private static HomeRef ref(String text) {
    String[] part = text.split("/", 3);
    return new HomeRef(part[0], Isolation.valueOf(part[1].toUpperCase(Locale.ROOT)), part[2]);
  }

  private Optional<String> metric(Probe.Metric metric) {
    OptionalDouble value = ports.signals().metric(metric.name());
    if (value.isEmpty()) {
      return Optional.of("there is no metric " + metric.name());
    }
    double now = value.getAsDouble();
    boolean fine =
        (metric.min() == null || now >= metric.min())
            && (metric.max() == null || now <= metric.max());
    return fine
        ? Optional.empty()
        : Optional.of(
            metric.name()
                + " is "
                + now
                + ", allowed is "
                + (metric.min() == null ? "" : "from " + metric.min() + " ")
                + (metric.max() == null ? "" : "to " + metric.max()));
  }
}

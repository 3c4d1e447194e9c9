package io.copyhold.chaos.architecture;

import com.tngtech.archunit.core.domain.AccessTarget.CodeUnitAccessTarget;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;

/** The members of the JDK that read the wall clock, make randomness, or start and stop threads. */
final class Machine {

  /** Neither waits nor starts anything: how a blocking step keeps an interrupt, and who it is. */
  private static final Set<String> HARMLESS_ON_THREAD =
      Set.of("currentThread", "interrupt", "isInterrupted", "interrupted", "getName");

  private Machine() {}

  /** Whether this call, field access or method reference has such a member as its target. */
  static boolean touchedBy(JavaAccess<?> access) {
    JavaClass owner = access.getTargetOwner();
    String member = access.getTarget().getName();
    boolean constructor = member.equals("<init>");
    boolean bare = parameters(access).isEmpty();
    return switch (owner.getName()) {
      case "java.lang.System" -> Set.of("nanoTime", "currentTimeMillis").contains(member);
      case "java.lang.Math" -> member.equals("random");
      case "java.lang.Thread" -> !HARMLESS_ON_THREAD.contains(member);
      case "java.util.UUID" -> member.equals("randomUUID");
      case "java.util.Date" -> constructor && bare;
      case "java.util.Random", "java.util.SplittableRandom" -> constructor && bare;
      case "java.util.Timer", "java.security.SecureRandom" ->
          constructor || member.equals("getInstanceStrong");
      case "java.util.random.RandomGenerator" -> member.equals("getDefault");
      case "java.util.concurrent.ThreadLocalRandom" -> true;
      case "java.util.concurrent.TimeUnit" -> member.equals("sleep");
      case "java.util.concurrent.ForkJoinPool" -> constructor || member.equals("commonPool");
      case "java.util.concurrent.Executors" -> member.startsWith("new");
      case "java.time.InstantSource" -> member.equals("system");
      case "java.time.Clock" ->
          member.startsWith("system") || (member.startsWith("tick") && !ofClock(access));
      case String name when name.startsWith("java.time.") && member.equals("now") ->
          !ofClock(access);
      case String name when name.startsWith("java.lang.Thread$Builder") -> true;
      case String _ when owner.isAssignableTo(CompletionStage.class) ->
          (member.endsWith("Async") && !parameters(access).contains(Executor.class.getName()))
              || Set.of("orTimeout", "completeOnTimeout").contains(member)
              || member.equals("delayedExecutor");
      default -> false;
    };
  }

  private static boolean ofClock(JavaAccess<?> access) {
    return parameters(access).contains("java.time.Clock");
  }

  private static List<String> parameters(JavaAccess<?> access) {
    return access.getTarget() instanceof CodeUnitAccessTarget unit
        ? unit.getRawParameterTypes().stream().map(JavaClass::getName).toList()
        : List.of();
  }
}

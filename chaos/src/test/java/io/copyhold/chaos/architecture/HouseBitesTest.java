package io.copyhold.chaos.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchRule;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Each rule is held against the planted house that breaks it. */
class HouseBitesTest {

  private static final String ROOT = "io.copyhold.chaos.architecture.planted";
  private static final JavaClasses PLANTED = new ClassFileImporter().importPackages(ROOT);

  private final HouseRules rules = new HouseRules(ROOT);

  @Test
  void anArrowThatPointsUpIsSeen() {
    assertThat(rules.arrowsPointDown().stream().flatMap(rule -> violations(rule).stream()))
        .anyMatch(line -> line.contains("PointsUp") && line.contains("Actorish"));
  }

  @Test
  void aCycleIsSeen() {
    assertThat(violations(rules.packagesFormNoCycle()))
        .anyMatch(line -> line.contains("runtime.one") && line.contains("runtime.two"));
  }

  @Test
  void pekkoInAnEntityIsSeenAlsoInAnEventOfItsOwnFile() {
    assertThat(violations(rules.entitiesArePure(PLANTED)))
        .anyMatch(line -> line.contains("Actorish") && line.contains("ActorRef"))
        .anyMatch(line -> line.contains("Happening") && line.contains("java.sql"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Instant.now()",
        "LocalDate.now(java.time.ZoneId)",
        "Clock.systemUTC()",
        "UUID.randomUUID()",
        "System.nanoTime()",
        "System.currentTimeMillis()",
        "ThreadLocalRandom.current()",
        "Random.<init>()",
        "SecureRandom.<init>()",
        "Math.random()",
        "Thread.<init>(java.lang.Runnable)",
        "Thread.sleep(long)",
        "Thread.startVirtualThread(java.lang.Runnable)",
        "Thread$Builder$OfVirtual.start(java.lang.Runnable)",
        "Executors.newCachedThreadPool()",
        "CompletableFuture.supplyAsync(java.util.function.Supplier)",
        "CompletionStage.thenApplyAsync(java.util.function.Function)",
        "CompletableFuture.orTimeout(long, java.util.concurrent.TimeUnit)"
      })
  void touchingTheMachineIsSeen(String member) {
    assertThat(violations(rules.onlyAdaptersTouchTheMachine()))
        .anyMatch(line -> line.contains("Impatient") && line.contains(member));
  }

  @Test
  void adaptersAndHandedInPortsAreFree() {
    assertThat(violations(rules.onlyAdaptersTouchTheMachine()))
        .noneMatch(line -> line.contains("WallClock"))
        .noneMatch(line -> line.contains("InAdapterPackage"))
        .noneMatch(line -> line.contains("Patient."));
  }

  @Test
  void aPackageWithoutNullMarkedIsSeen() {
    assertThat(violations(rules.packagesAreNullMarked()))
        .anyMatch(line -> line.contains("Actorish"));
  }

  @Test
  void anEmptyNameIsSeen() {
    assertThat(violations(rules.namesSaySomething()))
        .anyMatch(line -> line.contains("ClockManager"));
  }

  private static List<String> violations(ArchRule rule) {
    return rule.evaluate(PLANTED).getFailureReport().getDetails();
  }
}

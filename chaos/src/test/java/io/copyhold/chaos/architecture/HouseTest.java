package io.copyhold.chaos.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchRule;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The rules hold for all that Copyhold ships. */
class HouseTest {

  private static final JavaClasses SHIPPED =
      new ClassFileImporter()
          .withImportOption(
              location -> !location.contains("/test-classes/") && !location.contains("-tests.jar"))
          .importPackages("io.copyhold");

  private final HouseRules rules = new HouseRules("io.copyhold");

  @Test
  void everyModuleIsSeen() {
    assertThat(SHIPPED)
        .extracting(type -> type.getPackageName().split("\\.", 4)[2])
        .containsAll(HouseRules.ARROWS.keySet());
  }

  @TestFactory
  Stream<DynamicTest> arrowsPointDown() {
    return rules.arrowsPointDown().stream()
        .map(rule -> DynamicTest.dynamicTest(rule.getDescription(), () -> rule.check(SHIPPED)));
  }

  @Test
  void packagesFormNoCycle() {
    holds(rules.packagesFormNoCycle());
  }

  @Test
  void entitiesArePure() {
    holds(rules.entitiesArePure(SHIPPED));
  }

  @Test
  void onlyAdaptersTouchTheMachine() {
    holds(rules.onlyAdaptersTouchTheMachine());
  }

  @Test
  void packagesAreNullMarked() {
    holds(rules.packagesAreNullMarked());
  }

  @Test
  void namesSaySomething() {
    holds(rules.namesSaySomething());
  }

  private static void holds(ArchRule rule) {
    rule.check(SHIPPED);
  }
}

package io.copyhold.chaos.architecture;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What holds between the classes below one root package.
 *
 * @param root the package whose direct children are the modules' packages
 */
record HouseRules(String root) {

  /** Which modules each may see besides itself: the arrows, with everything below their tips. */
  static final Map<String, Set<String>> ARROWS =
      Map.of(
          "runtime", Set.of(),
          "config", Set.of("runtime"),
          "tenants", Set.of("config", "runtime"),
          "plugin", Set.of("runtime"),
          "migration", Set.of("tenants", "plugin", "config", "runtime"),
          "failover", Set.of("tenants", "config", "runtime"),
          "http", Set.of("migration", "failover", "plugin", "tenants", "config", "runtime"),
          "chaos",
              Set.of("http", "migration", "failover", "plugin", "tenants", "config", "runtime"));

  /** One rule per module: it sees only what lies downwards. */
  List<ArchRule> arrowsPointDown() {
    var rules = new ArrayList<ArchRule>();
    ARROWS.forEach((module, seen) -> {
      String[] unseen =
          ARROWS.keySet().stream()
              .filter(other -> !other.equals(module) && !seen.contains(other))
              .map(this::below)
              .toArray(String[]::new);
      rules.add(
          noClasses()
              .that()
              .resideInAPackage(below(module))
              .should()
              .dependOnClassesThat()
              .resideInAnyPackage(unseen)
              .allowEmptyShould(true)
              .because("arrows between modules point down (pom.xml)"));
    });
    return rules;
  }

  /** Every package is a slice of its own, so neither siblings nor parent and child form a cycle. */
  ArchRule packagesFormNoCycle() {
    return slices().matching(root + ".(**)").should().beFreeOfCycles().allowEmptyShould(true);
  }

  /**
   * An entity's file, and every type its states, commands and events consist of, is plain data and
   * pure functions.
   */
  ArchRule entitiesArePure(JavaClasses all) {
    Set<String> pure = pureTypes(all);
    return noClasses()
        .that(
            DescribedPredicate.<JavaClass>describe(
                "are an entity's type, state, command or event",
                type -> pure.contains(outermost(type).getName())))
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "org.apache.pekko..", "scala..", "java.sql..", "javax.sql..", "java.nio.file..")
        .allowEmptyShould(true)
        .because("deciding and evolving knows no actor, clock, randomness or I/O");
  }

  /** Time, randomness and threads come in as parameters; only port adapters make them. */
  ArchRule onlyAdaptersTouchTheMachine() {
    return classes()
        .that(DescribedPredicate.not(portAdapter()))
        .should(
            new ArchCondition<JavaClass>("not touch clock, randomness or threads") {
              @Override
              public void check(JavaClass type, ConditionEvents events) {
                type.getAccessesFromSelf().stream()
                    .filter(Machine::touchedBy)
                    .forEach(access ->
                        events.add(SimpleConditionEvent.violated(access, access.getDescription())));
              }
            })
        .allowEmptyShould(true)
        .because("a seeded simulation must be able to drive everything but port adapters");
  }

  /** Null is marked everywhere, so that NullAway's silence means something. */
  ArchRule packagesAreNullMarked() {
    return classes()
        .should(
            new ArchCondition<JavaClass>("live in a package that is @NullMarked") {
              @Override
              public void check(JavaClass type, ConditionEvents events) {
                if (!type.getPackage().isAnnotatedWith("org.jspecify.annotations.NullMarked")) {
                  events.add(
                      SimpleConditionEvent.violated(
                          type,
                          "%s needs a package-info.java with @NullMarked, for %s"
                              .formatted(type.getPackageName(), type.getName())));
                }
              }
            })
        .allowEmptyShould(true);
  }

  /** Names say what a thing is; these four never do. */
  ArchRule namesSaySomething() {
    return noClasses()
        .should()
        .haveNameMatching(".*(Manager|Helper|Utils?|Impl)")
        .allowEmptyShould(true);
  }

  private String below(String module) {
    return root + "." + module + "..";
  }

  private DescribedPredicate<JavaClass> portAdapter() {
    String annotation = root + ".runtime.PortAdapter";
    return resideInAPackage("..adapter..")
        .or(
            DescribedPredicate.describe(
                "annotated with @PortAdapter",
                type -> enclosing(type).anyMatch(around -> around.isAnnotatedWith(annotation))));
  }

  private Set<String> pureTypes(JavaClasses all) {
    String entityType = root + ".runtime.entity.EntityType";
    List<JavaClass> entities =
        all.stream()
            .filter(type -> !type.getName().equals(entityType) && type.isAssignableTo(entityType))
            .toList();
    Set<JavaClass> parts =
        entities.stream()
            .flatMap(type -> type.getInterfaces().stream())
            .filter(implemented -> implemented.toErasure().getName().equals(entityType))
            .flatMap(implemented -> implemented.getAllInvolvedRawTypes().stream())
            .filter(part -> !part.getName().equals(entityType))
            .filter(part -> part.getPackageName().startsWith(root))
            .collect(Collectors.toSet());
    return Stream.concat(
            entities.stream(),
            parts.stream().flatMap(part -> Stream.concat(Stream.of(part), subtypes(part))))
        .map(type -> outermost(type).getName())
        .collect(Collectors.toSet());
  }

  private static Stream<JavaClass> subtypes(JavaClass type) {
    return type.getAllSubclasses().stream();
  }

  private static Stream<JavaClass> enclosing(JavaClass type) {
    return Stream.iterate(
        type, around -> around != null, around -> around.getEnclosingClass().orElse(null));
  }

  private static JavaClass outermost(JavaClass type) {
    return enclosing(type).reduce(type, (_, around) -> around);
  }
}

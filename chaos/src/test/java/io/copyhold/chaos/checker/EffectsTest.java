package io.copyhold.chaos.checker;

import static io.copyhold.chaos.checker.Sample.ACME;
import static io.copyhold.chaos.checker.Sample.entry;
import static org.assertj.core.api.Assertions.assertThat;

import io.copyhold.chaos.checker.Violation.Kind;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.journal.Mappers;
import io.copyhold.runtime.operation.Operation;
import io.copyhold.runtime.operation.Operation.Event;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class EffectsTest {
  private static final EntityRef OPERATION = ACME.operation("provision/1");
  private static final Roll ROLL =
      Sample.roll(
          entry(ACME, 1, Sample.ONBOARDING),
          entry(ACME, 2, Sample.PROVISIONED),
          entry(
              OPERATION,
              1,
              new Event.Started(
                  new Operation.Plan(
                      "tenant/acme",
                      "provision/1",
                      "tenant-provision",
                      "1",
                      Mappers.JSON.createObjectNode(),
                      List.of("one"),
                      null),
                  Instant.EPOCH)),
          entry(
              OPERATION, 2, new Event.AttemptStarted(1, 7, "node-1", "one", false, Instant.EPOCH)));

  private static Book.Applied applied(int position, String checksum) {
    return new Book.Applied(position, String.valueOf(position), checksum, "key-" + position);
  }

  private static Book.Fence fence(long term, long attempt) {
    return new Book.Fence("tenant/acme", OPERATION.toString(), term, attempt);
  }

  private static Book book(String home, int position, List<Book.Applied> ledger, Book.Fence fence) {
    return new Book(
        "store-a",
        "copyhold_homes",
        home,
        "ready",
        "invoicing",
        String.valueOf(position),
        position,
        1,
        ledger,
        List.of(fence));
  }

  private static final List<Book.Applied> WHOLE =
      List.of(applied(1, "x"), applied(2, "y"), applied(3, "z"));

  private static List<Kind> kinds(Book... books) {
    return Effects.check(List.of(books), ROLL, true).violations().stream()
        .map(Violation::kind)
        .toList();
  }

  @Test
  void aHomeAsTheJournalHasItIsAccepted() {
    assertThat(kinds(book("schema/acme", 3, WHOLE, fence(7, 1)))).isEmpty();
  }

  @Test
  void aScriptThatIsMissingIsLost() {
    assertThat(
            kinds(book("schema/acme", 3, List.of(applied(1, "x"), applied(3, "z")), fence(7, 1))))
        .containsExactly(Kind.LOST);
  }

  @Test
  void aScriptThatRanTwiceIsDoubled() {
    assertThat(
            kinds(
                book(
                    "schema/acme",
                    3,
                    List.of(applied(1, "x"), applied(2, "y"), new Book.Applied(3, "2", "y", "k")),
                    fence(7, 1))))
        .containsExactly(Kind.DOUBLED);
  }

  @Test
  void anEffectThatTheJournalNeverIntendedIsSeen() {
    assertThat(kinds(book("schema/acme", 3, WHOLE, fence(7, 2)))).containsExactly(Kind.WRONG);
  }

  @Test
  void aHomeThatIsNobodysIsSeen() {
    assertThat(
            kinds(
                book("schema/acme", 3, WHOLE, fence(7, 1)),
                book("schema/leaked", 3, WHOLE, fence(7, 1))))
        .containsExactly(Kind.WRONG);
  }

  @Test
  void aHomeThatIsGoneIsLost() {
    assertThat(kinds()).containsExactly(Kind.LOST);
  }

  @Test
  void anotherScriptUnderTheSameVersionIsSeen() {
    assertThat(
            kinds(
                book("schema/acme", 3, WHOLE, fence(7, 1)),
                book(
                    "schema/birch",
                    3,
                    List.of(applied(1, "x"), applied(2, "other"), applied(3, "z")),
                    fence(7, 1))))
        .contains(Kind.WRONG)
        .hasSize(2);
  }

  @Test
  void aHomeAtAnotherVersionThanTheJournalSaysIsSeen() {
    assertThat(
            kinds(book("schema/acme", 2, List.of(applied(1, "x"), applied(2, "y")), fence(7, 1))))
        .containsExactly(Kind.WRONG);
  }

  @Test
  void aFenceThatGoesBackIsSeen() {
    FenceWatch watch = new FenceWatch();
    watch.saw(List.of(book("schema/acme", 3, WHOLE, fence(7, 1))));
    watch.saw(List.of(book("schema/acme", 3, WHOLE, fence(8, 2))));
    assertThat(watch.verdict().violations()).isEmpty();
    watch.saw(List.of(book("schema/acme", 3, WHOLE, fence(7, 3))));
    assertThat(watch.verdict().violations()).hasSize(1);
  }
}

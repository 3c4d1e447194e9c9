package io.copyhold.chaos.checker;

import io.copyhold.chaos.checker.Roll.Line;
import io.copyhold.chaos.checker.Roll.Step;
import io.copyhold.chaos.checker.Verdict.Finding;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.operation.Operation.Event;
import io.copyhold.tenants.isolation.HomeRef;
import io.copyhold.tenants.isolation.Isolation;
import io.copyhold.tenants.isolation.Place;
import io.copyhold.tenants.pool.Pool;
import io.copyhold.tenants.store.StoreAddress;
import io.copyhold.tenants.tenant.Home;
import io.copyhold.tenants.tenant.Tenant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Holds what the stores themselves know of their homes against the journal:
 *
 * <ol>
 *   <li>each home's ledger has every script once, in order, and the same script in all homes;
 *   <li>no token was shown to a store that is not the journal's intent of an attempt;
 *   <li>when nothing runs any more, the homes are those of the journal, at its versions: none is
 *       missing, and none is left over.
 * </ol>
 */
public final class Effects {
  private static final String NAME = "effects";
  private static final String READY = "ready";

  /** Its row stays for its fences; its ledger goes. */
  private static final String DROPPED = "dropped";

  private Effects() {}

  /**
   * @param quiet nothing runs any more, so that both sides must agree
   */
  public static Verdict check(List<Book> books, Roll roll, boolean quiet) {
    Finding finding = new Finding(NAME, "effects");
    Map<String, String> checksums = new HashMap<>();
    Set<String> intents = intents(roll);
    for (Book book : books) {
      ledger(book, checksums, finding);
      for (Book.Fence fence : book.fences()) {
        finding.looked();
        String token = token(fence.operation(), fence.term(), fence.attempt());
        if (!intents.contains(token)) {
          finding.wrong(book.name() + " was shown " + token + ", which the journal never intended");
        }
      }
    }
    if (quiet) {
      agree(books, roll, finding);
    }
    return finding.verdict();
  }

  private static void ledger(Book book, Map<String, String> checksums, Finding finding) {
    int position = 0;
    Set<String> versions = new HashSet<>();
    for (Book.Applied applied : book.ledger()) {
      finding.looked();
      if (applied.position() != position + 1) {
        finding.lost(
            "%s has no script %d before %d"
                .formatted(book.name(), position + 1, applied.position()));
      }
      position = applied.position();
      if (!versions.add(applied.version())) {
        finding.doubled(book.name() + " has version " + applied.version() + " more than once");
      }
      String before =
          checksums.putIfAbsent(book.changelog() + " " + applied.version(), applied.checksum());
      if (before != null && !before.equals(applied.checksum())) {
        finding.wrong(book.name() + " has another script of version " + applied.version());
      }
    }
    if (position != book.position() && !book.state().equals(DROPPED)) {
      finding.wrong(
          "%s says position %d, its ledger %d".formatted(book.name(), book.position(), position));
    }
  }

  private static Set<String> intents(Roll roll) {
    Set<String> intents = new HashSet<>();
    for (Line line : roll.lines()) {
      if (line.entity().type().equals(EntityRef.OPERATION)) {
        for (Step step : line.steps()) {
          if (step.stored().event() instanceof Event.AttemptStarted started) {
            intents.add(token(line.entity().toString(), started.term(), started.attempt()));
          }
        }
      }
    }
    return intents;
  }

  private static String token(String operation, long term, long attempt) {
    return operation + " " + term + "." + attempt;
  }

  private static void agree(List<Book> books, Roll roll, Finding finding) {
    Map<String, Book> ready = new HashMap<>();
    for (Book book : books) {
      if (!book.state().equals(DROPPED)) {
        ready.put(book.name(), book);
      }
    }
    for (Line line : roll.lines()) {
      switch (line.state()) {
        case Tenant.Live live when live.home().ref().isolation() != Isolation.POOL ->
            home(line, live.home(), ready.remove(name(live.home().ref())), finding);
        case Tenant.Offboarding offboarding -> ready.remove(name(offboarding.home().ref()));
        case Pool.Open pool ->
            home(line, pool.version(), 1, ready.remove(name(pool.spec().home())), finding);
        default -> {}
      }
    }
    ready.keySet().forEach(home -> finding.wrong(home + " is there, and nobody's"));
  }

  private static void home(Line line, Home home, @Nullable Book book, Finding finding) {
    home(line, String.valueOf(home.version()), home.epoch(), book, finding);
  }

  private static void home(
      Line line, String version, long epoch, @Nullable Book book, Finding finding) {
    finding.looked();
    if (book == null || !book.state().equals(READY)) {
      finding.lost(
          line.entity()
              + " has a home that its store "
              + (book == null ? "lacks" : "has half-made"));
    } else if (!book.version().equals(version) || book.epoch() != epoch) {
      finding.wrong(
          "%s has version %s in epoch %d; its store says %s in epoch %d"
              .formatted(line.entity(), version, epoch, book.version(), book.epoch()));
    }
  }

  private static String name(HomeRef home) {
    return home.store() + "/" + Place.of(home, StoreAddress.SHARED_DATABASE).key();
  }
}

package io.copyhold.tenants.placement;

import io.copyhold.runtime.Problem;
import io.copyhold.runtime.entity.Decision;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * How many places of a store or pool are taken, without a list of who took them. Confirmed holders
 * are counted; open reservations are listed until they are confirmed, withdrawn or lapse. Of the
 * last {@value #RECENT_MAX} holders it is remembered what became of them, so that a repeated
 * request changes nothing.
 *
 * @param holders how many hold a place for good
 * @param used places of those, by size
 * @param open reservations not yet confirmed, at most {@value #OPEN_MAX}
 * @param recent what became of holders, the latest last
 */
public record Reservations(int holders, long used, List<Open> open, List<Recent> recent) {
  public static final int OPEN_MAX = 256;
  public static final int RECENT_MAX = 256;

  /** The longest time a reservation may wait for its confirmation. */
  public static final Duration HOLD_MAX = Duration.ofDays(7);

  /** Whoever finds all {@value #OPEN_MAX} open asks again after this. */
  public static final Duration BUSY = Duration.ofSeconds(2);

  public static final Reservations NONE = new Reservations(0, 0, List.of(), List.of());

  public Reservations {
    open = List.copyOf(open);
    recent = List.copyOf(recent);
  }

  /** A reservation that lapses. */
  public record Open(Claim claim, Instant until) {}

  /**
   * @param held confirmed; otherwise withdrawn, released or lapsed
   */
  public record Recent(String holder, long generation, boolean held) {}

  private enum Standing {
    UNKNOWN,
    OPEN,
    HELD,
    ENDED
  }

  /**
   * What a request causes.
   *
   * @param where whose places: {@code store/eu-1}
   * @param max all places there are
   * @param closed why none is granted now; the request is refused with it
   */
  public Decision<PlaceEntry> decide(
      PlaceRequest request, String where, long max, Optional<Problem> closed, Instant now) {
    Optional<Problem> flaw = request.claim().flaw();
    if (flaw.isPresent()) {
      return Decision.refuse(flaw.get());
    }
    Claim claim = request.claim();
    Standing standing = standing(claim);
    return switch (request) {
      case PlaceRequest.Reserve reserve ->
          switch (standing) {
            case OPEN, HELD -> Decision.accept();
            case ENDED -> Decision.refuse(ended(claim, where));
            case UNKNOWN ->
                closed.isPresent()
                    ? Decision.refuse(closed.get())
                    : reserve(reserve, where, max, now);
          };
      case PlaceRequest.Confirm _ ->
          switch (standing) {
            case OPEN -> Decision.accept(new PlaceEntry.Confirmed(claim));
            case HELD -> Decision.accept();
            case ENDED, UNKNOWN -> Decision.refuse(ended(claim, where));
          };
      case PlaceRequest.Withdraw _ ->
          switch (standing) {
            case OPEN, UNKNOWN -> Decision.accept(new PlaceEntry.Ended(claim, false));
            case HELD -> Decision.accept(new PlaceEntry.Ended(claim, true));
            case ENDED -> Decision.accept();
          };
      case PlaceRequest.Release _ ->
          switch (standing) {
            case OPEN -> Decision.accept(new PlaceEntry.Ended(claim, false));
            case HELD, UNKNOWN -> Decision.accept(new PlaceEntry.Ended(claim, true));
            case ENDED -> Decision.accept();
          };
    };
  }

  private Decision<PlaceEntry> reserve(
      PlaceRequest.Reserve reserve, String where, long max, Instant now) {
    if (used + reserved() + reserve.claim().size() > max) {
      return Decision.refuse(
          Problem.conflict(full(where), "all " + max + " places are taken or reserved")
              .at(where)
              .todo("raise its limit, or choose another"));
    }
    if (open.size() >= OPEN_MAX) {
      return Decision.later(
          BUSY,
          Problem.unavailable("reservations-many", OPEN_MAX + " reservations wait for confirmation")
              .at(where)
              .todo("try again"));
    }
    Duration hold =
        reserve.hold() == null
                || reserve.hold().compareTo(HOLD_MAX) > 0
                || reserve.hold().isNegative()
            ? HOLD_MAX
            : reserve.hold();
    return Decision.accept(new PlaceEntry.Reserved(reserve.claim(), now.plus(hold)));
  }

  /** {@code store-full} or {@code pool-full}. */
  private static String full(String where) {
    return where.substring(0, where.indexOf('/')) + "-full";
  }

  private static Problem ended(Claim claim, String where) {
    return Problem.conflict(
            "reservation-ended",
            "there is no open reservation for generation "
                + claim.generation()
                + " of "
                + claim.holder())
        .at(where)
        .todo("it lapsed or was withdrawn: begin again with a new generation");
  }

  /** Entries that end the reservations whose time is up. */
  public List<PlaceEntry> lapse(Instant now) {
    return open.stream()
        .filter(o -> !o.until().isAfter(now))
        .map(o -> (PlaceEntry) new PlaceEntry.Ended(o.claim(), false))
        .toList();
  }

  /** When the next reservation lapses. */
  public Optional<Instant> nextLapse() {
    return open.stream().map(Open::until).min(Instant::compareTo);
  }

  public Reservations after(PlaceEntry entry) {
    return switch (entry) {
      case PlaceEntry.Reserved(var claim, var until) -> {
        List<Open> next = new ArrayList<>(open);
        next.add(new Open(claim, until));
        yield new Reservations(holders, used, next, recent);
      }
      case PlaceEntry.Confirmed(var claim) ->
          new Reservations(holders + 1, used + claim.size(), without(claim), remember(claim, true));
      case PlaceEntry.Ended(var claim, var held) ->
          new Reservations(
              held ? Math.max(0, holders - 1) : holders,
              held ? Math.max(0, used - claim.size()) : used,
              without(claim),
              remember(claim, false));
    };
  }

  /** Places that open reservations hold. */
  public long reserved() {
    return open.stream().mapToLong(o -> o.claim().size()).sum();
  }

  public boolean empty() {
    return holders == 0 && open.isEmpty();
  }

  private Standing standing(Claim claim) {
    if (open.stream().anyMatch(o -> o.claim().same(claim))) {
      return Standing.OPEN;
    }
    return recent.stream()
        .filter(r -> r.holder().equals(claim.holder()) && r.generation() == claim.generation())
        .findFirst()
        .map(r -> r.held() ? Standing.HELD : Standing.ENDED)
        .orElse(Standing.UNKNOWN);
  }

  private List<Open> without(Claim claim) {
    return open.stream().filter(o -> !o.claim().same(claim)).toList();
  }

  private List<Recent> remember(Claim claim, boolean held) {
    List<Recent> next = new ArrayList<>(recent);
    next.removeIf(r -> r.holder().equals(claim.holder()) && r.generation() == claim.generation());
    next.add(new Recent(claim.holder(), claim.generation(), held));
    return next.subList(Math.max(0, next.size() - RECENT_MAX), next.size());
  }
}

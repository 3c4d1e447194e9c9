package io.copyhold.runtime.entity;

import io.copyhold.runtime.EntityRef;
import java.util.ArrayDeque;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What this node has seen of entities whose replay fails. A cache: the verdict is journaled by
 * {@link Quarantine}, and a node that knows nothing finds out by failing as often again.
 *
 * <p>An entity whose replay ends the node itself leaves nobody to count. Therefore, for a while
 * after a node was lost:
 *
 * <ol>
 *   <li>each replay is noted before it begins, and the note goes when it ended;
 *   <li>an entity found noted by a node that died is under suspicion: of those, one at a time is
 *       replayed, and each of its events is noted before it is folded, so that a second death
 *       leaves the name of one entity and one event;
 *   <li>an entity noted by two dead nodes in a row is not replayed any more.
 * </ol>
 *
 * So it costs three nodes at most: one before anybody suspected anything, one among others under
 * way, and one alone. Thread-safe.
 */
public final class Quarantines {
  /** Nodes that died in a row, with the same replay under way, before it is condemned. */
  static final int DEATHS_MAX = 2;

  /** Stands for failures that nobody was left to count. */
  private static final int DEADLY_FAILURES = Integer.MAX_VALUE;

  private static final int UNREAD_MAX = 1_000;

  private static final String DEADLY = "replaying it ended its node";

  /**
   * @param skips what an operator has said to pass over
   */
  record Case(int failures, long version, boolean tooNew, String cause, Skips skips) {}

  private final InHand inHand;
  private final Predicate<EntityRef> poisoned;
  private final Map<EntityRef, Case> cases = new ConcurrentHashMap<>();
  private final Set<EntityRef> noted = ConcurrentHashMap.newKeySet();
  private final ArrayDeque<Turn> turns = new ArrayDeque<>();
  private volatile @Nullable EntityRef suspect;
  private final Set<EntityRef> unread = ConcurrentHashMap.newKeySet();
  private final LongAdder tooNew = new LongAdder();

  private record Turn(EntityRef entity, CompletableFuture<Boolean> comes) {}

  /** Without notes: a replay that ends the node is not found out. */
  public Quarantines() {
    this(InHand.NONE);
  }

  public Quarantines(InHand inHand) {
    this(inHand, _ -> false);
  }

  /**
   * @param poisoned whose events are to be taken for unreadable, for as long as that says so
   */
  public Quarantines(InHand inHand, Predicate<EntityRef> poisoned) {
    this.inHand = inHand;
    this.poisoned = poisoned;
  }

  /** Replays on this node that met an event of a newer version. */
  public long tooNewSoFar() {
    return tooNew.sum();
  }

  /** Entities, some of them when there are very many, that met an event of a newer version here. */
  public Set<EntityRef> tooNew() {
    return Set.copyOf(unread);
  }

  /** A replay failed at an event. */
  void failed(EntityRef entity, PoisonEvent poison) {
    if (poison.tooNew()) {
      tooNew.increment();
      if (unread.size() < UNREAD_MAX) {
        unread.add(entity);
      }
    }
    cases.merge(
        entity,
        new Case(
            1, poison.version(), poison.tooNew(), String.valueOf(poison.getMessage()), Skips.NONE),
        (old, fresh) ->
            new Case(
                old.version() == fresh.version() ? old.failures() + 1 : 1,
                fresh.version(),
                fresh.tooNew(),
                fresh.cause(),
                old.skips()));
  }

  @Nullable Case find(EntityRef entity) {
    Case found = cases.get(entity);
    InHand.Note note = inHand.condemned(entity);
    return note == null
            || (found != null && (found.failures() > 0 || found.skips().contains(note.version())))
        ? found
        : condemn(entity, note);
  }

  /** The case of an entity that ended its nodes. */
  Case condemn(EntityRef entity, InHand.Note note) {
    Case known = cases.get(entity);
    Case deadly =
        new Case(
            DEADLY_FAILURES,
            Math.max(1, note.version()),
            false,
            DEADLY + ", " + note.deaths() + " times in a row",
            known == null ? Skips.NONE : known.skips());
    cases.put(entity, deadly);
    noted.remove(entity); // the note stays
    return deadly;
  }

  /** The event that must not be folded again, or 0. */
  long deadlyVersion(EntityRef entity) {
    InHand.Note note = inHand.condemned(entity);
    return note == null ? 0 : Math.max(1, note.version());
  }

  Skips skips(EntityRef entity) {
    Case found = cases.get(entity);
    return found == null ? Skips.NONE : found.skips();
  }

  /** Let it try again, passing over {@code skips}. */
  void release(EntityRef entity, Skips skips) {
    Case before = cases.get(entity);
    if (skips.isEmpty()) {
      cases.remove(entity);
    } else {
      cases.put(entity, new Case(0, 0, false, "", skips));
    }
    if (before != null
        && before.failures() == DEADLY_FAILURES
        && !skips.contains(before.version())) {
      inHand.forget(entity); // otherwise the note stays: what is passed over stays deadly
    }
  }

  /** Whether a replay is to be noted before it begins. */
  boolean careful() {
    return inHand.careful();
  }

  /** Completes when the replay that is about to begin is noted. */
  CompletionStage<InHand.Note> enter(EntityRef entity) {
    noted.add(entity);
    return inHand.enter(entity);
  }

  /** Completes when this entity under suspicion is the one whose turn it is. */
  CompletionStage<Boolean> turn(EntityRef entity) {
    Turn mine = new Turn(entity, new CompletableFuture<>());
    synchronized (turns) {
      turns.add(mine);
    }
    next();
    return mine.comes().thenCompose(_ -> inHand.alone(entity));
  }

  private void next() {
    Turn first;
    synchronized (turns) {
      if (suspect != null || turns.isEmpty()) {
        return;
      }
      first = turns.removeFirst();
      suspect = first.entity();
    }
    first.comes().complete(true);
  }

  /**
   * Before an event is folded; blocks for the one entity whose turn it is, so that it is noted.
   *
   * @throws PoisonEvent it is to be taken for unreadable
   */
  void folding(EntityRef entity, long version) {
    if (poisoned.test(entity)) {
      throw new PoisonEvent(version, false, "poisoned on purpose", null);
    }
    if (entity.equals(suspect)) {
      inHand.at(entity, version);
    }
  }

  /** The replay has ended, well or not, or was given up. */
  void replayed(EntityRef entity) {
    if (!noted.remove(entity)) {
      return;
    }
    inHand.leave(entity);
    synchronized (turns) {
      turns.removeIf(turn -> turn.entity().equals(entity));
      if (entity.equals(suspect)) {
        suspect = null;
      }
    }
    next();
  }

  /** Entities in quarantine on this node, for health. */
  public int size(int failuresMin) {
    return (int) cases.values().stream().filter(c -> c.failures() >= failuresMin).count();
  }
}

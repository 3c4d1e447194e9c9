package io.copyhold.failover.divergence;

import com.fasterxml.jackson.databind.JsonNode;
import io.copyhold.runtime.Await;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Origin;
import io.copyhold.runtime.PortAdapter;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.entity.Entities;
import io.copyhold.runtime.entity.Reply;
import io.copyhold.runtime.journal.Timeline;
import io.copyhold.runtime.journal.Timelines;
import io.copyhold.tenants.divergence.Evidence;
import io.copyhold.tenants.pool.Pool;
import io.copyhold.tenants.store.DataStore;
import io.copyhold.tenants.store.DataStores;
import io.copyhold.tenants.store.HomeRecord;
import io.copyhold.tenants.store.Store;
import io.copyhold.tenants.tenant.Tenant;
import io.copyhold.tenants.tenant.TenantCommand;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * After the control database went back in time, or may have:
 *
 * <ol>
 *   <li>No owner of homes takes a command, and no home takes a write of the new timeline, until
 *       they have been compared.
 *   <li>One node reads what every store has written down of its homes, and holds each owner's share
 *       against the owner. The owner itself decides whether it is diverged, and journals it.
 *   <li>Where they agree, that is written into the home, which from then on takes writes.
 *   <li>Owners whose store cannot be reached wait; all others go on.
 * </ol>
 *
 * Everything may be repeated, and crash anywhere.
 */
@PortAdapter
public final class Verification implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Verification.class);
  private static final Origin ORIGIN = Origin.of("control:verification");
  private static final Set<String> OWNERS = Set.of(Tenant.TYPE.name(), Pool.TYPE.name());

  private final Timelines timelines;
  private final VerificationSettings settings;
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("verification").factory());
  private volatile Standing standing;
  private @Nullable Entities entities;
  private @Nullable DataStores stores;
  private Runnable changed = () -> {};
  private long passAfter;

  /**
   * What this node knows.
   *
   * @param done owners that were compared; of no interest once all were
   * @param seen every store was tried at least once: who has no home in any may begin anew
   */
  private record Standing(Timeline timeline, Set<EntityRef> done, boolean seen, int waiting) {}

  /** Looks at which timeline is under way; blocks. */
  public Verification(Timelines timelines, VerificationSettings settings) {
    this.timelines = timelines;
    this.settings = settings;
    Timeline now = timelines.current();
    this.standing = new Standing(now, done(now), false, 0);
  }

  /**
   * Begins to look and compare.
   *
   * @param newTimeline called when one began while this node ran: what it keeps may be ahead of the
   *     journal
   */
  public void start(Entities all, DataStores dataStores, Runnable newTimeline) {
    entities = all;
    stores = dataStores;
    changed = newTimeline;
    timer.scheduleWithFixedDelay(this::look, 0, settings.look().toMillis(), TimeUnit.MILLISECONDS);
  }

  public Timeline timeline() {
    return standing.timeline();
  }

  /** Owners that could not be compared yet. */
  public int waiting() {
    return standing.waiting();
  }

  /** Why an entity takes no command now, or null. Cheap. */
  public @Nullable Problem unverified(EntityRef entity) {
    Standing now = standing;
    if (now.timeline().verified() != null
        || !OWNERS.contains(entity.type())
        || now.done().contains(entity)) {
      return null;
    }
    return Problem.unavailable(
            "unverified",
            "the control database was put back or failed over, and "
                + entity
                + " has not been compared with its home since")
        .at(entity.toString())
        .todo("repeat it; if this lasts, look at the stores: copyhold control status");
  }

  private Set<EntityRef> done(Timeline timeline) {
    return timeline.verified() == null ? timelines.verified(timeline.floor()) : Set.of();
  }

  private void look() {
    try {
      Timeline now = timelines.current();
      Standing before = standing;
      boolean fresh = now.floor() != before.timeline().floor();
      if (fresh) {
        log.atWarn()
            .addKeyValue("timeline", now.floor())
            .addKeyValue("server", now.server())
            .log("the control database is on another timeline; homes are compared");
        passAfter = 0;
      }
      if (fresh || now.verified() == null || before.timeline().verified() == null) {
        standing =
            new Standing(now, done(now), !fresh && before.seen(), fresh ? 0 : before.waiting());
      }
      if (fresh) {
        changed.run();
      }
      if (now.verified() == null && System.nanoTime() - passAfter >= 0) {
        timelines.alone(() -> pass(now.floor()));
        passAfter = System.nanoTime() + settings.again().toNanos();
        Timeline after = timelines.current();
        standing = new Standing(after, done(after), true, standing.waiting());
      }
    } catch (RuntimeException e) {
      log.atWarn().setCause(e).log("homes not compared; tried again");
    }
  }

  /** What the stores said, and which of them said nothing. */
  private record Heard(List<HomeRecord> homes, Set<String> silent) {}

  private void pass(long floor) {
    Heard heard = hear();
    Rolls rolls = Rolls.of(floor, heard.homes(), timelines);
    Set<EntityRef> owners = new LinkedHashSet<>(timelines.entities(Pool.TYPE.name()));
    owners.addAll(timelines.entities(Tenant.TYPE.name()));
    rolls.homes().keySet().stream().filter(o -> OWNERS.contains(o.type())).forEach(owners::add);
    owners.removeAll(timelines.verified(floor));
    List<EntityRef> batch = new ArrayList<>();
    int waiting = 0;
    int diverged = 0;
    for (EntityRef owner : owners) {
      if (!heard.silent().isEmpty() && rolls.of(owner).isEmpty() && lives(owner, heard.silent())) {
        waiting++;
        continue;
      }
      Reply reply = ask(owner, verify(owner, rolls.evidence(owner)));
      if (!(reply instanceof Reply.Applied applied)) {
        waiting++;
        log.atWarn().addKeyValue("owner", owner).log("not compared with its home: {}", reply);
        continue;
      }
      if (diverged(applied.view())) {
        diverged++;
      } else {
        confirm(owner, rolls, 0);
      }
      batch.add(owner);
      if (batch.size() == settings.batch()) {
        timelines.verified(batch, floor);
        batch.clear();
      }
    }
    timelines.verified(batch, floor);
    if (waiting == 0 && heard.silent().isEmpty()) {
      timelines.allVerified(floor);
    }
    standing = new Standing(standing.timeline(), standing.done(), true, waiting);
    log.atWarn()
        .addKeyValue("timeline", floor)
        .addKeyValue("owners", owners.size())
        .addKeyValue("diverged", diverged)
        .addKeyValue("waiting", waiting)
        .addKeyValue("storesSilent", heard.silent())
        .log("owners compared with their homes");
  }

  private Heard hear() {
    List<HomeRecord> homes = new ArrayList<>();
    Set<String> silent = new HashSet<>();
    for (EntityRef store : timelines.entities(Store.TYPE.name())) {
      try {
        if (registered(store)) {
          homes.addAll(store(store.id()).roll());
        }
      } catch (ProblemException e) {
        silent.add(store.id());
        log.atWarn()
            .addKeyValue("store", store.id())
            .log("its homes cannot be compared now: {}", e.problem());
      }
    }
    return new Heard(homes, silent);
  }

  private boolean registered(EntityRef store) {
    return switch (read(store)) {
      case Reply.Applied applied -> applied.view().path("registration").isObject();
      case Reply.Refused _ -> false;
      case Reply.NotNow(_, _, var problem) -> throw new ProblemException(problem);
    };
  }

  /** By what its owner says of itself. */
  private boolean lives(EntityRef owner, Set<String> silent) {
    if (!(read(owner) instanceof Reply.Applied applied)) {
      return true;
    }
    JsonNode view = applied.view();
    return silent.contains(view.path("home").path("ref").path("store").asText())
        || silent.contains(view.path("spec").path("store").asText());
  }

  private static boolean diverged(JsonNode summary) {
    return summary.path("state").asText().equals("diverged");
  }

  private static Object verify(EntityRef owner, Evidence evidence) {
    return owner.type().equals(Tenant.TYPE.name())
        ? new TenantCommand.Verify(evidence)
        : new Pool.Command.Verify(evidence);
  }

  /** Writes into its homes that it agrees with them. */
  private void confirm(EntityRef owner, Rolls rolls, long epoch) {
    for (HomeRecord home : rolls.of(owner)) {
      store(home.home().store())
          .confirm(home, Rolls.memberOf(home, owner), rolls.timeline(), epoch);
    }
  }

  /**
   * An owner's homes as they are now, held against the owner once more.
   *
   * @throws ProblemException a store cannot be reached
   */
  Rolls again(EntityRef owner) {
    Heard heard = hear();
    if (!heard.silent().isEmpty()) {
      throw new ProblemException(
          Problem.unavailable("store-silent", "stores cannot be reached: " + heard.silent())
              .at(owner.toString())
              .todo("mend them first: the home may be there"));
    }
    return Rolls.of(timeline().floor(), heard.homes(), timelines);
  }

  /** After it was reconciled: its homes take its writes, and nobody's who is older. */
  void agreed(EntityRef owner, Rolls rolls, long epoch) {
    confirm(owner, rolls, epoch);
    timelines.verified(List.of(owner), rolls.timeline());
  }

  Reply verify(EntityRef owner, Rolls rolls) {
    return ask(owner, verify(owner, rolls.evidence(owner)));
  }

  /** Begins a new timeline by an operator's word. */
  public Timeline begin() {
    return timelines.begin();
  }

  private DataStore store(String id) {
    if (stores == null) {
      throw new IllegalStateException("not started");
    }
    return stores.get(id);
  }

  private Reply read(EntityRef entity) {
    return Await.answer(entities().read(entity), away(entity));
  }

  private Reply ask(EntityRef entity, Object command) {
    return Await.answer(entities().ask(entity, command, ORIGIN), away(entity));
  }

  private Entities entities() {
    if (entities == null) {
      throw new IllegalStateException("not started");
    }
    return entities;
  }

  private static Problem away(EntityRef entity) {
    return Problem.unavailable("not-reached", entity + " could not be reached");
  }

  @Override
  public void close() {
    timer.shutdownNow();
  }
}

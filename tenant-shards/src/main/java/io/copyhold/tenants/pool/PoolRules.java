package io.copyhold.tenants.pool;

import io.copyhold.runtime.Problem;
import io.copyhold.runtime.entity.Decision;
import io.copyhold.tenants.Fields;
import io.copyhold.tenants.changelog.Migration;
import io.copyhold.tenants.changelog.Target;
import io.copyhold.tenants.placement.PlaceEntry;
import io.copyhold.tenants.placement.PlaceRequest;
import io.copyhold.tenants.placement.Reservations;
import io.copyhold.tenants.pool.Pool.Absent;
import io.copyhold.tenants.pool.Pool.Command;
import io.copyhold.tenants.pool.Pool.CreateFailed;
import io.copyhold.tenants.pool.Pool.Creating;
import io.copyhold.tenants.pool.Pool.Diverged;
import io.copyhold.tenants.pool.Pool.Dropping;
import io.copyhold.tenants.pool.Pool.Event;
import io.copyhold.tenants.pool.Pool.Open;
import io.copyhold.tenants.pool.Pool.Spec;
import io.copyhold.tenants.store.Turn;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What commands do to a {@link Pool}, and what events make of it. */
final class PoolRules {
  static final int MEMBERS_MAX = 100_000;

  private PoolRules() {}

  static Decision<Event> decide(Pool pool, Command command, Instant now) {
    return pool instanceof Diverged diverged
            && !(command instanceof Command.Verify)
            && !(command instanceof Command.Reconcile)
        ? PoolDivergence.decide(diverged, command)
        : decideAgreed(pool, command, now);
  }

  private static Decision<Event> decideAgreed(Pool pool, Command command, Instant now) {
    return switch (command) {
      case Command.Verify(var evidence) -> PoolDivergence.verify(pool, evidence);
      case Command.Reconcile(var spec) -> PoolDivergence.reconcile(pool, spec);
      case Command.Create(var spec) -> create(pool, spec);
      case Command.Place(var request) -> place(pool, request, now);
      case Command.Lapse _ ->
          pool instanceof Open open
              ? Decision.accept(events(open.members().lapse(now)))
              : Decision.accept();
      case Command.MigrateTo(var target, var request) -> migrate(pool, target, null, request);
      case Command.TakeBack(var target, var under, var request) ->
          migrate(pool, target, under == null ? "" : under, request);
      case Command.AcceptShape(var target, var digest, var request) ->
          accept(pool, target, digest, request);
      case Command.TurnVersion(var target, var turn, var request) ->
          turn(pool, target, turn, request);
      case Command.Drop _ -> drop(pool);
      case Command.RecordCreated(var serial) ->
          pool instanceof Creating c && c.serial() == serial
              ? Decision.accept(new Event.Created(serial))
              : Decision.accept();
      case Command.RecordCreateFailed(var serial, var problem, var leftovers) ->
          pool instanceof Creating c && c.serial() == serial
                  || pool instanceof CreateFailed f
                      && f.serial() == serial
                      && f.leftovers()
                      && !leftovers
              ? Decision.accept(new Event.CreateFailed(serial, problem, leftovers))
              : Decision.accept();
      case Command.RecordMigrated(var serial) ->
          pool instanceof Open o && o.migration() != null && o.serial() == serial
              ? Decision.accept(new Event.Migrated(serial, o.migration().version()))
              : Decision.accept();
      case Command.RecordMigrateFailed(var serial, var problem) ->
          pool instanceof Open o && o.migration() != null && o.serial() == serial
              ? Decision.accept(new Event.MigrateFailed(serial, problem))
              : Decision.accept();
      case Command.RecordDropped(var serial) ->
          pool instanceof Dropping d && d.serial() == serial
              ? Decision.accept(new Event.Dropped(serial))
              : Decision.accept();
      case Command.RecordDropFailed(var serial, var problem) ->
          pool instanceof Dropping d && d.serial() == serial && d.problem() == null
              ? Decision.accept(new Event.DropFailed(serial, problem))
              : Decision.accept();
    };
  }

  private static Decision<Event> create(Pool pool, @Nullable Spec spec) {
    Optional<Problem> flaw = flaw(spec);
    if (spec == null || flaw.isPresent()) {
      return Decision.refuse(flaw.orElseThrow());
    }
    return switch (pool) {
      case Absent(var serial) -> Decision.accept(new Event.CreateStarted(spec, serial + 1));
      case CreateFailed(_, var serial, _, var leftovers) ->
          leftovers
              ? Decision.refuse(
                  Problem.conflict("leftovers", "the last attempt could not be undone")
                      .at("operation/pool/" + spec.pool() + "/create/" + serial)
                      .todo("retry that operation until its undo goes through"))
              : Decision.accept(new Event.CreateStarted(spec, serial + 1));
      case Creating(var there, _) -> again(there, spec);
      case Open(var there, _, _, _, _, _, _, _) -> again(there, spec);
      case Diverged d -> Decision.refuse(PoolDivergence.problem(d));
      case Dropping _ ->
          Decision.refuse(
              Problem.conflict("pool-dropping", "the pool is being dropped")
                  .at("pool/" + spec.pool())
                  .todo("wait until it is gone, or choose another id"));
    };
  }

  private static Decision<Event> again(Spec there, Spec spec) {
    return there.equals(spec)
        ? Decision.accept()
        : Decision.refuse(
            Problem.conflict(
                    "pool-exists",
                    "the pool exists with another "
                        + Fields.difference(there, spec).orElse("specification"))
                .at("pool/" + spec.pool())
                .todo("create it under another id"));
  }

  static Optional<Problem> flaw(@Nullable Spec spec) {
    if (spec == null) {
      return Optional.of(
          Problem.invalid("field-missing", "spec is missing").at("spec").todo("give it"));
    }
    String target = Target.flaw(spec.target());
    return Fields.check()
        .id("pool", spec.pool())
        .id("store", spec.store())
        .word("region", spec.region())
        .word("tier", spec.tier())
        .that(
            target == null,
            "target",
            "target-form",
            String.valueOf(target),
            "take it from the changelog")
        .that(
            target != null || spec.target().poolable(),
            "target",
            "changelog-not-poolable",
            "the changelog has scripts that are not fit for shared tables",
            "choose a poolable changelog; its tables carry the tenant in every key")
        .range("membersMax", spec.membersMax(), 1, MEMBERS_MAX)
        .tags(spec.tags())
        .problem();
  }

  private static Decision<Event> place(Pool pool, @Nullable PlaceRequest request, Instant now) {
    if (request == null) {
      return Decision.refuse(
          Problem.invalid("request-missing", "the request is missing")
              .at("request")
              .todo("give it"));
    }
    if (!(pool instanceof Open open)) {
      // Taking back what was never granted needs no pool.
      return request instanceof PlaceRequest.Withdraw || request instanceof PlaceRequest.Release
          ? Decision.accept()
          : Decision.refuse(notOpen(pool));
    }
    String where = "pool/" + open.spec().pool();
    if (open.migration() != null && request instanceof PlaceRequest.Reserve) {
      return Decision.later(
          Reservations.BUSY, Migration.claimed(where, "migrate/" + open.serial()));
    }
    return switch (open.members()
        .decide(request, where, open.spec().membersMax(), Optional.empty(), now)) {
      case Decision.Accept<PlaceEntry>(var entries) -> Decision.accept(events(entries));
      case Decision.Refuse<PlaceEntry>(var problem) -> Decision.refuse(problem);
      case Decision.Later<PlaceEntry>(var after, var problem) -> Decision.later(after, problem);
    };
  }

  private static List<Event> events(List<PlaceEntry> entries) {
    List<Event> events = new ArrayList<>();
    entries.forEach(entry -> events.add(new Event.Placed(entry)));
    return events;
  }

  /**
   * @param under whose migrations are taken back; null for the way forward
   */
  private static Decision<Event> migrate(
      Pool pool, @Nullable Target target, @Nullable String under, @Nullable String request) {
    if (!(pool instanceof Open open)) {
      return Decision.refuse(notOpen(pool));
    }
    String where = "pool/" + open.spec().pool();
    String claim = open.migration() == null ? null : "migrate/" + open.serial();
    Decision<Migration> decision =
        under == null
            ? Migration.decide(
                where,
                open.spec().target().changelog(),
                open.version(),
                claim,
                open.migration(),
                open.failure(),
                target,
                request)
            : Migration.takeBack(
                where,
                open.spec().target().changelog(),
                open.version(),
                claim,
                open.migration(),
                open.failure(),
                open.arrival(),
                target,
                under,
                request);
    return started(open, decision);
  }

  private static Decision<Event> accept(
      Pool pool, @Nullable Target target, @Nullable String digest, @Nullable String request) {
    if (!(pool instanceof Open open)) {
      return Decision.refuse(notOpen(pool));
    }
    return started(
        open,
        Migration.accept(
            "pool/" + open.spec().pool(),
            open.spec().target().changelog(),
            open.version(),
            open.migration() == null ? null : "migrate/" + open.serial(),
            open.migration(),
            target,
            digest,
            request));
  }

  private static Decision<Event> turn(
      Pool pool, @Nullable Target target, @Nullable Turn turn, @Nullable String request) {
    if (!(pool instanceof Open open)) {
      return Decision.refuse(notOpen(pool));
    }
    return started(
        open,
        Migration.turn(
            "pool/" + open.spec().pool(),
            open.spec().target().changelog(),
            open.version(),
            open.migration() == null ? null : "migrate/" + open.serial(),
            open.migration(),
            open.failure(),
            target,
            turn,
            request));
  }

  private static Decision<Event> started(Open open, Decision<Migration> decision) {
    return switch (decision) {
      case Decision.Accept<Migration>(var start) when start.isEmpty() -> Decision.accept();
      case Decision.Accept<Migration>(var start) when !start.getFirst().target().poolable() ->
          Decision.refuse(
              Problem.conflict(
                      "changelog-not-poolable",
                      "the changelog has scripts that are not fit for shared tables")
                  .at("pool/" + open.spec().pool())
                  .todo("migrate it to a version before them, or move its tenants out"));
      case Decision.Accept<Migration>(var start) ->
          Decision.accept(new Event.MigrateStarted(start.getFirst(), open.serial() + 1));
      case Decision.Refuse<Migration>(var problem) -> Decision.refuse(problem);
      case Decision.Later<Migration>(var after, var problem) -> Decision.later(after, problem);
    };
  }

  private static Decision<Event> drop(Pool pool) {
    return switch (pool) {
      case Absent _ -> Decision.accept();
      case Diverged d -> Decision.refuse(PoolDivergence.problem(d));
      case Dropping d ->
          d.problem() == null
              ? Decision.accept()
              : Decision.accept(new Event.DropStarted(d.serial() + 1));
      case CreateFailed f ->
          f.leftovers()
              ? Decision.refuse(
                  Problem.conflict("leftovers", "the creation could not be undone")
                      .at("operation/pool/" + f.spec().pool() + "/create/" + f.serial())
                      .todo("retry that operation until its undo goes through"))
              : Decision.accept(new Event.Dropped(f.serial()));
      case Creating c ->
          Decision.later(
              Migration.BUSY, Migration.claimed("pool/" + c.spec().pool(), "create/" + c.serial()));
      case Open o when o.migration() != null ->
          Decision.later(
              Migration.BUSY,
              Migration.claimed("pool/" + o.spec().pool(), "migrate/" + o.serial()));
      case Open o ->
          o.members().empty()
              ? Decision.accept(new Event.DropStarted(o.serial() + 1))
              : Decision.refuse(
                  Problem.conflict(
                          "pool-in-use", "the pool has " + o.members().holders() + " members")
                      .at("pool/" + o.spec().pool())
                      .todo("offboard or move them first"));
    };
  }

  private static Problem notOpen(Pool pool) {
    return switch (pool) {
      case Absent _ ->
          Problem.notFound("pool-unknown", "there is no such pool").todo("create it first");
      case Creating c ->
          Problem.conflict("pool-not-open", "the pool is being created")
              .at("pool/" + c.spec().pool())
              .todo("wait for operation create/" + c.serial());
      case CreateFailed f ->
          Problem.conflict("pool-not-open", "its creation failed: " + f.problem().what())
              .at("pool/" + f.spec().pool())
              .todo("create it again");
      case Dropping d ->
          Problem.conflict("pool-not-open", "the pool is being dropped")
              .at("pool/" + d.spec().pool())
              .todo("choose another pool");
      case Diverged d -> PoolDivergence.problem(d);
      case Open _ -> throw new IllegalStateException("it is open");
    };
  }

  static Pool evolve(Pool pool, Event event) {
    return switch (event) {
      case Event.Diverged(var evidence, var findings) ->
          new Diverged(pool instanceof Diverged d ? d.before() : pool, evidence, findings);
      case Event.Reconciled reconciled when pool instanceof Diverged d ->
          PoolDivergence.evolve(d, reconciled);
      case Event.CreateStarted(var spec, var serial)
          when pool instanceof Absent || pool instanceof CreateFailed ->
          new Creating(spec, serial);
      case Event.Created(var serial) when pool instanceof Creating(var spec, _) ->
          new Open(
              spec, spec.target().version(), serial, serial, Reservations.NONE, null, null, null);
      case Event.CreateFailed(var serial, var problem, var leftovers)
          when pool instanceof Creating(var spec, _) ->
          new CreateFailed(spec, serial, problem, leftovers);
      case Event.CreateFailed(var serial, var problem, var leftovers)
          when pool instanceof CreateFailed(var spec, _, _, _) ->
          new CreateFailed(spec, serial, problem, leftovers);
      case Event.Placed(var entry) when pool instanceof Open o ->
          new Open(
              o.spec(),
              o.version(),
              o.birth(),
              o.serial(),
              o.members().after(entry),
              o.migration(),
              o.failure(),
              o.arrival());
      case Event.MigrateStarted(var migration, var serial) when pool instanceof Open o ->
          new Open(
              o.spec(),
              o.version(),
              o.birth(),
              serial,
              o.members(),
              migration,
              o.failure(),
              o.arrival());
      case Event.Migrated(_, var version) when pool instanceof Open o ->
          new Open(
              o.spec(),
              version,
              o.birth(),
              o.serial(),
              o.members(),
              null,
              o.migration() != null && !o.migration().moves() ? o.failure() : null,
              o.migration() == null ? null : o.migration().arrival(o.version(), o.arrival()));
      case Event.MigrateFailed(_, var problem)
          when pool instanceof Open o && o.migration() instanceof Migration m ->
          new Open(
              o.spec(),
              o.version(),
              o.birth(),
              o.serial(),
              o.members(),
              null,
              new Migration.Failure(m.version(), m.request(), problem),
              o.arrival());
      case Event.DropStarted(var serial) when pool instanceof Open o ->
          new Dropping(o.spec(), o.birth(), serial, null);
      case Event.DropStarted(var serial) when pool instanceof Dropping d ->
          new Dropping(d.spec(), d.birth(), serial, null);
      case Event.DropFailed(var serial, var problem) when pool instanceof Dropping d ->
          new Dropping(d.spec(), d.birth(), serial, problem);
      case Event.Dropped(var serial)
          when pool instanceof Dropping || pool instanceof CreateFailed ->
          new Absent(serial);
      case Event.CreateStarted _,
          Event.Created _,
          Event.CreateFailed _,
          Event.Placed _,
          Event.MigrateStarted _,
          Event.Migrated _,
          Event.MigrateFailed _,
          Event.DropStarted _,
          Event.DropFailed _,
          Event.Dropped _,
          Event.Reconciled _ ->
          throw new IllegalStateException(event + " after " + pool);
    };
  }
}

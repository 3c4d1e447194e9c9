package io.copyhold.chaos.simulation;

import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.agenda.Agenda;
import io.copyhold.runtime.agenda.Agenda.Due;
import io.copyhold.runtime.journal.Journaled;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * The agenda of all nodes, on the loop's time. Each node has its own view of it, which dies with
 * the node. As in the real one, the changes of one node are carried out in the order in which it
 * made them; those that a killed node had sent still are.
 */
public final class SimAgenda {
  private static final Duration YEARS = Duration.ofDays(10_000);

  private record Entry(Due row, Instant visible, String node) {}

  private final SimLoop loop;
  private final boolean together;
  private final Map<String, Entry> rows = new TreeMap<>();
  private Consumer<EntityRef> onChange = _ -> {};

  /**
   * @param together rows come and go in the transaction of their event
   */
  public SimAgenda(SimLoop loop, boolean together) {
    this.loop = loop;
    this.together = together;
  }

  private static String key(EntityRef entity, String name) {
    return entity + "#" + name;
  }

  /**
   * Whether a wake-up of this name is due at some time, for the invariant "wanted means row
   * exists".
   */
  public boolean has(EntityRef entity, String name) {
    return rows.containsKey(key(entity, name));
  }

  /** When the wake-up of this name is due, if there is one. */
  Optional<Instant> due(EntityRef entity, String name) {
    Entry entry = rows.get(key(entity, name));
    return entry == null ? Optional.empty() : Optional.of(entry.row().due());
  }

  List<Due> all() {
    return rows.values().stream().map(Entry::row).toList();
  }

  boolean anyDue() {
    Instant now = loop.now();
    return rows.values().stream().anyMatch(entry -> !entry.visible().isAfter(now));
  }

  /** Called after each change of an entity's rows. */
  void onChange(Consumer<EntityRef> observer) {
    onChange = observer;
  }

  Agenda at(String node) {
    return new View(node);
  }

  /** The rows that an event brings along. */
  void putAll(Journaled.AgendaChange change, String node) {
    change.puts().forEach(row -> put(row, node));
  }

  /** The rows that go with an event. */
  void removeAll(EntityRef entity, Journaled.AgendaChange change) {
    change.removes().forEach(name -> remove(entity, name));
  }

  private void put(Agenda.Row row, String node) {
    if (loop.conditions().has(Defect.AGENDA_FORGETS_ROWS) && loop.random().nextInt(10) == 0) {
      return;
    }
    Instant due =
        loop.conditions().has(Defect.AGENDA_LATE_BY_YEARS) ? row.due().plus(YEARS) : row.due();
    rows.put(
        key(row.entity(), row.name()),
        new Entry(new Due(row.entity(), row.name(), due, 0), due, node));
    onChange.accept(row.entity());
  }

  private void remove(EntityRef entity, String name) {
    if (rows.remove(key(entity, name)) != null) {
      loop.note("row of " + entity + " gone: " + name);
      onChange.accept(entity);
    }
  }

  private final class View implements Agenda {
    private final String node;
    private final ArrayDeque<Runnable> changes = new ArrayDeque<>();
    private Instant busyUntil = Instant.EPOCH;

    View(String node) {
      this.node = node;
    }

    private Duration millis() {
      return Duration.ofNanos(100_000 + loop.random().nextLong(1_000_000));
    }

    private <T> void carryOut(Supplier<T> body, CompletableFuture<T> done) {
      if (loop.conditions().agendaAway) {
        loop.conditions().coverage.hit(Fault.AGENDA_AWAY);
        loop.after(
            node,
            millis(),
            () -> done.completeExceptionally(new IOException("the agenda is away")));
        return;
      }
      T value = body.get();
      loop.after(node, millis(), () -> done.complete(value));
    }

    private <T> CompletionStage<T> later(Supplier<T> body) {
      CompletableFuture<T> done = new CompletableFuture<>();
      loop.after(node, millis(), () -> loop.after("agenda", millis(), () -> carryOut(body, done)));
      return done;
    }

    /** As {@link #later}, one after the other. */
    private CompletionStage<Void> change(Runnable body) {
      CompletableFuture<Void> done = new CompletableFuture<>();
      changes.add(() ->
          carryOut(
              () -> {
                body.run();
                return null;
              },
              done));
      loop.after(
          node,
          millis(),
          () -> {
            Runnable next = changes.removeFirst();
            Instant at = loop.now().plus(millis());
            busyUntil = at.isAfter(busyUntil) ? at : busyUntil.plusNanos(1);
            loop.after("agenda", Duration.between(loop.now(), busyUntil), next);
          });
      return done;
    }

    @Override
    public boolean joinsJournal() {
      return together;
    }

    @Override
    public CompletionStage<Void> put(List<Row> wanted) {
      return change(() -> wanted.forEach(row -> SimAgenda.this.put(row, node)));
    }

    @Override
    public CompletionStage<Void> remove(EntityRef entity, List<String> names) {
      return change(() -> names.forEach(name -> SimAgenda.this.remove(entity, name)));
    }

    @Override
    public CompletionStage<Void> removeDue(EntityRef entity, String name) {
      return later(() -> {
        Entry entry = rows.get(key(entity, name));
        if (entry != null && !entry.row().due().isAfter(loop.now())) {
          SimAgenda.this.remove(entity, name);
        }
        return null;
      });
    }

    @Override
    public CompletionStage<List<Due>> take(int range, int ranges, int limit, Duration visibility) {
      return later(() -> {
        List<Due> due = new ArrayList<>();
        for (Map.Entry<String, Entry> e : rows.entrySet()) {
          Entry entry = e.getValue();
          if (due.size() < limit && !entry.visible().isAfter(loop.now())) {
            due.add(entry.row());
            Due seen =
                new Due(
                    entry.row().entity(),
                    entry.row().name(),
                    entry.row().due(),
                    entry.row().missed() + 1);
            e.setValue(new Entry(seen, loop.now().plus(visibility), entry.node()));
          }
        }
        return due;
      });
    }

    @Override
    public CompletionStage<Integer> wakeAllOf(String lost) {
      return later(() -> SimAgenda.this.wakeAllOf(lost));
    }

    @Override
    public CompletionStage<Long> size() {
      return later(() -> (long) rows.size());
    }
  }

  /** Makes the rows due that the lost node put. */
  int wakeAllOf(String lost) {
    int woken = 0;
    for (Map.Entry<String, Entry> e : rows.entrySet()) {
      Entry entry = e.getValue();
      if (entry.node().equals(lost)) {
        e.setValue(new Entry(entry.row(), loop.now(), lost));
        woken++;
      }
    }
    return woken;
  }
}

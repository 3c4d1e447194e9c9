package io.copyhold.chaos.simulation;

import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.agenda.Agenda;
import io.copyhold.runtime.agenda.Agenda.Due;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * The agenda of all nodes, on the loop's time. Each node has its own view of it, which dies with
 * the node.
 */
public final class SimAgenda {
  private record Entry(Due row, Instant visible, String node) {}

  private final SimLoop loop;
  private final Map<String, Entry> rows = new TreeMap<>();

  public SimAgenda(SimLoop loop) {
    this.loop = loop;
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

  Agenda at(String node) {
    return new View(node);
  }

  private final class View implements Agenda {
    private final String node;

    View(String node) {
      this.node = node;
    }

    private <T> CompletionStage<T> later(java.util.function.Supplier<T> body) {
      CompletableFuture<T> done = new CompletableFuture<>();
      loop.after(
          node,
          Duration.ofNanos(200_000 + loop.random().nextLong(2_000_000)),
          () -> {
            T value = body.get();
            loop.after(node, Duration.ofNanos(100_000), () -> done.complete(value));
          });
      return done;
    }

    @Override
    public CompletionStage<Void> put(List<Row> wanted) {
      return later(() -> {
        for (Row row : wanted) {
          rows.put(
              key(row.entity(), row.name()),
              new Entry(new Due(row.entity(), row.name(), row.due(), 0), row.due(), node));
        }
        return null;
      });
    }

    @Override
    public CompletionStage<Void> remove(EntityRef entity, List<String> names) {
      return later(() -> {
        names.forEach(name -> rows.remove(key(entity, name)));
        return null;
      });
    }

    @Override
    public CompletionStage<Void> removeDue(EntityRef entity, String name) {
      return later(() -> {
        Entry entry = rows.get(key(entity, name));
        if (entry != null && !entry.row().due().isAfter(loop.now())) {
          rows.remove(key(entity, name));
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
      return later(() -> {
        int woken = 0;
        for (Map.Entry<String, Entry> e : rows.entrySet()) {
          if (e.getValue().node().equals(lost)) {
            e.setValue(new Entry(e.getValue().row(), loop.now(), lost));
            woken++;
          }
        }
        return woken;
      });
    }

    @Override
    public CompletionStage<Long> size() {
      return later(() -> (long) rows.size());
    }
  }
}

package io.copyhold.chaos.fault;

import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import java.io.Closeable;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** All relays of an agent, and the faults that bend them. */
final class Links implements Closeable {
  static final String JOURNAL = "journal";

  /** A relay and between whom it stands; {@code from} is empty where everybody uses it. */
  record Link(String from, String to, Relay relay) {}

  private final List<Link> links;

  Links(List<Link> links) {
    this.links = List.copyOf(links);
  }

  /** What links lead to: nodes, stores, the journal. */
  List<String> ends() {
    TreeSet<String> ends = new TreeSet<>();
    links.forEach(link -> ends.add(link.to()));
    return List.copyOf(ends);
  }

  Injection cut(String id, Fault.CutLink fault) {
    Bend there = new Bend(null, false, Shape.HELD, fault.oneWay() ? Shape.CLEAR : Shape.HELD);
    return between(id, fault.from(), fault.to(), there, !fault.oneWay());
  }

  Injection slow(String id, Fault.SlowLink fault) {
    Shape shape = new Shape(false, fault.delayMs(), fault.jitterMs(), fault.lossPercent());
    return between(id, fault.from(), fault.to(), new Bend(null, false, shape, shape), true);
  }

  Injection away(String id, String end, boolean silent) {
    return bending(
        id,
        to(end),
        new Bend(
            null, !silent, silent ? Shape.HELD : Shape.CLEAR, silent ? Shape.HELD : Shape.CLEAR));
  }

  Injection slow(String id, Fault.SlowStore fault) {
    Shape shape = new Shape(false, fault.delayMs(), fault.jitterMs(), fault.lossPercent());
    return bending(id, to(fault.store()), new Bend(null, false, shape, shape));
  }

  /**
   * A link of its own, or the connections of one node on the link that all use. What a node sends
   * to another travels on connections that it opened itself; a store opens none.
   */
  private Injection between(String id, String from, String to, Bend bend, boolean both) {
    Optional<Link> own =
        links.stream().filter(l -> l.from().equals(from) && l.to().equals(to)).findFirst();
    if (own.isPresent()) {
      return bending(id, Map.of(own.get(), bend));
    }
    Map<Link, Bend> bends = new LinkedHashMap<>();
    bends.put(shared(to), of(from, bend));
    if (both && Fault.isNode(to)) {
      bends.put(shared(from), of(to, bend));
    }
    return bending(id, bends);
  }

  private static Bend of(@Nullable String source, Bend bend) {
    return new Bend(source, bend.refused(), bend.there(), bend.back());
  }

  private Link shared(String to) {
    return links.stream()
        .filter(link -> link.from().isEmpty() && link.to().equals(to))
        .findFirst()
        .orElseThrow(() -> missing(to));
  }

  private List<Link> to(String end) {
    List<Link> found = links.stream().filter(link -> link.to().equals(end)).toList();
    if (found.isEmpty()) {
      throw missing(end);
    }
    return found;
  }

  private ProblemException missing(String end) {
    return new ProblemException(
        Problem.conflict("no-relay", "no relay leads to " + end)
            .at(end)
            .todo("relays lead to " + String.join(", ", ends())));
  }

  private static Injection bending(String id, List<Link> found, Bend bend) {
    Map<Link, Bend> bends = new LinkedHashMap<>();
    found.forEach(link -> bends.put(link, bend));
    return bending(id, bends);
  }

  private static Injection bending(String id, Map<Link, Bend> bends) {
    return new Injection() {
      @Override
      public void inject(Undo undo) {
        bends.forEach((link, bend) -> link.relay().bend(id, bend));
      }

      @Override
      public void lift(Undo undo) {
        bends.keySet().forEach(link -> link.relay().straighten(id));
      }
    };
  }

  @Override
  public void close() throws IOException {
    for (Link link : links) {
      link.relay().close();
    }
  }
}

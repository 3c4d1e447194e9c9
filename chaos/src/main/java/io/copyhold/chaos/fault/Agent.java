package io.copyhold.chaos.fault;

import io.copyhold.runtime.PortAdapter;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.process.ProtectedFile;
import java.io.Closeable;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The fault agent of one installation: its relays, its faults, what it watches. It lives beside the
 * nodes, as a child of their supervisor, and so outlives whichever node controls an experiment.
 */
@PortAdapter
final class Agent implements Closeable {
  private final AgentLimits limits;
  private final Processes processes;
  private final NodeCalls calls;
  private final Links links;
  private final Orders orders = new Orders();
  private final Disks disks;
  private final Poison poison;
  private final FaultBook faults;
  private final Map<String, Observation> observations = new TreeMap<>();

  Agent(AgentSettings settings) throws IOException {
    this.limits = settings.limits();
    this.processes = new Processes(settings.data());
    this.calls = new NodeCalls(processes, ProtectedFile.secret(NodeCalls.token(settings.data())));
    Random random = new Random();
    List<Links.Link> open = new ArrayList<>();
    for (AgentSettings.To to : settings.links()) {
      open.add(
          new Links.Link(
              to.from(),
              to.to(),
              new Relay(
                  to.name(),
                  to.listen(),
                  new InetSocketAddress(to.host(), to.port()),
                  settings.nodes(),
                  limits,
                  random)));
    }
    this.links = new Links(open);
    this.disks = new Disks(settings.data(), limits.diskBytesMax());
    this.poison = new Poison(orders, calls);
    this.faults = new FaultBook(settings.data().resolve("faults"), this::injection, this::takeBack);
  }

  private void takeBack(Undo undo) throws IOException, InterruptedException {
    switch (undo) {
      case Undo.Nothing _ -> {}
      case Undo.Resume _ -> Processes.signal("CONT", undo);
      case Undo.Remove(var file) -> Files.deleteIfExists(file);
      case Undo.Retry(var entity) -> poison.retry(entity);
    }
  }

  private Injection injection(String id, Fault fault) {
    return switch (fault) {
      case Fault.KillNode(var node) -> processes.kill(node);
      case Fault.PauseNode(var node) -> processes.pause(node);
      case Fault.CutLink cut -> links.cut(id, cut);
      case Fault.SlowLink slow -> links.slow(id, slow);
      case Fault.JournalAway(var silent) -> links.away(id, Links.JOURNAL, silent);
      case Fault.StoreAway(var store, var silent) -> links.away(id, store, silent);
      case Fault.SlowStore slow -> links.slow(id, slow);
      case Fault.FullDisk(var target) -> disks.fill(target);
      case Fault.PoisonEntity poisoned -> poison.of(id, poisoned);
      case Fault.ClockJump _, Fault.FailStep _ -> orders.order(id, fault);
      case Fault.LoadSpike spike -> new Load(spike, calls, limits);
    };
  }

  /** What there is to be hit. */
  FaultAgent.Reach reach() throws IOException {
    return new FaultAgent.Reach(List.copyOf(processes.nodes().keySet()), links.ends());
  }

  FaultBook faults() {
    return faults;
  }

  Orders orders() {
    return orders;
  }

  /** Begins to watch; the same id with the same probes again changes nothing. */
  synchronized void watch(String id, List<Probe> probes, String beacon) {
    Observation known = observations.get(id);
    if (known != null) {
      if (!known.probes().equals(probes)) {
        throw new ProblemException(
            Problem.conflict("observation-exists", "it is watched with other probes")
                .at(id)
                .todo("watch under another id"));
      }
      return;
    }
    if (observations.size() >= limits.observationsMax()) {
      throw new ProblemException(
          Problem.unavailable(
                  "observations-many",
                  "at most " + limits.observationsMax() + " experiments run at once")
              .todo("wait for one to end"));
    }
    observations.put(id, new Observation(probes, calls, beacon, limits.probeEvery()));
  }

  Observed observed(String id) {
    Observation known = observation(id);
    if (known == null) {
      throw new ProblemException(
          Problem.notFound("observation-unknown", "nothing is watched under this id")
              .at(id)
              .todo("begin anew: the agent has been restarted since, or never heard of it"));
    }
    return known.observed(faults.all(id + "/"));
  }

  private synchronized @Nullable Observation observation(String id) {
    return observations.get(id);
  }

  /** Ends watching, and forgets the faults that are over. */
  void forget(String id) throws IOException {
    Observation known;
    synchronized (this) {
      known = observations.remove(id);
    }
    if (known != null) {
      known.close();
    }
    faults.forget(id + "/");
  }

  @Override
  public void close() throws IOException {
    synchronized (this) {
      observations.values().forEach(Observation::close);
      observations.clear();
    }
    faults.close();
    links.close();
    calls.close();
  }
}

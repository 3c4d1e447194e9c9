package io.copyhold.chaos.fault;

import java.util.List;

/** Something that is done to an installation, as data. Journaled, so its shape is a promise. */
public sealed interface Fault {
  /** What it hits, such as {@code node-1}, {@code journal} or {@code store-a}. */
  List<String> targets();

  /** Whether a target is a node; stores and the journal are not called so. */
  static boolean isNode(String target) {
    return target.startsWith("node-");
  }

  /** The process is ended the hard way; its supervisor starts it again. */
  record KillNode(String node) implements Fault {
    @Override
    public List<String> targets() {
      return List.of(node);
    }
  }

  /** The process stands still, as in a very long collection of garbage, and goes on afterwards. */
  record PauseNode(String node) implements Fault {
    @Override
    public List<String> targets() {
      return List.of(node);
    }
  }

  /**
   * What one side sends no longer arrives, without a word; with a heal it goes on.
   *
   * @param from a node
   * @param to another node, {@code journal}, or a store
   * @param oneWay whether what comes back still arrives
   */
  record CutLink(String from, String to, boolean oneWay) implements Fault {
    @Override
    public List<String> targets() {
      return List.of(from, to);
    }
  }

  /**
   * What travels on a link comes late.
   *
   * @param from a node
   * @param to another node, {@code journal}, or a store
   * @param delayMs each way
   * @param jitterMs at most so much more
   * @param lossPercent of the pieces are lost and sent again, as TCP does
   */
  record SlowLink(String from, String to, int delayMs, int jitterMs, int lossPercent)
      implements Fault {
    @Override
    public List<String> targets() {
      return List.of(from, to);
    }
  }

  /**
   * No node reaches the control database.
   *
   * @param silent connections hang, instead of being refused
   */
  record JournalAway(boolean silent) implements Fault {
    @Override
    public List<String> targets() {
      return List.of("journal");
    }
  }

  /**
   * Nobody reaches a store.
   *
   * @param silent connections hang, instead of being refused
   */
  record StoreAway(String store, boolean silent) implements Fault {
    @Override
    public List<String> targets() {
      return List.of(store);
    }
  }

  /** What travels to and from a store comes late; as {@link SlowLink}. */
  record SlowStore(String store, int delayMs, int jitterMs, int lossPercent) implements Fault {
    @Override
    public List<String> targets() {
      return List.of(store);
    }
  }

  /**
   * The disk that a database has for itself is full.
   *
   * @param target a store, or {@code journal}
   */
  record FullDisk(String target) implements Fault {
    @Override
    public List<String> targets() {
      return List.of(target);
    }
  }

  /**
   * The events of an entity cannot be read, from its next event or its next replay on.
   *
   * @param entity a tenant or a store, such as {@code tenant/acme}
   */
  record PoisonEntity(String entity) implements Fault {
    @Override
    public List<String> targets() {
      return List.of();
    }
  }

  /**
   * A node's clock is wrong.
   *
   * @param seconds forward, or backward when negative
   */
  record ClockJump(String node, int seconds) implements Fault {
    @Override
    public List<String> targets() {
      return List.of(node);
    }
  }

  /**
   * A step of an operation fails before it does anything.
   *
   * @param operation name of its type, such as {@code provision}
   * @param step its name
   * @param times attempts that fail, on all nodes together
   */
  record FailStep(String operation, String step, int times) implements Fault {
    @Override
    public List<String> targets() {
      return List.of();
    }
  }

  /**
   * Reads of one path of the API, spread over the nodes.
   *
   * @param path {@code /v1/tenants?limit=10}
   */
  record LoadSpike(String path, int requestsPerSecond) implements Fault {
    @Override
    public List<String> targets() {
      return List.of();
    }
  }
}

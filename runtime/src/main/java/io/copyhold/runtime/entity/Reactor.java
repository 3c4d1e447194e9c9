package io.copyhold.runtime.entity;

import io.copyhold.runtime.Origin;
import io.copyhold.runtime.agenda.Agenda;
import io.copyhold.runtime.journal.Journaled;
import java.time.Instant;
import java.util.List;

/**
 * What happens around an entity because of its state. Called in the actor's thread.
 * Level-triggered: {@link #react} compares what the state wants with what runs, and may be called
 * any number of times.
 */
public interface Reactor<S> {
  /** Which agenda rows must be durable before the entity may reach this state. */
  List<Agenda.Row> rows(S state);

  /**
   * After recovery and after every stored event.
   *
   * @param origin of the event; the system's own after recovery
   */
  void react(S state, long version, Origin origin);

  /**
   * Events with which something that the entity owns begins: they are stored together with the
   * entity's own that lead from one state to the other. Asked where the journal can do that, once
   * per decision; {@link #react} follows if they were stored.
   */
  default List<Journaled.Attached> begins(S before, S after, Origin origin, Instant now) {
    return List.of();
  }

  /**
   * Offers the entity's last events to its owner, who stores them together with its own. Asked
   * where the journal can do that, again and again until the owner has answered with {@link
   * Message.EndStored} or {@link Message.EndAlone}.
   *
   * @return false when there is no owner to offer it to: the entity stores its events itself
   */
  default boolean offerEnd(S before, S after, Journaled.Attached end) {
    return false;
  }

  /** A message for the reactor, not for the state. */
  void onMessage(S state, long version, Message message);

  /** True while something runs that passivation would cut off. */
  boolean busy();

  /**
   * Stop what runs; call {@code stopped} (from any thread) when it has come to an end, within the
   * hand-off limit.
   */
  void stop(Runnable stopped);

  /** Makes the reactor of one entity. */
  interface Factory<S> {
    Reactor<S> create(ShellContext shell);
  }

  /** For entities that want nothing. */
  static <S> Reactor<S> none() {
    return new Reactor<>() {
      @Override
      public List<Agenda.Row> rows(S state) {
        return List.of();
      }

      @Override
      public void react(S state, long version, Origin origin) {}

      @Override
      public void onMessage(S state, long version, Message message) {}

      @Override
      public boolean busy() {
        return false;
      }

      @Override
      public void stop(Runnable stopped) {
        stopped.run();
      }
    };
  }
}

package io.copyhold.tenants.store;

import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.operation.FenceToken;
import io.copyhold.runtime.operation.StepContext;

/**
 * Goes with every change of a store, so that the store itself can refuse a late one.
 *
 * <p>A home remembers, per owner of operations, the highest term and, per operation, the highest
 * token it has seen. It refuses a lower term of the same owner, a lower token of the same operation
 * ({@code stale-token}), and an epoch below the home's ({@code stale-epoch}). Tokens of different
 * owners are not compared: two tenants of one pool may work at the same time.
 *
 * @param operation who does it: {@code operation/tenant/acme/provision/1}
 * @param owner the operation's owner, whose term the token carries: {@code tenant/acme}
 * @param key the same for every attempt of one step
 * @param epoch of the home, or in a pool of the tenant; from 1
 * @param onStop is told what cancels the running statement
 */
public record Fence(
    EntityRef operation, EntityRef owner, FenceToken token, String key, long epoch, OnStop onStop) {

  public Fence {
    if (epoch < 1 || key.isEmpty() || key.length() > 200) {
      throw new IllegalArgumentException("not a fence: epoch " + epoch + ", key " + key);
    }
  }

  /** The fence of a step's attempt. */
  public static Fence of(StepContext step, long epoch) {
    return new Fence(step.operation(), step.owner(), step.token(), step.key(), epoch, step::onStop);
  }

  /** Where a running statement says how to cancel it. */
  @FunctionalInterface
  public interface OnStop {
    /** Nobody stops it. */
    OnStop NEVER = cancel -> () -> {};

    /** {@code cancel} may be called from any thread until the answer is closed. */
    AutoCloseable onStop(Runnable cancel);
  }
}

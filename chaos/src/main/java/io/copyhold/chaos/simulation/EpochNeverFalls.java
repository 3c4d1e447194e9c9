package io.copyhold.chaos.simulation;

import io.copyhold.runtime.operation.FenceToken;
import io.copyhold.tenants.store.Fence;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a home lets pass never goes back: neither its epoch, nor the term of an owner, nor the token
 * of an operation.
 */
final class EpochNeverFalls implements Invariant {
  private record Key(String home, String who) {}

  private final Map<Key, Long> epochs = new HashMap<>();
  private final Map<Key, Long> terms = new HashMap<>();
  private final Map<Key, FenceToken> tokens = new HashMap<>();

  @Override
  public @Nullable String violatedBy(Happening happening) {
    if (!(happening instanceof Happening.Accepted(var ref, Fence fence))) {
      return null;
    }
    String home = ref.toString();
    Key owner = new Key(home, fence.owner().toString());
    Long epoch = epochs.put(owner, fence.epoch());
    Long term = terms.put(owner, fence.token().term());
    FenceToken token = tokens.put(new Key(home, fence.operation().toString()), fence.token());
    if (epoch != null && epoch > fence.epoch()) {
      return "%s accepted epoch %d of %s after %d"
          .formatted(home, fence.epoch(), fence.owner(), epoch);
    }
    if (term != null && term > fence.token().term()) {
      return "%s accepted term %d of %s after %d"
          .formatted(home, fence.token().term(), fence.owner(), term);
    }
    return token != null && token.compareTo(fence.token()) > 0
        ? "%s accepted %s of %s after %s".formatted(home, fence.token(), fence.operation(), token)
        : null;
  }
}

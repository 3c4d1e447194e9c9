package io.copyhold.config.secret;

import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/** Secrets of a simulation: gone with the process. */
public final class InMemorySecrets implements Secrets {
  private final Map<SecretRef, Secret> secrets = new ConcurrentHashMap<>();

  @Override
  public void put(SecretRef ref, Secret secret) {
    secrets.put(ref, secret);
  }

  @Override
  public Optional<Secret> get(SecretRef ref) {
    return Optional.ofNullable(secrets.get(ref));
  }

  @Override
  public Secret getOrPut(SecretRef ref, Supplier<Secret> make) {
    return secrets.computeIfAbsent(ref, _ -> make.get());
  }

  @Override
  public boolean delete(SecretRef ref) {
    return secrets.remove(ref) != null;
  }
}

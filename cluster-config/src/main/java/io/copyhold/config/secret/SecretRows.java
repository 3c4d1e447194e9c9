package io.copyhold.config.secret;

import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * Port to where sealed secrets are kept. Calls block, and fail with a {@link
 * io.copyhold.runtime.ProblemException} when the database is away; what they change is durable when
 * they return.
 */
public interface SecretRows {
  /**
   * The check of the key: the one kept before any other, which is {@code first} when there was
   * none.
   */
  byte[] checkOr(byte[] first);

  /** The check of the key, if there is one. */
  Optional<byte[]> check();

  void put(String name, byte[] sealed);

  /** Keeps it unless there is one of that name. */
  void putIfAbsent(String name, byte[] sealed);

  Optional<byte[]> get(String name);

  /**
   * @return whether there was one
   */
  boolean delete(String name);

  /** Replaces it while nobody else changes it; does nothing when there is none. */
  boolean change(String name, UnaryOperator<byte[]> change);

  /** In their order. */
  List<String> names();
}

package io.copyhold.config.secret;

import io.copyhold.runtime.postgres.Passwords;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** A password or key in memory. It shows itself only to who calls {@link #reveal}. */
public final class Secret {
  /** Longest secret in bytes; a private key with its chain has some 8 KiB. */
  static final int MAX_BYTES = 64 * 1024;

  private final byte[] bytes;

  private Secret(byte[] bytes) {
    if (bytes.length == 0 || bytes.length > MAX_BYTES) {
      throw new IllegalArgumentException("a secret has 1 to " + MAX_BYTES + " bytes");
    }
    this.bytes = bytes;
  }

  public static Secret of(String text) {
    return new Secret(text.getBytes(StandardCharsets.UTF_8));
  }

  public static Secret of(byte[] bytes) {
    return new Secret(bytes.clone());
  }

  /**
   * A fresh password of some 190 bits.
   *
   * @param random a secure source outside tests and simulation
   */
  public static Secret random(RandomGenerator random) {
    return of(Passwords.random(random));
  }

  /** The secret as text. Hand it on at once; do not keep it in a field. */
  public String reveal() {
    return new String(bytes, StandardCharsets.UTF_8);
  }

  /** The secret as bytes, a copy. */
  public byte[] revealBytes() {
    return bytes.clone();
  }

  /** Takes the same time whatever differs. */
  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Secret secret && MessageDigest.isEqual(bytes, secret.bytes);
  }

  /** The same for all: a hash of a short secret would tell it. */
  @Override
  public int hashCode() {
    return Secret.class.hashCode();
  }

  @Override
  public String toString() {
    return "Secret(hidden)";
  }
}

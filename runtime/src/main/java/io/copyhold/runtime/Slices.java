package io.copyhold.runtime;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * Parts of the space of all entities: 16 slices for those who follow events, 65,536 hash values for
 * those who share out work. By the MD5 of the persistence id, which any database computes alike;
 * stored, so it never changes.
 *
 * @param from first slice, 0 to 15
 * @param to last slice, {@code from} to 15
 */
public record Slices(int from, int to) {
  public static final int COUNT = 16;

  /** Hash values are below this. */
  public static final int HASHES = 1 << 16;

  public static final Slices ALL = new Slices(0, COUNT - 1);

  public Slices {
    if (from < 0 || to < from || to >= COUNT) {
      throw new IllegalArgumentException("slices " + from + " to " + to + ": within 0 to 15");
    }
  }

  /** The slice of an entity's events. */
  public static int of(EntityRef entity) {
    return hash(entity) >>> 12;
  }

  /** 0 to 65,535; its upper four bits are the slice. */
  public static int hash(EntityRef entity) {
    byte[] md5 = md5(entity.persistenceId());
    return (md5[0] & 0xff) << 8 | (md5[1] & 0xff);
  }

  @SuppressWarnings("WeakMessageDigest") // spreads evenly; protects nothing
  private static byte[] md5(String text) {
    try {
      return MessageDigest.getInstance("MD5").digest(text.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has MD5", e);
    }
  }
}

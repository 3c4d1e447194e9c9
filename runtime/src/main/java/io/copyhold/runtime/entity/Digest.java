package io.copyhold.runtime.entity;

import io.copyhold.runtime.journal.Codec;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * SHA-256 in the forms the house uses: of a command (to tell a repeat from a reuse), and of words
 * (for keys).
 */
public final class Digest {
  private Digest() {}

  /** Of a command with its stable name, 32 hexadecimal digits. */
  static String of(Codec codec, String entity, Object command) {
    MessageDigest sha = sha256();
    sha.update(codec.manifest(entity, command).getBytes(StandardCharsets.UTF_8));
    sha.update(Codec.bytes(command));
    return HexFormat.of().formatHex(sha.digest(), 0, 16);
  }

  /** Of words in order, 32 hexadecimal digits; {@code ("a","bc")} and {@code ("ab","c")} differ. */
  public static String of(String... words) {
    MessageDigest sha = sha256();
    for (String word : words) {
      sha.update(word.getBytes(StandardCharsets.UTF_8));
      sha.update((byte) 0);
    }
    return HexFormat.of().formatHex(sha.digest(), 0, 16);
  }

  /** Of bytes, all 64 hexadecimal digits. */
  public static String of(byte[] bytes) {
    return HexFormat.of().formatHex(sha256().digest(bytes));
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}

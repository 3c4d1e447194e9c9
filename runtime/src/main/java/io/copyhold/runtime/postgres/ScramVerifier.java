package io.copyhold.runtime.postgres;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Base64;
import java.util.random.RandomGenerator;
import javax.crypto.Mac;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * What a server stores of a password: {@code SCRAM-SHA-256$4096:salt$StoredKey:ServerKey} (RFC 5803
 * as PostgreSQL writes it). Sent in place of the password in {@code CREATE ROLE … PASSWORD}, so no
 * password reaches a server's log, its statistics or a backup of its catalog.
 */
public final class ScramVerifier {
  /** PostgreSQL's own default, scram_iterations. */
  static final int ITERATIONS = 4096;

  private static final int SALT_BYTES = 16;
  private static final int KEY_BITS = 256;

  private ScramVerifier() {}

  /**
   * The verifier of a password with a fresh salt.
   *
   * @param password 1 to 1024 printable ASCII characters; other text would need the preparation of
   *     RFC 4013
   * @param random source of the salt; a secure one outside tests
   */
  public static String of(char[] password, RandomGenerator random) {
    byte[] salt = new byte[SALT_BYTES];
    random.nextBytes(salt);
    return of(password, salt, ITERATIONS);
  }

  static String of(char[] password, byte[] salt, int iterations) {
    if (password.length < 1 || password.length > 1024) {
      throw new IllegalArgumentException("a password has 1 to 1024 characters");
    }
    for (char c : password) {
      if (c < ' ' || c > '~') {
        throw new IllegalArgumentException("a password has printable ASCII characters only");
      }
    }
    PBEKeySpec spec = new PBEKeySpec(password, salt, iterations, KEY_BITS);
    try {
      byte[] salted =
          SecretKeyFactory.getInstance("PBKDF2WithHmacSHA256").generateSecret(spec).getEncoded();
      byte[] stored = MessageDigest.getInstance("SHA-256").digest(hmac(salted, "Client Key"));
      byte[] server = hmac(salted, "Server Key");
      Arrays.fill(salted, (byte) 0);
      Base64.Encoder base64 = Base64.getEncoder();
      return "SCRAM-SHA-256$"
          + iterations
          + ':'
          + base64.encodeToString(salt)
          + '$'
          + base64.encodeToString(stored)
          + ':'
          + base64.encodeToString(server);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JDK lacks SHA-256", e);
    } finally {
      spec.clearPassword();
    }
  }

  private static byte[] hmac(byte[] key, String text) throws GeneralSecurityException {
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(key, "HmacSHA256"));
    return mac.doFinal(text.getBytes(StandardCharsets.US_ASCII));
  }
}

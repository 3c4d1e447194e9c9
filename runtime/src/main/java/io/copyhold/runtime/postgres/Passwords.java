package io.copyhold.runtime.postgres;

import java.util.random.RandomGenerator;

/** Passwords that nobody has to remember: 32 letters and digits, some 190 bits. */
public final class Passwords {
  private static final String ALPHABET =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  private static final int LENGTH = 32;

  private Passwords() {}

  /**
   * A fresh password. Letters and digits only, so it needs no escape in a URL or a shell.
   *
   * @param random a secure source outside tests and simulation
   */
  public static String random(RandomGenerator random) {
    StringBuilder password = new StringBuilder(LENGTH);
    for (int i = 0; i < LENGTH; i++) {
      password.append(ALPHABET.charAt(random.nextInt(ALPHABET.length())));
    }
    return password.toString();
  }
}

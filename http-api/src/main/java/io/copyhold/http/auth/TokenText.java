package io.copyhold.http.auth;

import io.copyhold.runtime.entity.Digest;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Optional;
import java.util.random.RandomGenerator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a caller holds: {@code chd_<id>_<secret>}. The id is 16 hexadecimal digits, the secret 32
 * random bytes in URL-safe base 64.
 *
 * <p>A hash without salt and stretching is enough for the stored form: nobody can guess 256 random
 * bits.
 */
public record TokenText(String id, String secret) {
  private static final Pattern FORM = Pattern.compile("chd_([0-9a-f]{16})_([A-Za-z0-9_-]{43})");

  static TokenText mint(String id, RandomGenerator secrets) {
    byte[] secret = new byte[32];
    secrets.nextBytes(secret);
    return new TokenText(id, Base64.getUrlEncoder().withoutPadding().encodeToString(secret));
  }

  static String mintId(RandomGenerator secrets) {
    byte[] id = new byte[8];
    secrets.nextBytes(id);
    return HexFormat.of().formatHex(id);
  }

  /** The id of the token that this caller makes with this key: the same for every attempt. */
  static String mintId(String principal, String idempotencyKey) {
    return Digest.of("token", principal, idempotencyKey).substring(0, 16);
  }

  /** The token a text is; empty when it is none. */
  public static Optional<TokenText> parse(String text) {
    Matcher matcher = FORM.matcher(text);
    return matcher.matches()
        ? Optional.of(new TokenText(matcher.group(1), matcher.group(2)))
        : Optional.empty();
  }

  /** SHA-256 of the secret, 64 hexadecimal digits: what is stored and compared. */
  String hash() {
    return Digest.of(secret.getBytes(StandardCharsets.UTF_8));
  }

  /** The whole text, to be shown once. */
  public String reveal() {
    return "chd_" + id + "_" + secret;
  }

  @Override
  public String toString() {
    return "chd_" + id + "_…";
  }
}

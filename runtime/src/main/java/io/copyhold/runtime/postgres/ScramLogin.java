package io.copyhold.runtime.postgres;

import io.copyhold.runtime.PortAdapter;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import javax.crypto.Mac;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * The client's side of SCRAM-SHA-256 without channel binding (RFC 5802, RFC 7677): the server
 * proves that it knows the password, too.
 *
 * <ol>
 *   <li>{@link #first}: {@code n,,n=,r=NONCE}
 *   <li>{@link #last}: the server's nonce, salt and iterations make the proof
 *   <li>{@link #check}: the server's signature
 * </ol>
 */
@PortAdapter
final class ScramLogin {
  static final String MECHANISM = "SCRAM-SHA-256";

  /** Fewer are not accepted from a server: RFC 7677. */
  private static final int ITERATIONS_MIN = 4_096;

  /** More would keep us busy for a server that is not ours: some 5 s. */
  private static final int ITERATIONS_MAX = 10_000_000;

  private final String password;
  private final String nonce;
  private String serverSignature = "";

  ScramLogin(String password) {
    byte[] bytes = new byte[18];
    new SecureRandom().nextBytes(bytes);
    this.password = password;
    this.nonce = Base64.getEncoder().encodeToString(bytes);
  }

  String first() {
    return "n,," + bare();
  }

  private String bare() {
    return "n=,r=" + nonce;
  }

  /** Answers the server's first message. */
  String last(String serverFirst) throws GeneralSecurityException {
    Map<String, String> said = attributes(serverFirst);
    String both = said.getOrDefault("r", "");
    int iterations = Integer.parseInt(said.getOrDefault("i", "0"));
    if (!both.startsWith(nonce)
        || both.length() == nonce.length()
        || iterations < ITERATIONS_MIN
        || iterations > ITERATIONS_MAX) {
      throw new GeneralSecurityException("the server's challenge is not one of SCRAM-SHA-256");
    }
    byte[] salt = Base64.getDecoder().decode(said.getOrDefault("s", ""));
    PBEKeySpec spec = new PBEKeySpec(password.toCharArray(), salt, iterations, 256);
    byte[] salted =
        SecretKeyFactory.getInstance("PBKDF2WithHmacSHA256").generateSecret(spec).getEncoded();
    spec.clearPassword();
    byte[] clientKey = hmac(salted, "Client Key");
    byte[] storedKey = MessageDigest.getInstance("SHA-256").digest(clientKey);
    String withoutProof = "c=biws,r=" + both;
    String message = bare() + ',' + serverFirst + ',' + withoutProof;
    byte[] proof = hmac(storedKey, message);
    for (int i = 0; i < proof.length; i++) {
      proof[i] ^= clientKey[i];
    }
    serverSignature = Base64.getEncoder().encodeToString(hmac(hmac(salted, "Server Key"), message));
    return withoutProof + ",p=" + Base64.getEncoder().encodeToString(proof);
  }

  /** Throws unless the server knows the password. */
  void check(String serverLast) throws GeneralSecurityException {
    String signature = attributes(serverLast).getOrDefault("v", "");
    if (serverSignature.isEmpty()
        || !MessageDigest.isEqual(
            signature.getBytes(StandardCharsets.US_ASCII),
            serverSignature.getBytes(StandardCharsets.US_ASCII))) {
      throw new GeneralSecurityException("the server does not know the password");
    }
  }

  private static Map<String, String> attributes(String message) {
    Map<String, String> all = new HashMap<>();
    for (String part : message.split(",")) {
      if (part.length() > 1 && part.charAt(1) == '=') {
        all.put(part.substring(0, 1), part.substring(2));
      }
    }
    return all;
  }

  private static byte[] hmac(byte[] key, String text) throws GeneralSecurityException {
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(key, "HmacSHA256"));
    return mac.doFinal(text.getBytes(StandardCharsets.US_ASCII));
  }
}

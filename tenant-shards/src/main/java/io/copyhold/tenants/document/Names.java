package io.copyhold.tenants.document;

import io.copyhold.runtime.postgres.Identifiers;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** Names of objects: their length, and those that are derived. */
final class Names {
  /** Shadow columns, triggers and helper indexes begin with it. */
  static final String RESERVED_PREFIX = "_copyhold";

  private Names() {}

  static int bytes(String name) {
    return name.getBytes(StandardCharsets.UTF_8).length;
  }

  static boolean tooLong(String name) {
    return bytes(name) > Identifiers.MAX_BYTES;
  }

  static boolean reserved(String name) {
    return name.toLowerCase(Locale.ROOT).startsWith(RESERVED_PREFIX);
  }

  /** As PostgreSQL derives it: {@code orders_pkey}, {@code orders_email_key}; cut to fit. */
  static String derived(String stem, String suffix) {
    String cut = stem;
    while (bytes(cut) + 1 + suffix.length() > Identifiers.MAX_BYTES) {
      cut = cut.substring(0, cut.offsetByCodePoints(cut.length(), -1));
    }
    return cut + '_' + suffix;
  }
}

package io.copyhold.tenants.store;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * One file of a changelog.
 *
 * <p>It runs in one transaction, as the home's owner. A file whose first line is {@code --
 * copyhold: no-transaction} holds one statement that cannot run in a transaction ({@code CREATE
 * INDEX CONCURRENTLY}).
 *
 * @param changelog the changelog's id
 * @param position within the changelog over all versions, from 1, without gaps
 * @param version as the changelog calls it: {@code 3} or {@code 1.2}
 * @param file the file's name: {@code V3__add_due_date.sql}
 * @param sql at most 4 MiB
 * @param checksum SHA-256 of the text in UTF-8, hexadecimal
 */
public record Script(
    String changelog, int position, String version, String file, String sql, String checksum) {
  public static final String NO_TRANSACTION = "-- copyhold: no-transaction";

  public Script {
    if (position < 1 || changelog.isEmpty() || version.isEmpty() || file.isEmpty()) {
      throw new IllegalArgumentException("not a script: " + file + " at " + position);
    }
  }

  public static Script of(String changelog, int position, String version, String file, String sql) {
    return new Script(changelog, position, version, file, sql, checksum(sql));
  }

  /** SHA-256 of the text in UTF-8, 64 hexadecimal digits. */
  public static String checksum(String sql) {
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-256").digest(sql.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /** True when it must run outside a transaction. */
  public boolean outsideTransaction() {
    return sql.stripLeading().startsWith(NO_TRANSACTION);
  }

  /** Without the text. */
  @Override
  public String toString() {
    return changelog + '/' + file + '#' + position;
  }
}

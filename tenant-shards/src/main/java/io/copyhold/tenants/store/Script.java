package io.copyhold.tenants.store;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * One file of a changelog: SQL, or a document of schema operations.
 *
 * <p>It runs in one transaction, as the home's owner. A file whose first line is {@code --
 * copyhold: no-transaction} holds one statement that cannot run in a transaction ({@code CREATE
 * INDEX CONCURRENTLY}).
 *
 * @param changelog the changelog's id
 * @param position within the changelog over all versions, from 1, without gaps
 * @param version as the changelog calls it: {@code 3} or {@code 1.2}
 * @param file the file's name: {@code V3__add_due_date.sql}
 * @param sql the text, at most 4 MiB; of a document, JSON or YAML
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

  /** True for a document of schema operations in JSON or YAML; else it is SQL. */
  public boolean document() {
    return document(file);
  }

  /** The same by the file's name alone. */
  public static boolean document(String file) {
    return file.endsWith(".json") || file.endsWith(".yaml") || file.endsWith(".yml");
  }

  /** Without the text. */
  @Override
  public String toString() {
    return changelog + '/' + file + '#' + position;
  }
}

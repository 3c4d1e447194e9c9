package io.copyhold.config.secret;

import io.copyhold.runtime.ProblemException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Secrets in the control database, sealed (AES-256-GCM) under a key file outside it. The name is
 * bound into the seal, so a row copied under another name does not open.
 *
 * <p>Every machine needs the same key file. When another process on this machine rotated the key,
 * the file is read again.
 */
public final class SealedSecrets implements Secrets {
  /** Not the name of any secret: a {@link SecretRef} has no space. */
  private static final byte[] CHECK = "copyhold key check".getBytes(StandardCharsets.UTF_8);

  private final SecretRows rows;
  private final Path file;
  private volatile KeyFile key;

  private SealedSecrets(SecretRows rows, Path file, KeyFile key) {
    this.rows = rows;
    this.file = file;
    this.key = key;
  }

  /**
   * Opens the store. The key file is made at the first use, when the database holds nothing sealed.
   *
   * @param rows in the control database
   * @throws ProblemException the key file is missing, open to other users or not the one that this
   *     database was sealed with, or the database is away
   */
  public static SealedSecrets open(SecretRows rows, Path keyFile) {
    try {
      Optional<byte[]> check = rows.check();
      KeyFile key = check.isEmpty() ? KeyFile.readOrCreate(keyFile) : KeyFile.read(keyFile);
      requireSameKey(key, keyFile, rows.checkOr(key.seal(CHECK, CHECK)));
      return new SealedSecrets(rows, keyFile, key);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("cannot seal", e);
    }
  }

  @Override
  public void put(SecretRef ref, Secret secret) {
    rows.put(ref.name(), seal(ref, secret));
  }

  @Override
  public Optional<Secret> get(SecretRef ref) {
    return rows.get(ref.name()).map(sealed -> unseal(ref, sealed));
  }

  @Override
  public Secret getOrPut(SecretRef ref, Supplier<Secret> make) {
    Optional<Secret> there = get(ref);
    while (there.isEmpty()) {
      rows.putIfAbsent(ref.name(), seal(ref, make.get()));
      there = get(ref); // empty only when it was deleted meanwhile
    }
    return there.get();
  }

  @Override
  public boolean delete(SecretRef ref) {
    return rows.delete(ref.name());
  }

  /**
   * Adds a fresh key to the key file and seals every secret again under it, one by one; safe to
   * repeat after a crash. Old keys stay in the file, for backups of the database. With several
   * machines, copy the new file to the others before they read a secret.
   *
   * @return how many secrets were sealed again
   */
  public int rotate() {
    key = KeyFile.read(file).rotate(file);
    int sealed = 0;
    for (String name : rows.names()) {
      SecretRef ref = new SecretRef(name);
      sealed += rows.change(name, old -> seal(ref, unseal(ref, old))) ? 1 : 0;
    }
    return sealed;
  }

  private byte[] seal(SecretRef ref, Secret secret) {
    try {
      return key.seal(secret.revealBytes(), bound(ref));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("cannot seal " + ref, e);
    }
  }

  private Secret unseal(SecretRef ref, byte[] sealed) {
    try {
      return Secret.of(key.open(sealed, bound(ref)));
    } catch (GeneralSecurityException e) {
      key = KeyFile.read(file); // another process may have added a key
    }
    try {
      return Secret.of(key.open(sealed, bound(ref)));
    } catch (GeneralSecurityException e) {
      throw new ProblemException(
          "secret-unreadable",
          "The secret " + ref + " in the control database cannot be opened with " + file + ".",
          "It was changed in the database, or sealed under a key that this file lacks: put it anew"
              + " or restore the newest key file.",
          e);
    }
  }

  private static byte[] bound(SecretRef ref) {
    return ref.name().getBytes(StandardCharsets.UTF_8);
  }

  private static void requireSameKey(KeyFile key, Path file, byte[] check) {
    try {
      if (key.open(check, CHECK).length == CHECK.length) {
        return;
      }
    } catch (GeneralSecurityException e) {
      // said below
    }
    throw new ProblemException(
        "key-file-wrong",
        "The key file "
            + file
            + " is not the one that the secrets of this database are sealed with.",
        "Restore the right key file; it was made beside the first node of this database.");
  }
}

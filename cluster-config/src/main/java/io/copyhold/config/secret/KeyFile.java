package io.copyhold.config.secret;

import com.google.crypto.tink.Aead;
import com.google.crypto.tink.InsecureSecretKeyAccess;
import com.google.crypto.tink.KeysetHandle;
import com.google.crypto.tink.RegistryConfiguration;
import com.google.crypto.tink.TinkJsonProtoKeysetFormat;
import com.google.crypto.tink.aead.AeadConfig;
import com.google.crypto.tink.aead.PredefinedAeadParameters;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.process.ProtectedFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.security.GeneralSecurityException;
import java.util.Set;

/**
 * The key that seals secrets: a Tink keyset (AES-256-GCM) in a file of mode 0600, outside the
 * database. The first key of the set seals, all of them open; so a key is changed by adding one.
 */
final class KeyFile {
  private static final Set<PosixFilePermission> FOREIGN =
      Set.of(
          PosixFilePermission.GROUP_READ,
          PosixFilePermission.GROUP_WRITE,
          PosixFilePermission.OTHERS_READ,
          PosixFilePermission.OTHERS_WRITE);

  static {
    try {
      AeadConfig.register();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JDK lacks AES-GCM", e);
    }
  }

  private final KeysetHandle keys;
  private final Aead aead;

  private KeyFile(KeysetHandle keys) throws GeneralSecurityException {
    this.keys = keys;
    this.aead = keys.getPrimitive(RegistryConfiguration.get(), Aead.class);
  }

  /**
   * Reads the file.
   *
   * @throws ProblemException it is missing, open to others, or no key file
   */
  static KeyFile read(Path file) {
    try {
      if (!Files.exists(file)) {
        throw new ProblemException(
            "key-file-missing",
            "The key file " + file + " is missing, and secrets sealed under it exist.",
            "Restore it from where it was kept; without it the secrets cannot be opened.");
      }
      if (Files.getPosixFilePermissions(file).stream().anyMatch(FOREIGN::contains)) {
        throw new ProblemException(
            "key-file-open",
            "The key file " + file + " may be read or changed by other users.",
            "Give it mode 0600, and change the key if others had access.");
      }
      return parse(Files.readString(file));
    } catch (GeneralSecurityException e) {
      // without the cause: a parser's message may quote the key
      throw new ProblemException(
          "key-file-wrong",
          "The file " + file + " is not a key file.",
          "Restore it from where it was kept.");
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read the key file " + file, e);
    }
  }

  /** Makes the file with a fresh key unless there is one, and reads it. */
  static KeyFile readOrCreate(Path file) {
    try {
      if (!Files.exists(file)) {
        Path parent = file.toAbsolutePath().getParent();
        if (parent != null) {
          Files.createDirectories(parent);
        }
        KeysetHandle fresh =
            KeysetHandle.generateNew(
                PredefinedAeadParameters.AES256_GCM, RegistryConfiguration.get());
        ProtectedFile.create(file, text(fresh));
      }
      return read(file);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("cannot make a key", e);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot make the key file " + file, e);
    }
  }

  /** Adds a fresh key that seals from now on, and replaces the file. */
  KeyFile rotate(Path file) {
    try {
      KeysetHandle more =
          KeysetHandle.newBuilder(keys)
              .addEntry(
                  KeysetHandle.generateEntryFromParameters(PredefinedAeadParameters.AES256_GCM)
                      .withRandomId()
                      .makePrimary())
              .build();
      ProtectedFile.write(file, text(more));
      return new KeyFile(more);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("cannot add a key", e);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write the key file " + file, e);
    }
  }

  /** Number of keys in the set. */
  int size() {
    return keys.size();
  }

  byte[] seal(byte[] plain, byte[] bound) throws GeneralSecurityException {
    return aead.encrypt(plain, bound);
  }

  byte[] open(byte[] sealed, byte[] bound) throws GeneralSecurityException {
    return aead.decrypt(sealed, bound);
  }

  private static KeyFile parse(String text) throws GeneralSecurityException {
    return new KeyFile(
        TinkJsonProtoKeysetFormat.parseKeyset(
            text, RegistryConfiguration.get(), InsecureSecretKeyAccess.get()));
  }

  private static String text(KeysetHandle keys) throws GeneralSecurityException {
    return TinkJsonProtoKeysetFormat.serializeKeyset(
        keys, RegistryConfiguration.get(), InsecureSecretKeyAccess.get());
  }

  @Override
  public String toString() {
    return "KeyFile(hidden)";
  }
}

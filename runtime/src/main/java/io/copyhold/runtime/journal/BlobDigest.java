package io.copyhold.runtime.journal;

import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;

/** What names a blob, and tells whether its bytes are still the same. */
final class BlobDigest {
  private BlobDigest() {}

  static byte[] of(byte[] content) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(content);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  /** The content, if it has that digest. */
  static byte[] checked(byte[] content, byte[] wanted) {
    if (!Arrays.equals(of(content), wanted)) {
      throw new ProblemException(
          Problem.of(Problem.Kind.FAULT, "blob-corrupt", "its bytes do not fit their digest")
              .at("blob " + HexFormat.of().formatHex(wanted))
              .todo("restore this row from a backup of the control database"));
    }
    return content;
  }

  static ProblemException tooLarge(int bytes) {
    return new ProblemException(
        Problem.of(
                Problem.Kind.TOO_LARGE,
                "blob-too-large",
                bytes + " bytes are too many: the limit is " + Blobs.MAX_BYTES)
            .todo("split it"));
  }
}

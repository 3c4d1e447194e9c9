package io.copyhold.http.node;

import io.copyhold.http.auth.TokenText;
import io.copyhold.http.auth.Tokens;
import io.copyhold.runtime.Await;
import io.copyhold.runtime.PortAdapter;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.process.ProtectedFile;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The operator's token that a new cluster begins with, in a file of mode 0600 in the data
 * directory. Written before it is made valid, so that a lost answer loses no token.
 */
@PortAdapter
public final class FirstToken {
  private static final Logger log = LoggerFactory.getLogger(FirstToken.class);
  private static final long RETRY_MS = 1_000;
  private static final Problem NO_ANSWER =
      Problem.unavailable("no-answer", "The entity of the first token does not answer.");

  private FirstToken() {}

  public static Path file(Path data) {
    return data.resolve("operator.token");
  }

  /** Blocks until the cluster has a first token, this one or an earlier one. */
  static void ensure(Tokens tokens, Path data) throws IOException, InterruptedException {
    Path file = file(data);
    boolean mine = false;
    if (!Files.exists(file)) {
      Path fresh = data.resolve("operator.token." + ProcessHandle.current().pid());
      ProtectedFile.write(fresh, tokens.candidate().reveal() + "\n");
      try {
        Files.createLink(file, fresh); // only one of several nodes on this machine succeeds
        mine = true;
      } catch (FileAlreadyExistsException e) {
        log.atDebug().log("another node of this machine was first");
      } finally {
        Files.delete(fresh);
      }
    }
    TokenText candidate =
        TokenText.parse(Files.readString(file).strip())
            .orElseThrow(() ->
                new ProblemException(
                    "token-file-unreadable",
                    "The file " + file + " holds no token.",
                    "Put the operator's token back, or remove the file."));
    while (true) {
      try {
        if (!Await.answer(tokens.bootstrap(candidate), NO_ANSWER)) {
          log.atInfo().log(
              "the cluster has its first token already; it is not the one in this directory");
          if (mine) {
            Files.delete(file);
          }
        }
        return;
      } catch (ProblemException e) {
        log.atDebug().setCause(e).log("the first token is not made yet; tried again");
        Thread.sleep(RETRY_MS); // ends here when the node does
      }
    }
  }
}

package io.copyhold.chaos.checker;

import io.copyhold.chaos.checker.Verdict.Finding;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Fences never go back: of all that is seen of a home while things go wrong, no operation's token
 * is lower than one seen before.
 */
public final class FenceWatch {
  private final Finding finding = new Finding("fences", "sights");
  private final Map<String, Book.Fence> highest = new HashMap<>();

  /** One more look at the stores. */
  public synchronized void saw(List<Book> books) {
    for (Book book : books) {
      for (Book.Fence fence : book.fences()) {
        finding.looked();
        String of = book.name() + " " + book.database() + " " + fence.operation();
        Book.Fence before = highest.put(of, fence);
        if (before != null
            && (fence.term() < before.term()
                || fence.term() == before.term() && fence.attempt() < before.attempt())) {
          finding.wrong(
              "%s: the token went back from %d.%d to %d.%d"
                  .formatted(of, before.term(), before.attempt(), fence.term(), fence.attempt()));
        }
      }
    }
  }

  public synchronized Verdict verdict() {
    return finding.verdict();
  }
}

package io.copyhold.tenants.placement;

import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.view.Directory;
import io.copyhold.runtime.view.Page;
import io.copyhold.runtime.view.Query;
import io.copyhold.runtime.view.Row;
import java.util.List;

/** One page of the directory, for steps: an interrupted wait is "not now". */
final class Listed {
  private Listed() {}

  static Page page(Directory directory, Query query) {
    try {
      return directory.list(query);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ProblemException(Problem.unavailable("interrupted", "Stopped while listing."), e);
    }
  }

  static List<Row> rows(Directory directory, Query query) {
    return page(directory, query).rows();
  }
}

package io.copyhold.chaos.checker;

import io.copyhold.chaos.checker.Verdict.Finding;
import io.copyhold.runtime.postgres.ControlDatabase;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.util.Set;
import java.util.TreeSet;

/** Reads what the control database keeps besides the journal. */
public final class ControlBook {
  private static final String AGENDA = "select entity, name from copyhold.agenda";

  private static final String PERMITS =
      """
      select b.store, b.kind, b.declared, sum(l.amount)
      from copyhold.permit_budget b join copyhold.permit_lease l using (store, kind)
      where l.until > clock_timestamp()
      group by b.store, b.kind, b.declared
      """;

  private ControlBook() {}

  /** {@code tenant/acme operations}, one for each row of the agenda. */
  public static Set<String> agenda(ControlDatabase control) {
    return control.now(connection -> {
      Set<String> rows = new TreeSet<>();
      try (PreparedStatement s = connection.prepareStatement(AGENDA);
          ResultSet r = s.executeQuery()) {
        while (r.next()) {
          rows.add(r.getString(1) + " " + r.getString(2));
        }
      }
      return rows;
    });
  }

  /** What nodes may use of a store together is never more than it declared. */
  public static Verdict permits(ControlDatabase control) {
    Finding finding = new Finding("permits", "budgets");
    return control.now(connection -> {
      try (PreparedStatement s = connection.prepareStatement(PERMITS);
          ResultSet r = s.executeQuery()) {
        while (r.next()) {
          finding.looked();
          if (r.getLong(4) > r.getLong(3)) {
            finding.wrong(
                "%s declared %d %s permits, and its nodes hold %d"
                    .formatted(r.getString(1), r.getLong(3), r.getString(2), r.getLong(4)));
          }
        }
      }
      return finding.verdict();
    });
  }
}

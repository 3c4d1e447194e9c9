package io.copyhold.chaos.demo;

import io.copyhold.chaos.workload.Invoicing;
import java.time.Duration;
import java.util.List;

/** What the story measured and found; what is printed is this. */
record DemoResult(
    int nodes,
    Duration start,
    Onboarded onboarded,
    Loaded loaded,
    Rolled rolled,
    Outage outage,
    Proof proof) {

  /**
   * @param took from the first request until the directory showed the last tenant as active
   */
  record Onboarded(int tenants, Duration took) {}

  record Loaded(Invoicing.Totals totals, Duration took) {}

  /**
   * @param homes that the rollout took to the target version
   * @param beforeKill homes that had the version when the node was killed
   * @param running operations on homes that were running then
   * @param took from the request to the rollout's end, the outage included
   * @param sinceKill from the kill to the rollout's end
   */
  record Rolled(int homes, int beforeKill, int running, Duration took, Duration sinceKill) {}

  /**
   * @param pid of the process that was killed
   * @param restarted from the kill until the supervisor had a new process running
   * @param silent from the last good answer before to the first one after
   * @param longestOtherwise the longest time without a good answer before the kill
   */
  record Outage(long pid, Duration restarted, Duration silent, Duration longestOtherwise) {}

  /**
   * What the databases and the journal say afterwards.
   *
   * @param homesAtTarget by the ledger in each home: every script once, in order, unchanged
   * @param scripts that the ledgers have beyond the version before the rollout
   * @param shapes different table structures among the homes; 1 when all are alike
   * @param tenantsAsExpected whose rows are those of their seed, at the new version
   * @param attempts of the steps that migrated homes
   * @param attemptsLost begun, never completed, and run again
   * @param intrusions tried with one tenant's login at another's rows
   * @param intrusionsRefused how many of them met nothing or a refusal
   * @param settingsAcknowledged changes that the API confirmed during the rollout
   * @param settingsLost confirmed and not in the tenant's history
   * @param settingsDoubled in a tenant's history more than once
   * @param paymentsAcknowledged commits that applications saw during the rollout
   * @param paymentsLost committed and not there
   * @param slowestPayment the longest wait of an application for one commit
   * @param wrong what is not as it should be, in words; empty is good
   */
  record Proof(
      int homesAtTarget,
      int scripts,
      int shapes,
      int tenantsAsExpected,
      int attempts,
      int attemptsLost,
      int intrusions,
      int intrusionsRefused,
      int settingsAcknowledged,
      int settingsLost,
      int settingsDoubled,
      int paymentsAcknowledged,
      int paymentsLost,
      Duration slowestPayment,
      List<String> wrong) {
    Proof {
      wrong = List.copyOf(wrong);
    }
  }
}

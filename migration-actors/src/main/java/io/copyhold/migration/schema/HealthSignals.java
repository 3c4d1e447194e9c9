package io.copyhold.migration.schema;

import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import java.net.URI;
import java.time.Duration;
import java.util.OptionalDouble;

/** Port to what says whether all is well beside the homes themselves. Blocks. */
public interface HealthSignals {
  /** Of one question to a home or an address: whoever is well answers sooner. */
  Duration LIMIT = Duration.ofSeconds(5);

  /**
   * The status of one GET.
   *
   * @param limit for all of it
   * @throws ProblemException {@code probe-refused} for an address that is not asked, {@code
   *     probe-failed} when there is no answer
   */
  int status(URI url, Duration limit);

  /** A metric of this node, summed over its labels; empty when there is none of this name. */
  OptionalDouble metric(String name);

  /** Where nothing is asked. */
  HealthSignals NONE =
      new HealthSignals() {
        @Override
        public int status(URI url, Duration limit) {
          throw new ProblemException(
              Problem.conflict("probe-refused", "this node asks no addresses")
                  .at(String.valueOf(url.getHost()))
                  .todo("leave the probe out"));
        }

        @Override
        public OptionalDouble metric(String name) {
          return OptionalDouble.empty();
        }
      };
}

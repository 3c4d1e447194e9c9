package io.copyhold.migration.tenant;

import com.fasterxml.jackson.databind.JsonNode;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.entity.Reply;
import io.copyhold.runtime.journal.Mappers;
import io.copyhold.runtime.operation.RetryPolicy;
import io.copyhold.runtime.operation.Step;
import io.copyhold.runtime.operation.StepContext;
import io.copyhold.runtime.operation.StepResult;
import io.copyhold.tenants.placement.Claim;
import io.copyhold.tenants.placement.PlaceRequest;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Reserves a place at the first candidate that grants one. The list proposes, the store or pool
 * disposes. Its data is {@link Place}; undoing withdraws the reservation, also one that was
 * confirmed.
 *
 * @param candidates ids to ask, in order; may block
 */
record TakePlace(Desk desk, Claim claim, Supplier<List<String>> candidates) implements Step {
  static final String NAME = "place";

  /** The directory may be some seconds behind a store that was just registered. */
  private static final RetryPolicy SOON =
      new RetryPolicy(8, Duration.ofMillis(250), Duration.ofSeconds(3));

  /**
   * @param at index of the candidate that is asked next
   */
  record Asking(List<String> ids, int at) {
    String id() {
      return ids.get(at);
    }
  }

  /**
   * What was granted.
   *
   * @param id of the store or pool
   * @param store where that is
   */
  record Place(String id, String store) {}

  /** What an earlier step of this kind was granted. */
  static Place of(StepContext step) {
    return Mappers.JSON.convertValue(step.data(NAME), Place.class);
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public RetryPolicy retry() {
    return SOON;
  }

  @Override
  public StepResult run(StepContext step) {
    Asking asking = asking(step);
    if (asking != null) {
      return desk.ask(asking.id(), new PlaceRequest.Reserve(claim, Desk.HOLD));
    }
    List<String> ids = candidates.get();
    return ids.isEmpty()
        ? StepResult.notNow(Duration.ZERO, none())
        : StepResult.again(new Asking(ids, 0), Duration.ZERO, 0, 0);
  }

  private Problem none() {
    return switch (desk) {
      case STORE ->
          Problem.unavailable("no-store-fits", "no ready store of that region and tier has room")
              .at(claim.holder())
              .todo("register a store there, undrain one, or raise its capacity");
      case POOL ->
          Problem.unavailable(
                  "no-pool-fits",
                  "no open pool of that region and tier follows the changelog and has room")
              .at(claim.holder())
              .todo("create a pool there, or raise its limit");
    };
  }

  @Override
  public StepResult answered(StepContext step, List<Reply> replies) {
    Asking asking = asking(step);
    return switch (replies.getFirst()) {
      case Reply.Applied applied -> StepResult.done(place(asking, applied));
      case Reply.Refused _ when asking != null && asking.at() + 1 < asking.ids().size() ->
          StepResult.again(new Asking(asking.ids(), asking.at() + 1), Duration.ZERO, 0, 0);
      case Reply.Refused(var problem) -> StepResult.over(problem);
      case Reply.NotNow(var after, _, var problem) -> StepResult.notNow(after, problem);
    };
  }

  private Place place(@Nullable Asking asking, Reply.Applied applied) {
    String id = applied.entity().id();
    JsonNode store = applied.view().path("store");
    return new Place(asking == null ? id : asking.id(), desk == Desk.STORE ? id : store.asText());
  }

  @Override
  public StepResult undo(StepContext step) {
    JsonNode placed = step.data(NAME);
    Asking asking = asking(step);
    if (placed.hasNonNull("id")) {
      return desk.ask(placed.get("id").asText(), new PlaceRequest.Withdraw(claim));
    }
    return asking == null
        ? StepResult.done()
        : desk.ask(asking.id(), new PlaceRequest.Withdraw(claim));
  }

  private static @Nullable Asking asking(StepContext step) {
    return step.checkpoint()
        .map(node -> Mappers.JSON.convertValue(node, Asking.class))
        .orElse(null);
  }
}

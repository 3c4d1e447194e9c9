package io.copyhold.tenants.store;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.copyhold.runtime.Await;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.entity.Entities;
import io.copyhold.runtime.entity.Reply;
import io.copyhold.runtime.journal.Mappers;

/** How stores are registered, asked of the store entities themselves. */
public final class EntityAddresses implements DataStores.Addresses, StoreBudgets.Declared {
  private final Entities entities;

  public EntityAddresses(Entities entities) {
    this.entities = entities;
  }

  @Override
  public StoreAddress find(String store) {
    return registration(store).address();
  }

  @Override
  public int amount(String store, String kind) {
    Store.Capacity capacity = registration(store).capacity();
    return kind.equals(Permits.WORK) ? capacity.workMax() : capacity.connectionsMax();
  }

  private Store.Registration registration(String store) {
    Reply reply =
        Await.answer(
            entities.read(new EntityRef(Store.TYPE.name(), store)),
            Problem.unavailable("store-not-read", "The store's registration cannot be read now.")
                .at(store));
    return switch (reply) {
      case Reply.Applied applied -> registration(store, applied.view());
      case Reply.Refused _ -> throw unknown(store);
      case Reply.NotNow(_, _, var problem) -> throw new ProblemException(problem);
    };
  }

  private static Store.Registration registration(String store, JsonNode view) {
    JsonNode registration = view.path("registration");
    if (registration.isMissingNode()) {
      throw unknown(store);
    }
    try {
      return Mappers.JSON.treeToValue(registration, Store.Registration.class);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("the registration of store " + store + " is unreadable", e);
    }
  }

  private static ProblemException unknown(String store) {
    return new ProblemException(
        Problem.notFound("store-unknown", "No store " + store + " is registered.")
            .at(store)
            .todo("Register it, or name another."));
  }
}

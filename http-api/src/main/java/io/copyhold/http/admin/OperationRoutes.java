package io.copyhold.http.admin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.entity.Entities;
import io.copyhold.runtime.entity.History;
import io.copyhold.runtime.entity.Reply;
import io.copyhold.runtime.journal.Mappers;
import io.copyhold.runtime.operation.Operation;
import io.copyhold.runtime.operation.Proof;
import io.copyhold.runtime.operation.Proofs;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Operations: listed, read, explained, and signalled through their owner. */
final class OperationRoutes {
  static final String ITEM = "/v1/operations/{ownerType}/{ownerId}/{name}/{generation}";

  /** The body of an approval. */
  record Approval(String signal, @Nullable JsonNode data) {}

  /** The body of a choice: did the effect of unknown outcome happen? */
  record Choice(Boolean happened) {}

  private final Entities entities;
  private final Resource.Shared shared;
  private final Resource resource;
  private final Proofs proofs;

  OperationRoutes(Resource.Shared shared, Proofs proofs) {
    this.proofs = proofs;
    this.entities = shared.entities();
    this.shared = shared;
    this.resource =
        new Resource(
            EntityRef.OPERATION, "/v1/operations", ITEM, OperationRoutes::operation, shared);
  }

  List<Route> routes(int bodyBytesMax) {
    List<Route> routes = new ArrayList<>(resource.reads());
    routes.add(Route.get(ITEM + "/explain", this::explain));
    routes.add(signal("pause", _ -> new Operation.Command.Pause()));
    routes.add(signal("resume", _ -> new Operation.Command.Resume()));
    routes.add(signal("cancel", _ -> new Operation.Command.Cancel()));
    routes.add(signal("retry", _ -> new Operation.Command.Retry()));
    routes.add(
        signal(
                "approve",
                call -> {
                  Approval approval = call.body(Approval.class);
                  return new Operation.Command.Approve(approval.signal(), approval.data());
                })
            .withBody(bodyBytesMax));
    routes.add(
        signal("choose", call -> new Operation.Command.Choose(call.body(Choice.class).happened()))
            .withBody(bodyBytesMax));
    return routes;
  }

  private Route signal(String word, Resource.Commanding commanding) {
    return Route.command(
        "POST",
        ITEM + "/" + word,
        call -> {
          resource.entity(call);
          Object command = commanding.command(call);
          EntityRef owner = owner(call);
          String name = name(call);
          Reply reply =
              call.await(
                  call.dryRun()
                      ? entities.dryRunSignal(owner, name, command, call.origin())
                      : entities.signal(owner, name, command, call.origin()));
          return Resource.changed(reply);
        });
  }

  private Answer explain(Call call) throws InterruptedException {
    EntityRef operation = resource.entity(call);
    History.Past past = OperationPast.read(call, shared, operation);
    ObjectNode tree = Entries.named(operation, past.version());
    tree.set("state", past.summary().path("state"));
    tree.set("reasons", past.view().path("explain"));
    if (!tree.path("reasons").isArray()) {
      tree.set("reasons", Mappers.JSON.createArrayNode());
    }
    Proofs.Finding finding = call.await(proofs.of(operation));
    tree.put("stranded", finding.stranded());
    ArrayNode seen = tree.putArray("proofs");
    for (Proof proof : finding.proofs()) {
      seen.addObject()
          .put("kind", proof.kind())
          .put("holds", proof.holds())
          .put("text", proof.text());
    }
    return Answer.json(200, tree);
  }

  static EntityRef operation(Call call) {
    return owner(call).operation(name(call));
  }

  private static EntityRef owner(Call call) {
    return Paths.entity(call.value("ownerType"), call.value("ownerId"));
  }

  private static String name(Call call) {
    String generation = call.value("generation");
    if (!generation.matches("[0-9]{1,9}")) {
      throw new ProblemException(
          Problem.notFound("operation-not-found", "there is no such operation")
              .at(call.route().path())
              .todo(
                  "an operation is named by its owner, name and number: tenant/acme/provision/1"));
    }
    return Paths.segment(call.value("name")) + "/" + generation;
  }
}

package io.copyhold.http.admin;

import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.entity.History;
import io.copyhold.runtime.operation.Operation;

/**
 * Reads an operation, which is its owner's child, from the journal. An answer to a command names an
 * operation a moment before it is journaled; so one that is not there yet is asked for at its
 * owner, whose answer comes after the start, and read again.
 */
final class OperationPast {
  private OperationPast() {}

  /**
   * @throws ProblemException when there is no such operation
   */
  static History.Past read(Call call, Resource.Shared shared, EntityRef operation)
      throws InterruptedException {
    History.Past past = call.await(shared.history().at(operation, Long.MAX_VALUE));
    if (past.exists()) {
      return past;
    }
    String[] parts = operation.id().split("/", 3);
    call.await(
        shared
            .entities()
            .dryRunSignal(
                new EntityRef(parts[0], parts[1]),
                parts[2],
                new Operation.Command.Resume(),
                call.origin().withKey(null).withExpectedVersion(null)));
    past = call.await(shared.history().at(operation, Long.MAX_VALUE));
    if (!past.exists()) {
      throw new ProblemException(
          Problem.notFound("operation-not-found", "there is no " + operation)
              .todo(
                  "list the operations of its owner: /v1/operations?filter=owner:"
                      + parts[0]
                      + "/"
                      + parts[1]));
    }
    return past;
  }
}

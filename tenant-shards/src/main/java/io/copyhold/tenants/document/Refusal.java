package io.copyhold.tenants.document;

import io.copyhold.runtime.Problem;

/**
 * Why an operation cannot be applied to a shape.
 *
 * @param index of the operation in its document, from 0
 * @param operation as documents write it: {@code add_column}
 * @param object what it is about: {@code orders.email}
 * @param code stable, kebab-case: {@code column-exists}
 * @param why one sentence
 * @param todo what the author can do about it
 */
public record Refusal(
    int index, String operation, String object, String code, String why, String todo) {

  public Problem problem() {
    return Problem.invalid(
            code, "operation " + index + " (" + operation + ") on " + object + ": " + why)
        .at("#/operations/" + index + "/" + operation)
        .todo(todo);
  }
}

/**
 * Fixtures of the HTTP tests: a node with an in-memory journal, a client, and the contract's
 * checker.
 */
@org.jspecify.annotations.NullMarked
package io.copyhold.http;

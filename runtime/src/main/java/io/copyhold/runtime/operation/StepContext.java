package io.copyhold.runtime.operation;

import com.fasterxml.jackson.databind.JsonNode;
import io.copyhold.runtime.EntityRef;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What a step's attempt is given. */
public interface StepContext {
  /** The operation: {@code operation/tenant/acme/provision/1}. */
  EntityRef operation();

  /** Who owns it: {@code tenant/acme}. */
  EntityRef owner();

  /**
   * The same for every attempt of this step and iteration, so that the far side can deduplicate.
   */
  String key();

  FenceToken token();

  /** 1 for the first attempt of the step. */
  int attempt();

  /** 0 for the first run; one more after each {@link StepResult.Again}. */
  int iteration();

  /** When the attempt began. */
  Instant now();

  /** W3C trace context to hand on, or null. */
  @Nullable String traceparent();

  /**
   * The last checkpoint of this step, as given to {@link #progress} or {@link StepResult.Again}.
   */
  Optional<JsonNode> checkpoint();

  /** What an earlier step returned; a missing node where it returned nothing. */
  JsonNode data(String step);

  /**
   * Says how far the step has come. Cheap: of several calls in a short time the last one is
   * journaled. A checkpoint must be true already, for example committed at the store.
   *
   * @param total 0 when unknown
   * @param checkpoint what a later attempt needs to go on from here, at most 16 KiB, or null to
   *     keep the last
   */
  void progress(long done, long total, @Nullable Object checkpoint);

  /** True when the step should come to an end at the next safe point: hand-off, pause or cancel. */
  boolean stopping();

  /**
   * {@code cancel} is called (from another thread) when the step should stop: cancel the statement
   * there.
   */
  AutoCloseable onStop(Runnable cancel);
}

package io.copyhold.http.admin;

import io.copyhold.runtime.operation.Proofs;
import io.copyhold.runtime.replay.Replays;

/**
 * What looks behind the state of things.
 *
 * @param proofs whether what an operation waits for can come
 * @param replays the past, driven again
 */
public record Diagnosis(Proofs proofs, Replays replays) {}

package io.copyhold.runtime.entity;

import io.copyhold.runtime.agenda.Agenda;
import io.copyhold.runtime.telemetry.Telemetry;
import java.time.InstantSource;
import java.util.concurrent.Executor;
import java.util.random.RandomGenerator;

/**
 * The world as the runtime sees it. Production and the simulation differ only here (and in the
 * journal, which is configured).
 *
 * @param clock for decisions; the agenda has its own
 * @param random for jitter; not for secrets
 * @param steps runs blocking steps: virtual threads in production, the pump in simulation
 * @param node address of this node, as the agenda and events show it
 */
public record Ports(
    InstantSource clock,
    RandomGenerator random,
    Executor steps,
    Agenda agenda,
    Ownership ownership,
    Entities entities,
    Quarantines quarantines,
    Telemetry telemetry,
    ShellSettings settings,
    String node) {}

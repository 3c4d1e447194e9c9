/**
 * What a node is told and finds out: profiles, membership, settings, flags and secrets. It knows
 * nodes and configuration, not tenants.
 */
@NullMarked
package io.copyhold.config;

import org.jspecify.annotations.NullMarked;

/**
 * The demo: one story that starts everything, onboards tenants, rolls a schema change out, kills
 * the server in the middle, and then proves what happened. Whatever it says was measured in that
 * run.
 */
@NullMarked
package io.copyhold.chaos.demo;

import org.jspecify.annotations.NullMarked;

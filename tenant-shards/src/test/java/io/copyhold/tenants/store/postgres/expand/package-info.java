/**
 * Schema changes on a real server. One harness takes every operation through its whole life in
 * every strategy.
 */
@NullMarked
package io.copyhold.tenants.store.postgres.expand;

import org.jspecify.annotations.NullMarked;

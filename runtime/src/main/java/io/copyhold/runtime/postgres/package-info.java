/**
 * Everything about PostgreSQL that knows no tenant: quoting, password verifiers, connections and
 * pools, the control database's schema, and a launcher for a server of our own. An adapter to the
 * outside world: time, threads and processes are real in here.
 */
@NullMarked
package io.copyhold.runtime.postgres;

import org.jspecify.annotations.NullMarked;

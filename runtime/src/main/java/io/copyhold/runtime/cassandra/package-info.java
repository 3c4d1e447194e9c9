/**
 * Apache Cassandra as the control plane's own database: how it is reached, its tables, and a server
 * of our own. Journal, agenda and the other ports that stand on it live beside their PostgreSQL
 * ones.
 */
@NullMarked
package io.copyhold.runtime.cassandra;

import org.jspecify.annotations.NullMarked;

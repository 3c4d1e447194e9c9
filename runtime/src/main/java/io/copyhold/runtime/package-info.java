/**
 * What knows no tenant: the entity shell, the operation engine, the agenda, journal, views,
 * telemetry and security. Every other module stands on this one and it depends on none of them.
 */
@NullMarked
package io.copyhold.runtime;

import org.jspecify.annotations.NullMarked;

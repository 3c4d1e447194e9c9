/**
 * Tenants, the stores and pools they live in, and how they are isolated and placed. Each is an
 * entity of the runtime; what changes them for long is an operation.
 */
@NullMarked
package io.copyhold.tenants;

import org.jspecify.annotations.NullMarked;

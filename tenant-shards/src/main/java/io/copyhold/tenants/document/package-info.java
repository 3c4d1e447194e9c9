/**
 * Migration documents in pgroll's published form, the shape of a schema, and what a document makes
 * of a shape. Pure: no database, actor, clock or randomness in here.
 */
@NullMarked
package io.copyhold.tenants.document;

import org.jspecify.annotations.NullMarked;

/**
 * What may stall, fail or leak in documents and SQL scripts, with the reason and a safer way to say
 * it. It reads text and, where there is one, the shape of the schema; it never asks a database.
 */
@NullMarked
package io.copyhold.tenants.document.lint;

import org.jspecify.annotations.NullMarked;

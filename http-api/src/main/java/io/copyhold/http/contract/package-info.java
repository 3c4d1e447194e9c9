/**
 * The contract: one page of OpenAPI 3.1 that every answer is held against by tests. It is served as
 * it is written, and as JSON.
 */
@NullMarked
package io.copyhold.http.contract;

import org.jspecify.annotations.NullMarked;

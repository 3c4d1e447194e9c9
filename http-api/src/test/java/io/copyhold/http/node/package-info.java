/** Tests of how a node is put together. */
@NullMarked
package io.copyhold.http.node;

import org.jspecify.annotations.NullMarked;

/** Operations of stores: looking whether a server can be used, and making it ready for homes. */
@NullMarked
package io.copyhold.migration.store;

import org.jspecify.annotations.NullMarked;

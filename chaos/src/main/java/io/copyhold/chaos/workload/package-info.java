/**
 * What tenants' applications do to their databases: the sample application with its schema in
 * versions and its seeded rows. Used by the demo, the tour and the tests.
 */
@NullMarked
package io.copyhold.chaos.workload;

import org.jspecify.annotations.NullMarked;

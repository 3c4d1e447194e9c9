/**
 * One machine's processes and how nodes find each other: the supervisor that owns the databases and
 * the node processes, and the membership that meets in the control database.
 */
@NullMarked
package io.copyhold.config.node;

import org.jspecify.annotations.NullMarked;

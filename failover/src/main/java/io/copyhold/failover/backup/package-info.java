/**
 * The control plane's own backups: taken, listed, thinned out, restored, and drilled by bringing
 * the newest one to life beside the live database. When that is due, the entity {@code
 * control-backup/control} knows.
 */
@NullMarked
package io.copyhold.failover.backup;

import org.jspecify.annotations.NullMarked;

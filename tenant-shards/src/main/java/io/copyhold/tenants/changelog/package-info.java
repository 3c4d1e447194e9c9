/**
 * Changelogs: the ordered schema versions that homes follow. The entity keeps digests only; the
 * scripts themselves lie in the blobs, and a target names exactly one list of them.
 */
@NullMarked
package io.copyhold.tenants.changelog;

import org.jspecify.annotations.NullMarked;

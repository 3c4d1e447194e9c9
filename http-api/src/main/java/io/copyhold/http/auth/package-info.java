/**
 * Who may do what over HTTP: tokens, their roles and permissions, and the limits on how often one
 * may ask. The secret of a token is shown once and stored as a hash.
 */
@NullMarked
package io.copyhold.http.auth;

import org.jspecify.annotations.NullMarked;

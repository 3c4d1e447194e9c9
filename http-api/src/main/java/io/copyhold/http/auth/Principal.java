package io.copyhold.http.auth;

import org.jspecify.annotations.Nullable;

/**
 * Who asks.
 *
 * @param token id of the token
 * @param name the token's name
 * @param scope the tenants an application is bound to; null for the other roles
 */
public record Principal(String token, String name, Role role, @Nullable Scope scope) {
  /** As it stands beside every event this principal causes. */
  public String origin() {
    return "token:" + name + "/" + token;
  }

  public boolean may(Permission permission) {
    return Permissions.granted(role).contains(permission);
  }
}

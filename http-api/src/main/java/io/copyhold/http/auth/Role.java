package io.copyhold.http.auth;

import com.fasterxml.jackson.annotation.JsonProperty;

/** What a token is for. {@link Permissions} says what each may do. */
public enum Role {
  /** Runs the platform: may do everything. */
  @JsonProperty("operator")
  OPERATOR,
  /** Looks at everything except tokens and connection strings, changes nothing. */
  @JsonProperty("reader")
  READER,
  /** A program of one or some tenants: sees these alone, and may connect to them. */
  @JsonProperty("application")
  APPLICATION;

  /** As it stands in JSON. */
  public String word() {
    return name().toLowerCase(java.util.Locale.ROOT);
  }

  static Role of(String word) {
    for (Role role : values()) {
      if (role.word().equals(word)) {
        return role;
      }
    }
    throw new IllegalArgumentException("no role " + word);
  }
}

package io.copyhold.http.admin;

import io.copyhold.tenants.store.ConnectionInfo;
import io.copyhold.tenants.tenant.Home;

/** Port to how a tenant's applications connect, password included. Blocks. */
@FunctionalInterface
public interface Connections {
  /** Where, and the password. It never stands in a log. */
  record Found(ConnectionInfo info, char[] password) {
    @Override
    public String toString() {
      return "Found[" + info + ", …]";
    }
  }

  /**
   * @throws io.copyhold.runtime.ProblemException when the store or the secret cannot be read
   */
  Found find(String tenant, Home home) throws InterruptedException;
}

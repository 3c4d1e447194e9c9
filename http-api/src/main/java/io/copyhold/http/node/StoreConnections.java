package io.copyhold.http.node;

import io.copyhold.config.secret.SecretRef;
import io.copyhold.config.secret.Secrets;
import io.copyhold.http.admin.Connections;
import io.copyhold.tenants.store.DataStores;
import io.copyhold.tenants.tenant.Home;

/** How a tenant's applications connect: where from its store, the password from the secrets. */
record StoreConnections(DataStores stores, Secrets secrets) implements Connections {
  @Override
  public Found find(String tenant, Home home) {
    SecretRef password = Home.password(tenant, home.birth());
    return new Found(
        stores.get(home.ref().store()).connection(home.ref(), tenant),
        secrets.require(password).reveal().toCharArray());
  }
}

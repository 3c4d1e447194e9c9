package io.copyhold.config.secret;

class InMemorySecretsTest extends SecretsContract {
  @Override
  Secrets open() {
    return new InMemorySecrets();
  }
}

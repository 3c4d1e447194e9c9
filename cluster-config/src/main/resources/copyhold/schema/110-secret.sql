-- Secrets, sealed under a key that is never in this database. The name is bound into the seal.
CREATE TABLE copyhold.secret (
  name text PRIMARY KEY,
  version integer NOT NULL,
  sealed bytea NOT NULL,
  created timestamptz NOT NULL DEFAULT now()
);

-- A constant under the same key: tells a wrong key from a damaged secret.
CREATE TABLE copyhold.secret_key_check (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  sealed bytea NOT NULL
);

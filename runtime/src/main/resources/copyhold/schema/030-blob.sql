-- Immutable bytes by the SHA-256 of their content, at most 4 MiB each.
CREATE TABLE copyhold.blob (
  digest bytea PRIMARY KEY CHECK (octet_length(digest) = 32),
  content bytea NOT NULL CHECK (octet_length(content) <= 4194304),
  added timestamptz NOT NULL DEFAULT now()
);

-- Who is there: one row per address, kept alive by the database's own clock.
CREATE TABLE copyhold.node (
  address text PRIMARY KEY,
  uid bigint NOT NULL,
  name text NOT NULL,
  process text NOT NULL,
  incarnation bigint NOT NULL,
  state text NOT NULL CHECK (state IN ('starting', 'up', 'ended')),
  registered timestamptz NOT NULL,
  heartbeat timestamptz NOT NULL
);

-- Which cluster is the cluster: raised by the one node that forms a new one.
CREATE TABLE copyhold.incarnation (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  incarnation bigint NOT NULL,
  formed_by text NOT NULL,
  formed timestamptz NOT NULL DEFAULT now()
);

INSERT INTO copyhold.incarnation (incarnation, formed_by) VALUES (0, 'nobody');

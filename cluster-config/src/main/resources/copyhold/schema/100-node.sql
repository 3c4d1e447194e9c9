-- Who is there: one row per address, kept alive by the database's own clock.
CREATE TABLE copyhold.node (
  address text PRIMARY KEY,
  uid bigint NOT NULL,
  name text NOT NULL,
  process text NOT NULL,
  incarnation bigint NOT NULL,
  state text NOT NULL CHECK (state IN ('starting', 'up', 'ended')),
  registered timestamptz NOT NULL,
  heartbeat timestamptz NOT NULL,
  -- what the node says of itself, as JSON
  report text NOT NULL DEFAULT '{}',
  -- what an operator wants of it
  wish text NOT NULL DEFAULT '' CHECK (wish IN ('', 'leave', 'restart'))
);

-- Which cluster is the cluster: raised by the one node that forms a new one.
CREATE TABLE copyhold.incarnation (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  incarnation bigint NOT NULL,
  formed_by text NOT NULL,
  formed timestamptz NOT NULL DEFAULT now(),
  -- no shard is moved for the sake of balance before this
  steady_until timestamptz NOT NULL DEFAULT now()
);

INSERT INTO copyhold.incarnation (incarnation, formed_by) VALUES (0, 'nobody');

-- Which side of a split goes on: whoever holds the row may remove the others.
CREATE TABLE copyhold.sbr_lease (
  name text PRIMARY KEY,
  owner text NOT NULL,
  since timestamptz NOT NULL,
  until timestamptz NOT NULL
);

-- How far a replay of an entity's past has come, so that it can be resumed.
CREATE TABLE copyhold.replay (
  entity text NOT NULL,
  name text NOT NULL,
  -- The last of the entity's own events that was driven.
  version bigint NOT NULL,
  changed timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (entity, name)
);

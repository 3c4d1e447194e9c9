-- One row per life of a node; it goes when that life ends cleanly. One that stays tells the next life that an entity
-- may be to blame.
CREATE TABLE copyhold.life (
  node text PRIMARY KEY,
  -- What stays the same over the lives of one node: its name.
  name text NOT NULL,
  began timestamptz NOT NULL DEFAULT clock_timestamp(),
  -- When another node saw that it was gone without a farewell.
  lost timestamptz
);

-- Entities whose replay has begun and not ended, noted only for a while after a node was lost.
CREATE TABLE copyhold.in_hand (
  entity text PRIMARY KEY,
  -- The node that replays it, or did when it died.
  node text NOT NULL,
  -- Not under way: its turn has not come yet, or it went well. A death of its node says nothing about it.
  waiting boolean NOT NULL DEFAULT false,
  -- Nodes that died with this replay under way, one after the other.
  deaths integer NOT NULL DEFAULT 0,
  -- The event under way; 0 where not noted: only a replay under suspicion is noted event by event.
  under_way bigint NOT NULL DEFAULT 0,
  -- The event that was under way at the last death.
  version bigint NOT NULL DEFAULT 0
);

-- What each node can run: operation types with their versions, NAME@VERSION.
CREATE TABLE copyhold.definition (
  node text NOT NULL,
  definition text NOT NULL,
  PRIMARY KEY (node, definition)
);

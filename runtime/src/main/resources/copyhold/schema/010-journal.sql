-- A later term is higher, across all nodes and for ever.
CREATE SEQUENCE copyhold.term;

-- Who owns a shard of an entity type. A claim raises the term; an append under an older one is refused.
CREATE TABLE copyhold.shard_term (
  type text NOT NULL,
  shard integer NOT NULL,
  term bigint NOT NULL,
  node text NOT NULL,
  claimed timestamptz NOT NULL DEFAULT clock_timestamp(),
  -- Second key of the shard's advisory lock; the first is copyhold.lock_space().
  lock integer GENERATED ALWAYS AS IDENTITY UNIQUE,
  PRIMARY KEY (type, shard)
);

-- Everything that ever happened.
CREATE TABLE copyhold.event (
  -- Key of the entity's events, type|id.
  entity text NOT NULL,
  -- 1 and up, without a gap.
  version bigint NOT NULL,
  -- Entity type, stable name and shape: tenant/provisioned/1.
  name text NOT NULL,
  -- CBOR; io.copyhold.runtime.journal.Codec reads it.
  payload bytea NOT NULL,
  -- When it was decided, and who caused it.
  at timestamptz NOT NULL,
  principal text NOT NULL,
  -- The term under which it was written.
  term bigint NOT NULL,
  -- 0 to 15, by io.copyhold.runtime.Slices.
  slice smallint NOT NULL,
  -- The writing transaction. The order of `ordering` alone skips what commits late; whoever follows the journal goes
  -- from snapshot to snapshot, in the order of (xid, ordering).
  xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
  ordering bigint GENERATED ALWAYS AS IDENTITY,
  PRIMARY KEY (entity, version)
);

CREATE INDEX event_feed ON copyhold.event (xid, ordering);

-- A cache of states; any row may vanish, and events are replayed instead.
CREATE TABLE copyhold.snapshot (
  entity text NOT NULL,
  version bigint NOT NULL,
  -- Milliseconds since 1970, as Pekko counts.
  at bigint NOT NULL,
  -- Entity type and shape of its state.
  name text NOT NULL,
  payload bytea NOT NULL,
  PRIMARY KEY (entity, version)
);

-- First key of the advisory locks of shards.
CREATE FUNCTION copyhold.lock_space() RETURNS integer IMMUTABLE LANGUAGE sql RETURN 7401;

-- Makes the node the owner of a shard; tells its new term and the key of its lock. Waits for appends under way: whoever
-- recovers an entity afterwards sees everything that its former owner could write.
CREATE FUNCTION copyhold.claim_shard(p_type text, p_shard integer, p_node text, OUT term bigint, OUT lock integer)
LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO copyhold.shard_term (type, shard, term, node) VALUES (p_type, p_shard, 0, '')
    ON CONFLICT DO NOTHING;
  SELECT t.lock INTO lock FROM copyhold.shard_term AS t WHERE t.type = p_type AND t.shard = p_shard;
  PERFORM pg_advisory_xact_lock(copyhold.lock_space(), lock);
  UPDATE copyhold.shard_term AS t
    SET term = nextval('copyhold.term'), node = p_node, claimed = clock_timestamp()
    WHERE t.type = p_type AND t.shard = p_shard RETURNING t.term INTO term;
END $$;

-- Microseconds since 1970, exactly.
CREATE FUNCTION copyhold.instant(micros bigint) RETURNS timestamptz IMMUTABLE LANGUAGE sql
  RETURN timestamptz 'epoch' + micros * interval '1 microsecond';

-- Stores writes of many entities at once, and with each the agenda rows that go with it. One statement and one
-- transaction: a client that stops in the middle holds no lock. Answers which shards have another owner by now, as
-- places in p_lock; of these nothing is stored; null means none. Fails as a whole when a version is taken; the caller
-- then brings the writes one by one.
--
-- p_lock and p_term have one element per shard and term, in the order of the locks; the others name their shard by its
-- place there. Times are microseconds since 1970.
CREATE FUNCTION copyhold.append(
  p_node text, p_lock integer[], p_term bigint[],
  e_shard integer[], e_entity text[], e_version bigint[], e_name text[], e_payload bytea[], e_at bigint[],
  e_principal text[], e_slice smallint[],
  r_shard integer[], r_entity text[], r_name text[], r_due bigint[], r_hash integer[],
  d_shard integer[], d_entity text[], d_name text[]
) RETURNS integer[]
LANGUAGE plpgsql AS $$
DECLARE
  lost integer[];
BEGIN
  PERFORM pg_advisory_xact_lock_shared(copyhold.lock_space(), w.lock) FROM unnest(p_lock) AS w (lock);

  -- A statement of its own: it must see what was committed before the locks were had.
  SELECT array_agg(w.n) INTO lost
  FROM unnest(p_lock, p_term) WITH ORDINALITY AS w (lock, term, n)
  WHERE NOT EXISTS (SELECT FROM copyhold.shard_term AS t WHERE t.lock = w.lock AND t.term = w.term);

  INSERT INTO copyhold.event (entity, version, name, payload, at, principal, term, slice)
  SELECT e.entity, e.version, e.name, e.payload, copyhold.instant(e.at), e.principal, p_term[e.shard], e.slice
  FROM unnest(e_shard, e_entity, e_version, e_name, e_payload, e_at, e_principal, e_slice)
    AS e (shard, entity, version, name, payload, at, principal, slice)
  WHERE lost IS NULL OR e.shard <> ALL (lost);

  IF cardinality(r_shard) > 0 THEN
    INSERT INTO copyhold.agenda (entity, name, due, next, hash, node)
    SELECT r.entity, r.name, copyhold.instant(r.due), copyhold.instant(r.due), r.hash, p_node
    FROM unnest(r_shard, r_entity, r_name, r_due, r_hash) AS r (shard, entity, name, due, hash)
    WHERE lost IS NULL OR r.shard <> ALL (lost)
    ORDER BY r.entity, r.name
    ON CONFLICT (entity, name) DO UPDATE
    SET due = excluded.due, next = excluded.due, node = excluded.node, missed = 0;
  END IF;

  IF cardinality(d_shard) > 0 THEN
    DELETE FROM copyhold.agenda USING (
      SELECT a.entity, a.name FROM copyhold.agenda AS a
      JOIN unnest(d_shard, d_entity, d_name) AS d (shard, entity, name) USING (entity, name)
      WHERE lost IS NULL OR d.shard <> ALL (lost)
      ORDER BY a.entity, a.name FOR UPDATE OF a
    ) AS gone
    WHERE agenda.entity = gone.entity AND agenda.name = gone.name;
  END IF;

  RETURN lost;
END $$;

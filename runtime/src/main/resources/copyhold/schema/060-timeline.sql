-- Which past this database has. A new timeline begins when it is found on another server than before: restored from
-- a backup, or on a standby that was promoted. What had been acknowledged before may then be missing here.
CREATE TABLE copyhold.timeline (
  -- Terms up to it may have been given out before the timeline began, here or in the past that was lost; names the
  -- timeline.
  floor bigint PRIMARY KEY,
  -- System identifier and server timeline on which it began.
  server text NOT NULL,
  reason text NOT NULL,
  since timestamptz NOT NULL DEFAULT clock_timestamp(),
  -- When every home had been looked at; null before.
  verified timestamptz
);

-- Owners whose homes were compared with them since the timeline began, whatever came of it.
CREATE TABLE copyhold.verified (
  entity text PRIMARY KEY,
  timeline bigint NOT NULL,
  at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX verified_at ON copyhold.verified (timeline, at);

-- The server that answers. Fails on a standby.
CREATE FUNCTION copyhold.server() RETURNS text STABLE LANGUAGE sql
RETURN (SELECT system_identifier FROM pg_control_system())::text || '/'
  || ('x' || substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8))::bit(32)::int::text;

-- Begins a new timeline: outdates every term that was ever given out, so nobody who holds one can store an event, and
-- says that all homes are to be looked at. Terms rise with time, so that two restores of one backup differ, too.
CREATE FUNCTION copyhold.begin_timeline(p_reason text) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
  floor_now bigint;
BEGIN
  LOCK TABLE copyhold.timeline IN SHARE ROW EXCLUSIVE MODE;
  LOCK TABLE copyhold.shard_term IN EXCLUSIVE MODE;
  SELECT greatest(extract(epoch FROM clock_timestamp())::bigint << 22,
      (SELECT last_value FROM copyhold.term) + (1 << 22), (SELECT max(floor) FROM copyhold.timeline) + (1 << 22))
    INTO floor_now;
  PERFORM setval('copyhold.term', floor_now);
  UPDATE copyhold.shard_term SET term = nextval('copyhold.term'), node = '';
  INSERT INTO copyhold.timeline (floor, server, reason) VALUES (floor_now, copyhold.server(), p_reason);
  RETURN floor_now;
END $$;

-- Called on every new connection before anything else: what stores events cannot pass by a server that changed.
CREATE FUNCTION copyhold.arrive() RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  here text := copyhold.server();
BEGIN
  IF here IS NOT DISTINCT FROM (SELECT server FROM copyhold.timeline ORDER BY floor DESC LIMIT 1) THEN
    RETURN;
  END IF;
  LOCK TABLE copyhold.timeline IN SHARE ROW EXCLUSIVE MODE;
  IF here IS DISTINCT FROM (SELECT server FROM copyhold.timeline ORDER BY floor DESC LIMIT 1) THEN
    PERFORM copyhold.begin_timeline('server-changed');
  END IF;
END $$;

INSERT INTO copyhold.timeline (floor, server, reason, verified) VALUES (0, copyhold.server(), 'begun', now());

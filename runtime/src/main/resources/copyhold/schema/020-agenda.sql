-- Which entity must wake when. Due is this server's time.
CREATE TABLE copyhold.agenda (
  entity text NOT NULL,
  name text NOT NULL,
  due timestamptz NOT NULL,
  -- When it is handed out (again): due, or later while somebody is at it.
  next timestamptz NOT NULL,
  -- The node that put it; when that node is lost, all its rows are due at once.
  node text NOT NULL,
  -- 0 to 65535, by the first four hexadecimal digits of the MD5 of the entity's persistence id: which worker
  -- takes it.
  hash integer NOT NULL,
  -- How often it was handed out before without an answer.
  missed integer NOT NULL DEFAULT 0,
  PRIMARY KEY (entity, name)
);

CREATE INDEX agenda_next ON copyhold.agenda (next);
CREATE INDEX agenda_node ON copyhold.agenda (node);

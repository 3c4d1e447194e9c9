-- What a store declared: its row is locked while leases on it are granted.
CREATE TABLE copyhold.permit_budget (
  store text NOT NULL,
  kind text NOT NULL,
  declared integer NOT NULL CHECK (declared >= 0),
  PRIMARY KEY (store, kind)
);

-- What a node may use until then, by the clock of this database. An amount of zero asks the others for a share.
CREATE TABLE copyhold.permit_lease (
  store text NOT NULL,
  kind text NOT NULL,
  node text NOT NULL,
  amount integer NOT NULL CHECK (amount >= 0),
  until timestamptz NOT NULL,
  PRIMARY KEY (store, kind, node),
  FOREIGN KEY (store, kind) REFERENCES copyhold.permit_budget
);

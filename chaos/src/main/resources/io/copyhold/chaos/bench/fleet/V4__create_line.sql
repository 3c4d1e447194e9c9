CREATE TABLE line (
  purchase_id bigint NOT NULL REFERENCES purchase (id),
  position int NOT NULL,
  article text NOT NULL,
  amount numeric(12, 2) NOT NULL,
  PRIMARY KEY (purchase_id, position)
);

CREATE TABLE purchase (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  account_id bigint NOT NULL REFERENCES account (id),
  total numeric(12, 2) NOT NULL CHECK (total >= 0),
  placed timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX purchase_account ON purchase (account_id, placed);

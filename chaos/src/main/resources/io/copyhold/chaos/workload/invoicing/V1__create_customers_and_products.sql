-- Who buys, and what there is to buy. Every table says whose a row is, first in every key: so the same
-- script fits a database or schema of one tenant, and tables that many tenants share.
create table customer (
  tenant_id text not null default copyhold.tenant(),
  id bigint not null,
  name text not null,
  email text not null,
  city text not null,
  primary key (tenant_id, id),
  unique (tenant_id, email)
);

create table product (
  tenant_id text not null default copyhold.tenant(),
  id bigint not null,
  sku text not null,
  name text not null,
  unit_cents bigint not null check (unit_cents > 0),
  primary key (tenant_id, id),
  unique (tenant_id, sku)
);

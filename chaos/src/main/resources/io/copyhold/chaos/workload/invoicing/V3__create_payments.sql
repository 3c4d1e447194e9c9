-- What came in. An invoice may be paid in parts.
create table payment (
  tenant_id text not null default copyhold.tenant(),
  id bigint not null,
  invoice_id bigint not null,
  paid_on date not null,
  cents bigint not null check (cents > 0),
  primary key (tenant_id, id),
  foreign key (tenant_id, invoice_id) references invoice (tenant_id, id)
);

create index payment_by_invoice on payment (tenant_id, invoice_id);

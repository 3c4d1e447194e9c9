-- What was sold. A line keeps the price of its day, whatever becomes of the product's.
create table invoice (
  tenant_id text not null default copyhold.tenant(),
  id bigint not null,
  customer_id bigint not null,
  issued_on date not null,
  status text not null check (status in ('draft', 'sent', 'paid')),
  primary key (tenant_id, id),
  foreign key (tenant_id, customer_id) references customer (tenant_id, id)
);

create table invoice_line (
  tenant_id text not null default copyhold.tenant(),
  invoice_id bigint not null,
  position int not null,
  product_id bigint not null,
  quantity int not null check (quantity > 0),
  unit_cents bigint not null check (unit_cents > 0),
  primary key (tenant_id, invoice_id, position),
  foreign key (tenant_id, invoice_id) references invoice (tenant_id, id) on delete cascade,
  foreign key (tenant_id, product_id) references product (tenant_id, id)
);

create index invoice_by_customer on invoice (tenant_id, customer_id);
create index invoice_line_by_product on invoice_line (tenant_id, product_id);

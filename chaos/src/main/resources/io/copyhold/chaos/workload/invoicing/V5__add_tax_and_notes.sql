-- Tax in hundredths of a percent, and what people write beside an invoice.
alter table invoice_line add column tax_basis_points int not null default 1900
  check (tax_basis_points between 0 and 10000);

create table note (
  tenant_id text not null default copyhold.tenant(),
  invoice_id bigint not null,
  position int not null,
  body text not null check (length(body) between 1 and 4000),
  primary key (tenant_id, invoice_id, position),
  foreign key (tenant_id, invoice_id) references invoice (tenant_id, id) on delete cascade
);

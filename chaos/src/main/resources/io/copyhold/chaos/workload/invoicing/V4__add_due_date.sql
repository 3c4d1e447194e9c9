-- When an invoice should be paid: thirty days after it was written, for those that are there already.
alter table invoice add column due_on date;

update invoice set due_on = issued_on + 30;

create index invoice_by_due_date on invoice (tenant_id, due_on) where status = 'sent';

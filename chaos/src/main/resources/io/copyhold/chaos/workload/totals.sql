-- What of a tenant's seeded rows is there. Reads only columns that versions 1 to 3 have.
with c as (select 'customer|' || id || '|' || name || '|' || email || '|' || city as text from customer),
p as (select 'product|' || id || '|' || sku || '|' || name || '|' || unit_cents as text from product),
i as (
  select 'invoice|' || id || '|' || customer_id || '|' || to_char(issued_on, 'YYYY-MM-DD') || '|' || status as text
  from invoice),
l as (
  select quantity * unit_cents as cents,
    'line|' || invoice_id || '|' || position || '|' || product_id || '|' || quantity || '|' || unit_cents as text
  from invoice_line),
y as (
  select cents,
    'payment|' || id || '|' || invoice_id || '|' || to_char(paid_on, 'YYYY-MM-DD') || '|' || cents as text
  from payment where id < ?),
e as (
  select text from c union all select text from p union all select text from i
  union all select text from l union all select text from y)
select (select count(*) from c), (select count(*) from p), (select count(*) from i),
  (select count(*) from l), (select count(*) from y),
  (select coalesce(sum(cents), 0)::bigint from l), (select coalesce(sum(cents), 0)::bigint from y),
  (select coalesce(sum(('x' || left(md5(text), 8))::bit(32)::bigint), 0)::bigint from e)

-- What Copyhold keeps in every database with homes. Safe to repeat; belongs to the control role.

create table if not exists copyhold.format (format int primary key);

create table if not exists copyhold.home (
  home text primary key,
  isolation text not null,
  database text not null,
  schema text not null,
  owner text not null,
  app text not null,
  state text not null,
  adopted boolean not null default false,
  changelog text not null,
  version text not null default '',
  position int not null default 0,
  epoch bigint not null default 1,
  since timestamptz not null default now()
);

create table if not exists copyhold.member (
  role name primary key,
  home text not null references copyhold.home,
  tenant text not null,
  epoch bigint not null default 1,
  suspended boolean not null default false,
  since timestamptz not null default now(),
  unique (home, tenant)
);

-- The timeline of the control plane (see there) in which the owner was last found to agree with what stands here. A
-- write of another one is refused: of an older one for ever, of a newer one until somebody has compared.
alter table copyhold.home add column if not exists timeline bigint not null default 0;
alter table copyhold.member add column if not exists timeline bigint not null default 0;

-- The tables, columns, constraints and indexes of the home after its last migration, a line each; null while one
-- stands half-way. What differs later was changed by somebody else.
alter table copyhold.home add column if not exists shape text;

create table if not exists copyhold.ledger (
  home text not null references copyhold.home,
  position int not null,
  version text not null,
  file text not null,
  checksum text not null,
  key text not null,
  at timestamptz not null default clock_timestamp(),
  millis bigint not null,
  baseline boolean not null default false,
  primary key (home, position)
);

-- A statement outside a transaction has begun: what is found of it afterwards is ours.
create table if not exists copyhold.intent (
  home text not null references copyhold.home,
  position int not null,
  checksum text not null,
  at timestamptz not null default clock_timestamp(),
  primary key (home, position)
);

-- The same for an index of a schema change, by its name; built says that it came to its end.
create table if not exists copyhold.building (
  home text not null references copyhold.home,
  name text not null,
  checksum text not null,
  built boolean not null default false,
  at timestamptz not null default clock_timestamp(),
  primary key (home, name)
);

-- How far a backfill is. A chunk and its cursor are one transaction. Cursor and bound are keys of the table as text,
-- in the order of key_columns; ("ctid") means places in the table and not keys.
create table if not exists copyhold.backfill (
  home text not null references copyhold.home,
  name text not null,
  tenant text not null default '',
  checksum text not null,
  state text not null default 'running',
  key_columns text[] not null,
  key_types text[] not null,
  parts text[] not null,
  part int not null default 0,
  pass int not null default 1,
  lower_key text[],
  upper_key text[],
  chunk_rows int not null,
  done_rows bigint not null default 0,
  skipped_rows bigint not null default 0,
  expected_rows bigint not null default 0,
  begun timestamptz not null default clock_timestamp(),
  at timestamptz not null default clock_timestamp(),
  primary key (home, name, tenant)
);

-- Rows that a backfill could not do and was told to go on without.
create table if not exists copyhold.backfill_skipped (
  home text not null references copyhold.home,
  name text not null,
  tenant text not null default '',
  place text not null,
  key text[] not null,
  sqlstate text not null,
  message text not null,
  at timestamptz not null default clock_timestamp(),
  primary key (home, name, tenant, place, key)
);

create table if not exists copyhold.fence (
  home text not null references copyhold.home,
  owner text not null,
  operation text not null,
  term bigint not null,
  attempt bigint not null,
  key text not null,
  at timestamptz not null default clock_timestamp(),
  primary key (home, operation)
);

-- A pool has a row for each of its tenants: what asks for one operation or for old rows must not read all.
create index if not exists fence_by_owner on copyhold.fence (home, owner);
create index if not exists fence_by_age on copyhold.fence (home, at);

-- Whose rows this session may see: the tenant of its login role, which no SQL can change. The control role alone
-- (it owns this function) may act as a tenant, for a transaction.
create or replace function copyhold.tenant() returns text
language sql stable security definer parallel safe
set search_path = pg_catalog, pg_temp
return coalesce(
  (select m.tenant from copyhold.member m where m.role = session_user and not m.suspended),
  case when session_user = current_user
    then nullif(current_setting('copyhold.as_tenant', true), '') end);

-- True while the control role runs a script over all tenants of a pool.
create or replace function copyhold.migrating() returns boolean
language sql stable security definer parallel safe
set search_path = pg_catalog, pg_temp
return session_user = current_user
  and coalesce(current_setting('copyhold.migrating', true), '') = 'on';

drop function if exists
  copyhold.enter(text, text, text, bigint, bigint, text, bigint, text, interval);

-- Locks the home and lets a fence pass (ok, with the home's state) or says what keeps it out: home-missing,
-- stale-timeline, unverified, stale-token, stale-epoch. A fence is of one timeline, by the term of its token.
create or replace function copyhold.enter(
  of_home text, of_owner text, of_operation text, of_timeline bigint, of_term bigint, of_attempt bigint, of_key text,
  of_epoch bigint, of_tenant text, keep interval, out verdict text, out seen text)
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  h copyhold.home;
  f copyhold.fence;
  m copyhold.member;
begin
  select * into h from copyhold.home where home = of_home for update;
  if not found then
    verdict := 'home-missing';
    return;
  end if;
  if h.isolation = 'POOL' and of_tenant is not null then
    select * into m from copyhold.member where home = of_home and tenant = of_tenant;
  end if;
  if coalesce(m.timeline, h.timeline) <> of_timeline then
    verdict := case when of_timeline < coalesce(m.timeline, h.timeline) then 'stale-timeline' else 'unverified' end;
    seen := coalesce(m.timeline, h.timeline)::text;
    return;
  end if;
  select * into f from copyhold.fence
    where home = of_home and owner = of_owner
      and (term > of_term
        or (operation = of_operation and term = of_term and attempt > of_attempt))
    order by term desc, attempt desc limit 1;
  if found then
    verdict := 'stale-token';
    seen := f.term || '.' || f.attempt || ' of ' || f.operation;
    return;
  end if;
  if h.isolation = 'POOL' and of_tenant is not null then
    if m.epoch > of_epoch then
      verdict := 'stale-epoch';
      seen := m.epoch::text;
      return;
    end if;
    update copyhold.member set epoch = of_epoch
      where home = of_home and tenant = of_tenant and epoch < of_epoch;
  else
    if h.epoch > of_epoch then
      verdict := 'stale-epoch';
      seen := h.epoch::text;
      return;
    end if;
    if h.epoch < of_epoch then
      update copyhold.home set epoch = of_epoch where home = of_home;
    end if;
  end if;
  delete from copyhold.fence where home = of_home and at < clock_timestamp() - keep;
  insert into copyhold.fence (home, owner, operation, term, attempt, key)
    values (of_home, of_owner, of_operation, of_term, of_attempt, of_key)
    on conflict (home, operation) do update
      set term = excluded.term, attempt = excluded.attempt, key = excluded.key, at = clock_timestamp();
  verdict := 'ok';
  seen := h.state;
end
$$;

-- Versions of a home's schema that clients may speak: live ones, and closed ones that are refused.
create table if not exists copyhold.version (
  home text not null references copyhold.home,
  version text not null,
  live boolean not null,
  at timestamptz not null default clock_timestamp(),
  primary key (home, version)
);

-- Changes of a home's schema in the order of their start. The body is the document as published, the shape what the
-- version before it looked like; both are needed to take the change on or back.
create table if not exists copyhold.change (
  home text not null references copyhold.home,
  number int not null,
  name text not null,
  version text not null,
  before text not null,
  body text not null,
  shape text not null,
  state text not null,
  at timestamptz not null default clock_timestamp(),
  primary key (home, number)
);

-- Steps of a change that are done. One that runs in a transaction commits with its row here.
create table if not exists copyhold.step (
  home text not null,
  number int not null,
  phase text not null,
  step int not null,
  what text not null,
  key text not null,
  at timestamptz not null default clock_timestamp(),
  primary key (home, number, phase, step),
  foreign key (home, number) references copyhold.change on delete cascade
);

-- True when the session speaks this version of the home, or any live one where none is asked for; else an error. What
-- it speaks is a setting of its own and never guessed; base, the tables as they are, is for operators.
create or replace function copyhold.speaks(of_home text, of_version text) returns boolean
language plpgsql stable security definer parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
  said text := coalesce(current_setting('copyhold.version', true), '');
begin
  if said = coalesce(of_version, said)
      and exists (select from copyhold.version v where v.home = of_home and v.version = said and v.live) then
    return true;
  end if;
  if said = 'base' and not exists (select from copyhold.member m where m.role = session_user) then
    return true;
  end if;
  raise exception using
    errcode = 'CH001',
    message = case
      when said = '' then 'The session has not told which version of the schema it speaks.'
      when said = of_version or of_version is null
        then format('Version %s of the schema is not live.', quote_ident(said))
      else format('The session speaks version %s, this belongs to %s.', quote_ident(said), quote_ident(of_version)) end,
    hint = format('SET copyhold.version to one of: %s.', coalesce((select string_agg(v.version, ', ' order by v.version)
      from copyhold.version v where v.home = of_home and v.live), 'none is live'));
end
$$;

-- Before each statement that writes to a table with two shapes; its argument is the home.
create or replace function copyhold.speaking() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  perform copyhold.speaks(tg_argv[0], null);
  return null;
end
$$;

revoke all on all tables in schema copyhold from public;
revoke all on function copyhold.enter(text, text, text, bigint, bigint, bigint, text, bigint, text, interval)
  from public;
grant usage on schema copyhold to public;
insert into copyhold.format values (3) on conflict do nothing;

-- Generated from supabase/schemas by `deno task baseline`; change it there.
--
-- Applies to an empty project and to CircleTel's production project, once or again.

-- Production's tables are in use: rather fail and be run again than hold up the business.
set lock_timeout = '10s';
-- Functions may name what comes further down.
set check_function_bodies = off;

-- schemas/setup/ensure_index.sql

-- Creates an index on a table that may have it already under another name, as CircleTel's tables and the three original
-- ones may, or one that begins with the same columns. What would be built is compared as Postgres prints it, with an index
-- on an empty copy of the table. A hash index takes values of any length, where a tree refuses those over 2.7 kB and with
-- them CircleTel's own write; a tree that is there already does its work too.
create or replace function zoho_sync.ensure_index(
  p_name name, p_table name, p_columns text, p_where text default null, p_method text default 'btree')
returns void
language plpgsql set search_path = '' as $$
declare
  v_text constant text := format('using %s (%s)%s', p_method, p_columns, ' where ' || p_where);
  v_wanted text;
  v_tree text;
begin
  if to_regclass(format('public.%I', p_name)) is not null then return; end if;
  execute format('create temporary table zoho_index_probe (like public.%I) on commit drop', p_table);
  execute 'create index zoho_index_probe_idx on pg_temp.zoho_index_probe ' || v_text;
  select substring(pg_get_indexdef(i.indexrelid) from 'USING .*') into v_wanted
  from pg_catalog.pg_index i where i.indexrelid = 'pg_temp.zoho_index_probe_idx'::regclass;
  drop table pg_temp.zoho_index_probe;
  v_tree := replace(v_wanted, 'USING hash', 'USING btree');
  if exists (
    select from pg_catalog.pg_index i
    cross join lateral (select substring(pg_get_indexdef(i.indexrelid) from 'USING .*') as text) d
    where i.indrelid = format('public.%I', p_table)::regclass and i.indisvalid
      and (d.text in (v_wanted, v_tree)
        or (p_where is null and i.indpred is null and starts_with(d.text, rtrim(v_tree, ')') || ',')))) then
    return;
  end if;
  execute format('create index %I on public.%I %s', p_name, p_table, v_text);
end $$;

-- schemas/setup/extensions.sql

-- pg_net, pg_cron, Vault and pg_trgm where the platform has them. `create schema if not exists pg_catalog` would be refused:
-- Postgres looks at reserved names before it looks whether the schema is there (42939).
--
-- Elsewhere, or where an extension cannot be created, the queue works the same; nothing rings and nothing sweeps until
-- something calls zoho-sync, and the doctor says so. Without pg_trgm a search reads its table from end to end.
do $$
declare
  e record;
begin
  for e in select * from (values ('pg_net', 'extensions'), ('pg_cron', 'pg_catalog'), ('supabase_vault', 'vault'),
      ('pg_trgm', 'extensions'))
    v (name, schema)
  loop
    if not exists (select from pg_catalog.pg_available_extensions a where a.name = e.name)
      or exists (select from pg_catalog.pg_extension x where x.extname = e.name) then
      continue;
    end if;
    begin
      if to_regnamespace(e.schema) is null then
        execute format('create schema %I', e.schema);
      end if;
      execute format('create extension %I with schema %I', e.name, e.schema);
    exception when others then
      raise warning 'zoho_sync: extension % could not be created: % (%)', e.name, sqlerrm, sqlstate
        using hint = 'Switch it on (Dashboard → Database → Extensions), then: select * from zoho_sync.schedule_all()';
    end;
  end loop;
end $$;

-- schemas/setup/original_helpers.sql

-- The original service's three helpers. Production's copies were executable by every role and name their tables without a
-- schema, so that an empty search_path alone would break them. Same parameters under the same names (Postgres does not
-- rename them), our body. A function of the same name with other parameters is not ours and stays.
do $$
declare
  f record;
begin
  for f in
    select h.name, p.oid::regprocedure as signature, h.returns, h.body,
      pg_catalog.pg_get_function_arguments(p.oid) as arguments
    from (values
      ('get_zoho_id', '(text, uuid)', 'text', 'select m.zoho_id from public.zoho_entity_mappings m
        where m.circletel_type = $1 and m.circletel_id = $2'),
      ('get_circletel_id', '(text, text)', 'uuid', 'select m.circletel_id from public.zoho_entity_mappings m
        where m.zoho_type = $1 and m.zoho_id = $2'),
      ('is_entity_synced', '(text, uuid)', 'boolean', 'select exists (select from public.zoho_entity_mappings m
        where m.circletel_type = $1 and m.circletel_id = $2)')
    ) h (name, types, returns, body)
    join pg_catalog.pg_proc p on p.oid = to_regprocedure('public.' || h.name || h.types)
  loop
    execute format('create or replace function public.%I(%s) returns %s language sql stable set search_path = '''' as %L',
      f.name, f.arguments, f.returns, f.body);
  end loop;
end $$;

-- schemas/setup/replace_policies.sql

-- The three original tables are CircleTel's in production. Their policies are replaced whole: three of them were always
-- true for every role, and those for admins may rest on a helper that raises (see zoho_sync.is_active_admin). Their names
-- differ between installations, so they are found by table.
do $$
declare
  p record;
begin
  for p in
    select policyname, tablename from pg_catalog.pg_policies
    where schemaname = 'public' and tablename in ('zoho_tokens', 'zoho_sync_logs', 'zoho_entity_mappings')
  loop
    execute format('drop policy %I on public.%I', p.policyname, p.tablename);
  end loop;
end $$;

-- Triggers that do what production's own do: in production ours came beside a squashed history. Of two before-update triggers on one of the tables, ours goes.
do $$
declare
  t record;
begin
  for t in
    select g.tgrelid::regclass as on_table, g.tgname as name from pg_catalog.pg_trigger g
    where g.tgname in ('zoho_tokens_touch', 'zoho_entity_mappings_touch') and not g.tgisinternal
      and g.tgrelid in ('public.zoho_tokens'::regclass, 'public.zoho_entity_mappings'::regclass)
      and exists (
        select from pg_catalog.pg_trigger o
        where o.tgrelid = g.tgrelid and o.oid <> g.oid and not o.tgisinternal and o.tgtype = g.tgtype)
  loop
    execute format('drop trigger %I on %s', t.name, t.on_table);
  end loop;
  if not exists (select from pg_catalog.pg_trigger g where g.tgname = 'zoho_tokens_touch') then
    drop function if exists public.zoho_tokens_touch();
  end if;
  if not exists (select from pg_catalog.pg_trigger g where g.tgname = 'zoho_entity_mappings_touch') then
    drop function if exists public.zoho_entity_mappings_touch();
  end if;
end $$;

-- The same for the index that holds zoho_tokens to one row.
do $$
begin
  if to_regclass('public.zoho_tokens_single_row') is not null and exists (
    select from pg_catalog.pg_index o join pg_catalog.pg_index i on o.indrelid = i.indrelid and o.indexrelid <> i.indexrelid
    where i.indexrelid = to_regclass('public.zoho_tokens_single_row') and o.indisunique and o.indkey = i.indkey
      and pg_get_expr(o.indexprs, o.indrelid) = pg_get_expr(i.indexprs, i.indrelid)
      and pg_get_expr(o.indpred, o.indrelid) is null)
  then
    drop index public.zoho_tokens_single_row;
  end if;
end $$;

-- schemas/accounts/tables/account_names.sql

-- Under which normalised name a company's key is found by its other spellings. The name is the program's to normalise;
-- no number is kept here: numbers are read from the business rows when they are needed.
create table if not exists zoho_sync.account_names (
  account_key text primary key,
  normalised_name text not null
);
create index if not exists account_names_normalised_name_idx on zoho_sync.account_names (normalised_name);
alter table zoho_sync.account_names enable row level security;

-- schemas/accounts/tables/account_waits.sql

-- Which entities wait for an answer; they are dead letters (ACCOUNT_UNCERTAIN) until then.
create table if not exists zoho_sync.account_waits (
  account_key text not null,
  entity_type text not null,
  entity_id uuid not null,
  primary key (account_key, entity_type, entity_id)
);
alter table zoho_sync.account_waits enable row level security;

-- schemas/accounts/tables/zoho_accounts.sql

-- Accounts have no row of their own in CircleTel: a company is known by its normalised name, a private person
-- by the customer's id. Kept apart from the mappings, whose keys are CircleTel's uuids.
create table if not exists public.zoho_accounts (
  account_key text primary key check (account_key ~ '^(company|customer):.'),
  zoho_id text not null,
  matched_by text not null
    check (matched_by in ('found', 'created', 'registration_number', 'vat_number', 'name', 'chosen')),
  created_at timestamptz not null default now()
);
create index if not exists zoho_accounts_zoho_id_idx on public.zoho_accounts (zoho_id);
alter table public.zoho_accounts enable row level security;
drop policy if exists "active admins read accounts" on public.zoho_accounts;
create policy "active admins read accounts" on public.zoho_accounts
  for select to authenticated using ((select zoho_sync.is_active_admin()));
drop policy if exists "active admins unlink accounts" on public.zoho_accounts;
create policy "active admins unlink accounts" on public.zoho_accounts
  for delete to authenticated using ((select zoho_sync.is_active_admin()));

-- schemas/admin/tables/attempt_hours.sql

-- Attempts and waits by the hour, for hours that are over: 24 h may hold 100,000 of each.
create table if not exists zoho_sync.attempt_hours (
  hour timestamptz primary key,
  succeeded integer not null,
  failed integer not null,
  settled integer not null,
  p50_ms integer,
  p95_ms integer
);
alter table zoho_sync.attempt_hours enable row level security;

-- schemas/alerts/tables/alert_channels.sql

-- Where alerts go, set on the page; a variable of the same channel counts before it. The address is a secret of others, so it
-- is sealed as tokens are, by the functions, and no answer holds it.
create table if not exists zoho_sync.alert_channels (
  name text primary key check (name in ('webhook', 'hook')),
  sealed text not null check (sealed like 'v1:%'),
  set_by text not null,
  set_at timestamptz not null default now()
);
alter table zoho_sync.alert_channels enable row level security;

-- schemas/alerts/tables/zoho_alerts.sql

-- Alerts: sent when they begin and when they end, never in between. What is wrong is decided by alerts/conditions.ts
-- from the status; what is new about it, and which check sends it, is decided here in one transaction.
create table if not exists public.zoho_alerts (
  name text primary key,
  state text not null default 'off' check (state in ('on', 'off')),
  since timestamptz not null default now(),
  -- When it was last turned on; a recovery says how long it lasted.
  began_at timestamptz,
  -- Counts and codes, no personal data.
  detail text,
  muted_until timestamptz,
  -- By channel, the state that was last sent: {"webhook": "on"}.
  told jsonb not null default '{}'::jsonb,
  last_notified_at timestamptz,
  -- A check is sending it until then; after that a killed one no longer counts.
  telling_until timestamptz,
  -- Null: muted before it was ever looked at.
  checked_at timestamptz
);
alter table public.zoho_alerts enable row level security;
drop policy if exists "active admins read alerts" on public.zoho_alerts;
create policy "active admins read alerts" on public.zoho_alerts
  for select to authenticated using ((select zoho_sync.is_active_admin()));

-- schemas/backfill/tables/zoho_backfill_runs.sql

-- Backfill: what was there before the sync was. A run lists its entities once, and from then on the queue is the state:
-- whatever is killed, the rows say what is left to do.

create table if not exists public.zoho_backfill_runs (
  id uuid primary key default gen_random_uuid(),
  entity_type text not null check (entity_type in ('quote', 'contract', 'invoice', 'customer')),
  -- Only entities made since then.
  since timestamptz,
  dry_run boolean not null,
  status text not null default 'running' check (status in ('running', 'finished', 'cancelled')),
  -- An admin's id, or "secret key".
  actor text not null,
  total integer not null default 0,
  -- The entity that was listed last, by when it was made (infinity: not known) and id; the list continues after it.
  listed_made_at timestamptz not null default '-infinity',
  listed_id uuid not null default '00000000-0000-0000-0000-000000000000',
  listed integer not null default 0,
  is_listed boolean not null default false,
  -- What became of how many, or would in a dry run: {create, update, skip, link, refuse}, and why of the refused ones.
  -- Filled in when the run has ended.
  outcome jsonb,
  -- What a dry run says that a real one would cost; null for a real run.
  credits_estimated integer,
  -- What the run itself has cost.
  credits_used integer not null default 0,
  -- Lane 2 of the ledger's quarter in which the run began, before it began.
  credits_before integer not null default 0,
  error_code text,
  error_message text,
  -- One step at a time; a killed one ends by itself.
  step_owner uuid,
  step_until timestamptz,
  started_at timestamptz not null default now(),
  finished_at timestamptz
);
create index if not exists zoho_backfill_runs_started_idx on public.zoho_backfill_runs (started_at desc);
-- Two real runs at once would share one lane and one ledger, and neither could say what it cost.
create unique index if not exists zoho_backfill_runs_open_idx on public.zoho_backfill_runs ((true))
  where not dry_run and status = 'running';
alter table public.zoho_backfill_runs enable row level security;
drop policy if exists "active admins read backfill runs" on public.zoho_backfill_runs;
create policy "active admins read backfill runs" on public.zoho_backfill_runs
  for select to authenticated using ((select zoho_sync.is_active_admin()));

-- schemas/credits/tables/backfill_turn.sql

-- When the backfill lane was last open, in epoch ms. A sequence, because it is read and written outside of transactions:
-- no row that every claim would queue up for.
create sequence if not exists zoho_sync.backfill_turn minvalue 0 start 0;

-- schemas/credits/tables/zoho_credit_ledger.sql

-- Credits spent, by quarter of an hour and lane, so that the rolling 24 h is a sum of at most 288 rows.
create table if not exists public.zoho_credit_ledger (
  quarter timestamptz not null,
  lane smallint not null check (lane between 0 and 2),
  credits integer not null default 0,
  calls integer not null default 0,
  primary key (quarter, lane)
);
alter table public.zoho_credit_ledger enable row level security;
drop policy if exists "active admins read the ledger" on public.zoho_credit_ledger;
create policy "active admins read the ledger" on public.zoho_credit_ledger
  for select to authenticated using ((select zoho_sync.is_active_admin()));

-- schemas/doorbell/tables/doorbell.sql

-- The last moment (epoch ms) at which a drain promised to look at the outbox a little later. A sequence, because it is
-- read by business transactions outside of their snapshot: no stale value under repeatable read, and no row that they
-- could conflict on. Only drains write it.
create sequence if not exists zoho_sync.doorbell minvalue 0 start 0;

-- schemas/doorbell/tables/rings.sql

-- Which of pg_net's requests are ours, so that the doctor judges only their answers. Unlogged like pg_net's own tables: a
-- crash that empties those restarts their ids. Kept for an hour.
create unlogged table if not exists zoho_sync.rings (
  id bigint generated always as identity primary key,
  request_id bigint not null,
  function text not null,
  -- By which it is called again.
  body jsonb not null default '{"reason":"again"}',
  called_at timestamptz not null default clock_timestamp()
);
create index if not exists rings_called_idx on zoho_sync.rings (called_at);
alter table zoho_sync.rings enable row level security;

-- schemas/fields/tables/zoho_fields.sql

-- What this org calls the fields that we write, and what is wrong with them. Zoho answers SUCCESS to a value for a field
-- that is not there and drops it (practitioners' reports; no page says so), so it has to be known before a write.
create table if not exists public.zoho_fields (
  -- Zoho's module: Deals, Quotes, Invoices …
  module text not null,
  -- Our name of the field.
  field text not null,
  -- The org's name of it; ours where the org has no such field.
  api_name text not null,
  -- Zoho's id of the field: it stays when a field is renamed, and changes when it is created again.
  zoho_id text,
  label text not null,
  data_type text,
  is_unique boolean not null default false,
  -- Not every org has it: not being there (data_type is null) is no problem.
  is_optional boolean not null default false,
  -- The values of a picklist, as the API writes them and, in the same order, as people see them.
  options text[] not null default '{}',
  displayed text[] not null default '{}',
  -- missing and read_only: no value arrives. missing_options: these values do not. The others are for a person to know.
  problem text check (problem in ('missing', 'read_only', 'missing_options', 'wrong_type', 'not_unique', 'hidden', 'no_module')),
  missing_options text[] not null default '{}',
  problem_since timestamptz,
  checked_at timestamptz not null default now(),
  primary key (module, field),
  check ((problem is null) = (problem_since is null))
);
alter table public.zoho_fields enable row level security;
drop policy if exists "active admins read fields" on public.zoho_fields;
create policy "active admins read fields" on public.zoho_fields
  for select to authenticated using ((select zoho_sync.is_active_admin()));

-- schemas/identity/tables/former_rows.sql

-- What this database knew of an org before it was adopted for another one: whole rows, kept for 30 days.
create table if not exists zoho_sync.former_rows (
  id bigint generated always as identity primary key,
  org_id text,
  adopted_at timestamptz not null default now(),
  -- The table it comes from; contracts: the Deal that each contract named.
  source text not null,
  content jsonb not null
);
create index if not exists former_rows_adopted_at_idx on zoho_sync.former_rows (adopted_at);
alter table zoho_sync.former_rows enable row level security;

-- schemas/identity/tables/identity.sql

-- The id of this database's notification channel at Zoho, which takes up to 19 digits: fifteen are exact in a JSON number.
create or replace function zoho_sync.new_channel_id() returns text
language sql volatile set search_path = '' as $$
  select (100000000000000 + floor(random() * 899999999999999))::bigint::text;
$$;

-- Whose database this is, one row. A copy (a branch, staging, a restored backup) has the same row and therefore writes
-- nothing until a person adopts it: docs/copies.md.
create table if not exists zoho_sync.identity (
  id boolean primary key default true check (id),
  -- The project whose functions may write, as project_host() says it; null until a function claims for the first time.
  project_host text,
  pinned_at timestamptz,
  -- Zoho's id of the org, pinned before the first write; and when this database was adopted for it, null if it was the first.
  org_id text,
  org_since timestamptz,
  -- Keyed digest of the credentials that were last seen to belong to that org: the same ones need not be asked again.
  org_credentials text,
  channel_id text not null default zoho_sync.new_channel_id() check (channel_id ~ '^[1-9]\d{14}$'),
  -- Since then the sync plans, compares and reports, and writes nothing; null: it writes.
  observing_since timestamptz
);
insert into zoho_sync.identity default values on conflict do nothing;
alter table zoho_sync.identity enable row level security;

-- schemas/incidents/tables/incidents.sql

-- Every time that sending was paused, by a fault or by a person, and what came of it.
create table if not exists zoho_sync.incidents (
  id bigint generated always as identity primary key,
  -- Of the first fault, or PAUSED_BY_HAND.
  code text not null,
  message text,
  -- An admin's id or "secret key"; null for a fault.
  paused_by text,
  began_at timestamptz not null default clock_timestamp(),
  -- When a call went well again, or a person resumed.
  ended_at timestamptz,
  -- The most changes of lanes 0 and 1 that waited at a time; a backfill waits on purpose.
  waited integer not null default 0,
  -- When none was left of what waited at the end.
  arrived_at timestamptz
);
create index if not exists incidents_open_idx on zoho_sync.incidents (id) where ended_at is null or arrived_at is null;
create index if not exists incidents_began_idx on zoho_sync.incidents (began_at);
alter table zoho_sync.incidents enable row level security;

-- schemas/log/tables/zoho_admin_actions.sql

-- The audit log of operators' acts: who, what, when. Only the owner can change or delete a row.
create table if not exists public.zoho_admin_actions (
  id bigint generated always as identity primary key,
  at timestamptz not null default now(),
  -- An admin's id, or "secret key".
  actor text not null,
  action text not null,
  details jsonb not null default '{}'::jsonb
);
create index if not exists zoho_admin_actions_at_idx on public.zoho_admin_actions (at desc);
-- What was done to one entity.
create index if not exists zoho_admin_actions_details_idx on public.zoho_admin_actions using gin (details jsonb_path_ops);
alter table public.zoho_admin_actions enable row level security;
drop policy if exists "active admins read actions" on public.zoho_admin_actions;
create policy "active admins read actions" on public.zoho_admin_actions
  for select to authenticated using ((select zoho_sync.is_active_admin()));

-- schemas/log/tables/zoho_notices.sql

-- What a person should know and no retry will fix: an orphaned record, one that was merged in Zoho, a trigger that could not
-- compare rows. docs/operate.md lists the kinds.
create table if not exists public.zoho_notices (
  id bigint generated always as identity primary key,
  kind text not null,
  -- Null: the notice is about a table or the whole, not about one entity.
  entity_type text check (entity_type in ('quote', 'contract', 'invoice', 'customer')),
  entity_id uuid,
  zoho_type text,
  zoho_id text,
  message text not null,
  created_at timestamptz not null default now(),
  acknowledged_at timestamptz,
  check ((entity_type is null) = (entity_id is null))
);
create index if not exists zoho_notices_open_idx on public.zoho_notices (created_at desc) where acknowledged_at is null;
-- Pages of open ones.
create index if not exists zoho_notices_open_id_idx on public.zoho_notices (id desc) where acknowledged_at is null;
-- What was said of one entity.
create index if not exists zoho_notices_entity_idx on public.zoho_notices (entity_id, created_at desc);
alter table public.zoho_notices enable row level security;
drop policy if exists "active admins read notices" on public.zoho_notices;
create policy "active admins read notices" on public.zoho_notices
  for select to authenticated using ((select zoho_sync.is_active_admin()));

-- schemas/log/tables/zoho_sync_logs.sql

-- Every attempt at a record, and every hint about one, for all kinds of record.

-- The check is found by the column it guards: its name differs between installations.
do $$
declare
  c record;
begin
  for c in
    select con.conname from pg_catalog.pg_constraint con
    join pg_catalog.pg_attribute att on att.attrelid = con.conrelid and att.attname = 'zoho_entity_type'
    where con.conrelid = 'public.zoho_sync_logs'::regclass and con.contype = 'c' and con.conkey = array[att.attnum]
  loop
    execute format('alter table public.zoho_sync_logs drop constraint %I', c.conname);
  end loop;
end $$;
alter table public.zoho_sync_logs add constraint zoho_sync_logs_zoho_entity_type_check
  check (zoho_entity_type in ('Estimates', 'Deals', 'Invoices', 'Contacts', 'Accounts', 'Products'));

alter table public.zoho_sync_logs
  add column if not exists duration_ms integer,
  add column if not exists finished_at timestamptz,
  add column if not exists drain_id uuid,
  add column if not exists cause text,
  -- Of an attempt at an entity's own record: the write revision that it carried, and the status that it was made for.
  add column if not exists revision text,
  add column if not exists made_for text,
  -- unknown: no answer came, or one that was never settled. judged: unknown, and a look that did not show it was settled since.
  add column if not exists outcome text check (outcome in ('unknown', 'confirmed', 'refused', 'judged'));
comment on column public.zoho_sync_logs.request_payload is
  'The fields sent, names and e-mail masked; never an ID number, phone, address or token.';

do $$
begin
  -- The history of one entity, newest first (dashboard, by-hand calls).
  perform zoho_sync.ensure_index('zoho_sync_logs_entity_idx', 'zoho_sync_logs', 'entity_type, entity_id, created_at desc');
  -- The open attempts of one drain.
  perform zoho_sync.ensure_index('zoho_sync_logs_pending_idx', 'zoho_sync_logs', 'drain_id', 'status = ''pending''');
  -- The newest failures: few among many, so that by age alone a million rows would be looked through for fifty.
  perform zoho_sync.ensure_index('zoho_sync_logs_failed_idx', 'zoho_sync_logs', 'created_at desc', 'status = ''failed''');
  -- Whether anything is unknown of a record: asked at every claim, of few rows.
  perform zoho_sync.ensure_index('zoho_sync_logs_unknown_idx', 'zoho_sync_logs', 'entity_type, entity_id', 'outcome = ''unknown''');
  -- Which write of ours a record carries.
  perform zoho_sync.ensure_index('zoho_sync_logs_revision_idx', 'zoho_sync_logs', 'revision', 'revision is not null');
  -- Retention by age.
  perform zoho_sync.ensure_index('zoho_sync_logs_created_at_idx', 'zoho_sync_logs', 'created_at desc');
end $$;

alter table public.zoho_sync_logs enable row level security;
create policy "active admins read sync logs" on public.zoho_sync_logs
  for select to authenticated using ((select zoho_sync.is_active_admin()));
create policy "the sync writes logs" on public.zoho_sync_logs
  for all to service_role using (true) with check (true);

-- schemas/mappings/tables/zoho_entity_mappings.sql

-- Which record belongs to which entity, and what both sides last agreed on (base).
alter table public.zoho_entity_mappings
  -- Base: the field values that Zoho last confirmed or showed, by Zoho api_name; Stage is the one that was agreed on.
  add column if not exists snapshot jsonb not null default '{}'::jsonb,
  -- Stage, status and revision of one agreement move together or not at all. Null: none yet, or the stage is in question.
  add column if not exists agreed_status text,
  add column if not exists revision text,
  -- Corrections that did not stay, by field.
  add column if not exists loops jsonb not null default '{}'::jsonb,
  -- Zoho's Modified_Time at the last look or write; for people to read, never a criterion.
  add column if not exists zoho_modified_at timestamptz,
  -- orphaned: the row is gone in CircleTel. deleted_in_zoho: the record is gone. unlinked: a person said that it is not to be synced.
  add column if not exists state text not null default 'linked'
    check (state in ('linked', 'orphaned', 'deleted_in_zoho', 'unlinked'));

do $$
begin
  -- What points to an Account or a Contact that is gone: without them each that sellers merge reads the table from end to end.
  perform zoho_sync.ensure_index('zoho_entity_mappings_account_idx', 'zoho_entity_mappings',
    '(snapshot #>> ''{Account_Name,id}'')', 'snapshot #>> ''{Account_Name,id}'' is not null');
  perform zoho_sync.ensure_index('zoho_entity_mappings_contact_idx', 'zoho_entity_mappings',
    '(snapshot #>> ''{Contact_Name,id}'')', 'snapshot #>> ''{Contact_Name,id}'' is not null');
end $$;

alter table public.zoho_entity_mappings enable row level security;
create policy "active admins read mappings" on public.zoho_entity_mappings
  for select to authenticated using ((select zoho_sync.is_active_admin()));
create policy "active admins unlink mappings" on public.zoho_entity_mappings
  for delete to authenticated using ((select zoho_sync.is_active_admin()));
create policy "the sync keeps mappings" on public.zoho_entity_mappings
  for all to service_role using (true) with check (true);

-- schemas/outbox/tables/outbox.sql

-- What business transactions append: one row per statement (and per 10,000 ids), never changed by them. They lock nothing
-- here that another one wants, and read nothing that one writes: no deadlock, and no 40001 at REPEATABLE READ or
-- SERIALIZABLE. Logged, so a crash between commit and fold loses no mark. Ids and column names only.
create table if not exists zoho_sync.outbox (
  id bigint generated always as identity primary key,
  source_table text not null,
  operation text not null check (operation in ('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE')),
  -- The rows of the statement. Null: not known (a TRUNCATE, or an id column that is not there any more).
  ids uuid[],
  -- Whose records the rows speak for, by the foreign keys in zoho_sync.watched_tables(): old owners and new ones.
  owners uuid[],
  -- Which of the compared columns changed, and whether the id did. Null: an insert or delete, or not known, so anything may have.
  changed text[],
  -- False: the statement's rows could not be compared, and all of them are here.
  is_exact boolean not null,
  -- True for the first row of a transaction: it rings the doorbell at commit.
  rings boolean not null,
  noted_at timestamptz not null default clock_timestamp()
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_insert_threshold = 10000);
-- 10,000 ids are 160 kB; compressing what lives for milliseconds is lost work.
alter table zoho_sync.outbox alter column ids set storage external, alter column owners set storage external;
alter table zoho_sync.outbox enable row level security;

-- schemas/people/tables/erased_people.sql

-- Customers who were erased. Nothing of them is sent, searched or kept again while CircleTel's own row still names them, whether
-- or not they had a record in Zoho and whatever becomes of that record.
create table if not exists zoho_sync.erased_people (
  customer_id uuid primary key,
  erased_at timestamptz not null default now()
);
alter table zoho_sync.erased_people enable row level security;

-- schemas/products/tables/zoho_products.sql

-- Products by the key that mapping/product.ts derives from a service's name. CircleTel has no table of products.
create table if not exists public.zoho_products (
  product_key text primary key,
  zoho_id text not null,
  matched_by text not null check (matched_by in ('found', 'created')),
  created_at timestamptz not null default now()
);
create index if not exists zoho_products_zoho_id_idx on public.zoho_products (zoho_id);
alter table public.zoho_products enable row level security;
drop policy if exists "active admins read products" on public.zoho_products;
create policy "active admins read products" on public.zoho_products
  for select to authenticated using ((select zoho_sync.is_active_admin()));
drop policy if exists "active admins unlink products" on public.zoho_products;
create policy "active admins unlink products" on public.zoho_products
  for delete to authenticated using ((select zoho_sync.is_active_admin()));

-- schemas/questions/tables/zoho_questions.sql

-- What only a person can decide about an entity and its record, or about a company and its Account: both values, who and when,
-- and the answers there are. One open question for an entity, kind and field, and one for a company, however many of its
-- contracts wait. What is shown does not change: other values are another question, so an answer is to what was seen. Values
-- that name a person are masked.
create table if not exists public.zoho_questions (
  id uuid primary key default gen_random_uuid(),
  kind text not null check (kind in (
    'unsigned', 'unknown_write', 'adopted_stage', 'contested', 'record_gone', 'record_found', 'record_taken', 'conflict',
    'account', 'contact_match', 'person_erased')),
  entity_type text check (entity_type in ('quote', 'contract', 'invoice', 'customer')),
  entity_id uuid,
  account_key text check (account_key ~ '^(company|customer):.'),
  -- By Zoho api_name; '' for a question about the record as a whole.
  field text not null default '',
  -- Of an account question the company's name, and the Accounts that may be its: [{id, name, agrees: [...], differs: [...]}].
  -- They say which kind of number agrees, never the number. Of a contact_match the same of a customer and Contacts, masked.
  ours jsonb,
  theirs jsonb,
  -- Why an Account or a Contact is uncertain.
  reason text check (reason in ('several_accounts', 'number_and_name_disagree', 'numbers_differ', 'legal_form_differs',
    'trading_name_differs', 'another_person', 'several_contacts', 'name_differs', 'other_reference', 'merged')),
  -- The contract status that taking Zoho's side sets.
  asks text,
  answers text[] not null,
  -- What an answer depends on: it acts only while the record is as it was shown.
  shown jsonb not null default '{}',
  -- Zoho's last change of the record, for people to read.
  changed_by text,
  changed_at text,
  asked_at timestamptz not null default now(),
  answer text,
  answered_at timestamptz,
  answered_by text,
  -- The Account or Contact that was chosen.
  chosen_id text,
  closed_at timestamptz,
  -- answered: the answer was carried out. over: it answered itself.
  closed_because text check (closed_because in ('answered', 'over')),
  check ((answer is null) = (answered_at is null)),
  check (answer is null or answer = any (answers)),
  check ((closed_at is null) = (closed_because is null)),
  check ((kind = 'account') = (account_key is not null)),
  check ((kind in ('account', 'contact_match')) = (reason is not null)),
  check (num_nonnulls(entity_type, entity_id) = case kind when 'account' then 0 else 2 end),
  check ((kind in ('account', 'contact_match') and coalesce(answer, '') = 'link') = (chosen_id is not null))
);
create unique index if not exists zoho_questions_open_idx
  on public.zoho_questions (entity_type, entity_id, kind, field) where closed_at is null;
-- Whose Contact was merged into another customer's, asked of every source of a customer without one.
create index if not exists zoho_questions_merged_idx on public.zoho_questions (entity_id) where reason = 'merged';
create unique index if not exists zoho_questions_open_account_idx on public.zoho_questions (account_key) where closed_at is null;
-- Open ones, oldest first.
create index if not exists zoho_questions_asked_idx on public.zoho_questions (asked_at, id) where closed_at is null;
-- What was asked about one entity.
create index if not exists zoho_questions_entity_idx on public.zoho_questions (entity_id, asked_at desc);
-- What was asked about one company.
create index if not exists zoho_questions_account_idx on public.zoho_questions (account_key) where account_key is not null;
alter table public.zoho_questions enable row level security;
drop policy if exists "active admins read questions" on public.zoho_questions;
create policy "active admins read questions" on public.zoho_questions
  for select to authenticated using ((select zoho_sync.is_active_admin()));

-- schemas/queue/tables/module_holds.sql

-- Modules of Zoho that are hidden, forbidden or failing while Zoho answers otherwise: what needs a call of one rests until
-- then, and everything else continues. A row stays for an hour after its hold, so that the next one is longer.
create table if not exists zoho_sync.module_holds (
  module text primary key,
  code text not null,
  message text not null,
  since timestamptz not null default clock_timestamp(),
  held_until timestamptz not null,
  -- Holds in a row.
  count integer not null default 1 check (count > 0)
);
alter table zoho_sync.module_holds enable row level security;

-- schemas/queue/tables/record_holds.sql

-- Entities that a person holds: nothing is decided about them, whatever happens on either side; what happens is queued. Null
-- until: until a person releases it.
create table if not exists zoho_sync.record_holds (
  entity_type text not null check (entity_type in ('quote', 'contract', 'invoice', 'customer')),
  entity_id uuid not null,
  reason text,
  -- An admin's id, or "secret key".
  held_by text not null,
  held_at timestamptz not null default now(),
  until timestamptz,
  primary key (entity_type, entity_id)
);
alter table zoho_sync.record_holds enable row level security;

-- schemas/queue/tables/settled_waits.sql

-- How long changes took: one row for every settlement, written when the queue rows go. Append only: no row that two
-- settlements would queue up for.
create table if not exists zoho_sync.settled_waits (
  at timestamptz not null default clock_timestamp(),
  settled integer not null,
  -- Milliseconds from the edit to the settlement, lanes 0 and 1 only: a backfill waits on purpose.
  waits_ms integer[] not null
);
create index if not exists settled_waits_at_idx on zoho_sync.settled_waits (at);
alter table zoho_sync.settled_waits enable row level security;

-- schemas/queue/tables/settlement_locks.sql

-- What a settlement has locked: entities that are ready, and the contracts among them whose row it may write.
do $$
begin
  if to_regtype('zoho_sync.settlement_locks') is null then
    create type zoho_sync.settlement_locks as (ready uuid[], writable uuid[]);
  end if;
end $$;

-- schemas/queue/tables/write_revision.sql

-- Counts our writes of a stage; a revision is the epoch followed by this number in ten digits. Never cycled: ten thousand
-- million writes an epoch.
create sequence if not exists zoho_sync.write_revision minvalue 1 maxvalue 9999999999;

-- The first digits of this database's revisions, drawn when it is made or adopted: six digits below 900,000, so that a
-- revision is exact in a JSON number.
create or replace function zoho_sync.new_epoch() returns integer
language sql volatile set search_path = '' as $$ select 100000 + floor(random() * 800000)::integer $$;

-- schemas/queue/tables/zoho_sync_queue.sql

-- The queue says which entity is stale, never what changed: the drain reads the rows as they are when it works
-- them. Ids, causes and error codes only; no personal data.
create table if not exists public.zoho_sync_queue (
  entity_type text not null check (entity_type in ('quote', 'contract', 'invoice', 'customer')),
  entity_id uuid not null,
  -- Raised by every mark: one that came while the change was in flight is not settled with it.
  version bigint not null default 1,
  -- 0 compliance, 1 ordinary, 2 backfill
  lane smallint not null default 1 check (lane between 0 and 2),
  status text not null default 'pending' check (status in ('pending', 'in_flight', 'dead')),
  -- Rounds that ended in a fault of this record; a fault of the whole call burns none.
  failed_rounds integer not null default 0 check (failed_rounds >= 0),
  next_attempt_at timestamptz not null default now(),
  lease_owner uuid,
  lease_until timestamptz,
  -- Zoho's record must be read before anything is decided: something may have happened there.
  look boolean not null default false,
  -- Send every field, not only those that differ.
  forced boolean not null default false,
  cause text not null,
  error_code text,
  error_field text,
  error_message text,
  -- When the business transaction made the change, or when it was requested by hand.
  enqueued_at timestamptz not null default now(),
  primary key (entity_type, entity_id),
  check ((status = 'in_flight') = (lease_owner is not null and lease_until is not null))
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 500);

-- The claim: due rows by lane, then by age.
create index if not exists zoho_sync_queue_due_idx on public.zoho_sync_queue (lane, next_attempt_at, entity_id) where status = 'pending';
-- Leases that ended by themselves.
create index if not exists zoho_sync_queue_lease_idx on public.zoho_sync_queue (lease_until) where status = 'in_flight';
-- Dead letters for the operator.
create index if not exists zoho_sync_queue_dead_idx on public.zoho_sync_queue (error_code) where status = 'dead';
-- The oldest change, and pages of the queue by age.
create index if not exists zoho_sync_queue_age_idx on public.zoho_sync_queue (enqueued_at, entity_id);
-- Problems by cause: few rows among many.
create index if not exists zoho_sync_queue_error_idx
  on public.zoho_sync_queue (error_code, error_field, enqueued_at, entity_id) where error_code is not null;

alter table public.zoho_sync_queue enable row level security;
drop policy if exists "active admins read the queue" on public.zoho_sync_queue;
create policy "active admins read the queue" on public.zoho_sync_queue
  for select to authenticated using ((select zoho_sync.is_active_admin()));

-- schemas/queue/tables/zoho_sync_state.sql

-- One row: who drains, whether the drain is paused, and what is kept in step.
create table if not exists public.zoho_sync_state (
  id boolean primary key default true check (id),
  drain_owner uuid,
  drain_until timestamptz,
  last_drain_at timestamptz,
  paused_until timestamptz,
  pause_code text,
  pause_message text,
  -- Who paused it, null for the sync itself, and when.
  paused_by text,
  paused_at timestamptz,
  -- Pauses in a row without a successful call; the next one is longer.
  pause_count integer not null default 0,
  daily_credits integer not null default 50000 check (daily_credits > 0),
  -- What Zoho last said is left of the day's credits, and when; other apps of the org spend them, too.
  credits_left integer,
  credits_left_at timestamptz,
  -- Calls at a time that Zoho has put up with: halved by a 429, one more for every wave that went well. 10 is
  -- Zoho's own ceiling for writes of more than 10 records, in every edition (api-limits page).
  concurrency smallint not null default 10 check (concurrency between 1 and 10),
  -- The first digits of every write revision of this database, and those of its time before: see docs/merge.md.
  revision_epoch integer not null default zoho_sync.new_epoch() check (revision_epoch between 100000 and 899999),
  earlier_epochs integer[] not null default '{}',
  -- The highest number that a claim has given out. Not the sequence's own: after a crash or a restore that is up to 32 ahead,
  -- and as many forgotten writes would pass for known ones.
  last_revision bigint not null default 0,
  -- When it was last made sure that no record in Zoho carries a revision that this database did not give.
  revisions_checked_at timestamptz not null default '-infinity',
  -- Which kinds of record are kept in step. One that is off is not queued, and settled without a call if it is.
  synced_types text[] not null default '{contract,quote,customer,invoice}'
    check (synced_types <@ '{contract,quote,customer,invoice}'),
  -- When a drain reads the fields again; 'infinity' is never.
  fields_due_at timestamptz not null default '-infinity',
  -- Rows changed that could not be named (a TRUNCATE, a column that a trigger no longer finds): the next reconcile looks
  -- at everything.
  full_reconcile_due boolean not null default false,
  -- Days from one comparison of everything to the next by the schedule: a large installation cannot spend a night's on each
  -- (docs/scale.md). What changed is compared every hour all the same.
  full_reconcile_days smallint not null default 1 check (full_reconcile_days between 1 and 31)
);
comment on column public.zoho_sync_state.daily_credits is
  'The org''s API credits in a rolling 24 h; Zoho''s smallest paid edition has 50,000 (api-limits page).';
insert into public.zoho_sync_state default values on conflict do nothing;

alter table public.zoho_sync_state enable row level security;
drop policy if exists "active admins read the sync state" on public.zoho_sync_state;
create policy "active admins read the sync state" on public.zoho_sync_state
  for select to authenticated using ((select zoho_sync.is_active_admin()));

-- schemas/reconcile/tables/reconcile_seen.sql

-- What the running run has judged, by Zoho id (or by entity where there is no record): a record that comes twice counts
-- once, and an entity whose record never came is looked up. Emptied when a run ends; if a crash of the database empties
-- it before, the run reads a little more than it had to.
create unlogged table if not exists zoho_sync.reconcile_seen (
  run_id uuid not null,
  entity_type text not null,
  key text not null,
  primary key (run_id, entity_type, key)
);
alter table zoho_sync.reconcile_seen enable row level security;
drop policy if exists "the reconcile keeps what it has seen" on zoho_sync.reconcile_seen;
create policy "the reconcile keeps what it has seen" on zoho_sync.reconcile_seen
  for all to service_role using (true) with check (true);

-- schemas/reconcile/tables/zoho_reconcile_runs.sql

-- What Zoho holds is compared with the projections, field by field: every night everything, every hour what changed on
-- either side. A run is a row with a cursor; a step works some pages of it, and a killed step costs one page.

create table if not exists public.zoho_reconcile_runs (
  id uuid primary key default gen_random_uuid(),
  kind text not null check (kind in ('full', 'incremental')),
  entity_types text[] not null check (cardinality(entity_types) > 0),
  status text not null default 'running' check (status in ('running', 'finished', 'failed')),
  -- An admin's id, "secret key" or "schedule".
  actor text not null,
  -- Changes since then are looked at; null for everything.
  since timestamptz,
  -- It compares rows that changed and could not be named; if it fails, the next run has to.
  is_due boolean not null default false,
  -- { stage, position }: where the next step continues (_shared/reconcile/run.ts).
  cursor jsonb not null default '{}'::jsonb,
  -- By entity type: { "contract": { "match": 412, "differs": 3, … } }; matches as they come, the rest at the end.
  counts jsonb not null default '{}'::jsonb,
  matched integer not null default 0,
  differs integer not null default 0,
  missing integer not null default 0,
  extra integer not null default 0,
  queued integer not null default 0,
  calls integer not null default 0,
  credits integer not null default 0,
  steps integer not null default 0,
  started_at timestamptz not null default clock_timestamp(),
  finished_at timestamptz,
  lease_owner uuid,
  lease_until timestamptz,
  next_step_at timestamptz not null default now(),
  -- Faults of whole calls in a row.
  faults integer not null default 0,
  error_code text,
  error_message text
);
-- One run at a time: two would ask Zoho for the same pages.
create unique index if not exists zoho_reconcile_runs_one_idx on public.zoho_reconcile_runs (status)
  where status = 'running';
-- The newest run; what the next incremental run starts from.
create index if not exists zoho_reconcile_runs_started_idx on public.zoho_reconcile_runs (started_at desc);
alter table public.zoho_reconcile_runs enable row level security;
drop policy if exists "active admins read reconcile runs" on public.zoho_reconcile_runs;
create policy "active admins read reconcile runs" on public.zoho_reconcile_runs
  for select to authenticated using ((select zoho_sync.is_active_admin()));

-- schemas/schedule/tables/scheduled_jobs.sql

-- Since when each job is scheduled as it is: one that has not run since then is late, not new.
create table if not exists zoho_sync.scheduled_jobs (
  name text primary key,
  scheduled_at timestamptz not null default now()
);
alter table zoho_sync.scheduled_jobs enable row level security;

-- schemas/search/tables/search_due.sql

-- Entities whose search entry may be out of date. Append-only, so that neither a fold nor a settlement waits for a search,
-- nor a search for them.
create table if not exists zoho_sync.search_due (
  id bigint generated always as identity primary key,
  entity_type text not null,
  entity_id uuid not null
);
alter table zoho_sync.search_due enable row level security;

-- schemas/search/tables/search_entries.sql

-- What an operator may look for, a row for each contract, quote, invoice and customer of the CRM. A copy, and the only one:
-- CircleTel's tables get no index for it. Names are here and nowhere else in the sync's own tables but Contacts' bases; a row
-- goes when its entity goes, or when its customer is no customer of the CRM any more.
create table if not exists zoho_sync.search_entries (
  entity_type text not null check (entity_type in ('quote', 'contract', 'invoice', 'customer')),
  entity_id uuid not null,
  -- Contract, quote or invoice number; a customer has none.
  number text,
  company text,
  -- First and last name of the customer.
  person text,
  zoho_id text,
  -- By which the company's Account is known.
  account_key text,
  -- It bore the name of a person who was erased: no name is copied any more, though CircleTel's rows change or go one by one.
  is_erased boolean not null default false,
  -- "205" of CT-2026-00205: how people say a number.
  tail text generated always as (nullif(ltrim(substring(number, '\d+$'), '0'), '')) stored,
  haystack text generated always as (lower(coalesce(number, '') || e'\n' || coalesce(company, '') || e'\n'
    || coalesce(person, '') || e'\n' || coalesce(zoho_id, ''))) stored,
  primary key (entity_type, entity_id)
);
create index if not exists search_entries_number_idx on zoho_sync.search_entries (lower(number));
create index if not exists search_entries_tail_idx on zoho_sync.search_entries (tail);
create index if not exists search_entries_zoho_id_idx on zoho_sync.search_entries (zoho_id);
create index if not exists search_entries_account_idx on zoho_sync.search_entries (account_key);
alter table zoho_sync.search_entries enable row level security;

-- schemas/search/tables/search_walk.sql

-- How far the walk over all rows of a kind has come; see zoho_sync.keep_search. No row: it has not begun.
create table if not exists zoho_sync.search_walk (
  entity_type text primary key,
  -- The last id of the step before.
  after uuid,
  ended_at timestamptz
);
alter table zoho_sync.search_walk enable row level security;

-- schemas/tokens/tables/zoho_tokens.sql

-- One token row for all isolates. Zoho gives 10 access tokens in 10 minutes and kills the oldest of 16 (token validity
-- page), so refreshing is single-flight: the isolate that gets the lease refreshes, the others wait and read.
alter table public.zoho_tokens
  add column if not exists version bigint not null default 0,
  add column if not exists api_domain text,
  add column if not exists lease_owner uuid,
  add column if not exists lease_until timestamptz,
  add column if not exists recent_refreshes timestamptz[] not null default '{}',
  -- Keyed digest of the refresh token it was seeded with: a new secret replaces the row's token.
  add column if not exists seed_fingerprint text,
  add column if not exists error_code text,
  add column if not exists error_at timestamptz,
  -- When the isolate started that brought the seed. Isolates of two environments run beside each other for minutes after a
  -- secret changed (150 s on the Free plan, 400 s on paid ones), and the seed of the newest wins.
  add column if not exists seed_started_at timestamptz,
  -- The token of the seed before, for the isolates that know only that one: encrypted under their key.
  add column if not exists previous_fingerprint text,
  add column if not exists previous_access_token text,
  add column if not exists previous_expires_at timestamptz,
  add column if not exists previous_version bigint,
  add column if not exists previous_api_domain text;

-- Sealed (AES-256-GCM, "v1:…") or empty. `not valid`, because production's row is a plain one of the original service
-- until the first refresh replaces both of its tokens.
alter table public.zoho_tokens drop constraint if exists zoho_tokens_sealed;
alter table public.zoho_tokens add constraint zoho_tokens_sealed check (
  (access_token = '' or access_token like 'v1:%') and (refresh_token = '' or refresh_token like 'v1:%')) not valid;

-- Read by active admins as in the original; written only by the functions below: a role that could write a
-- token could point the sync at another Zoho org.
alter table public.zoho_tokens enable row level security;
create policy "active admins read tokens" on public.zoho_tokens
  for select to authenticated using ((select zoho_sync.is_active_admin()));

-- schemas/webhook/tables/zoho_channels.sql

-- The Notification API's channels, as Zoho last listed them.
create table if not exists public.zoho_channels (
  channel_id text not null,
  module text not null,
  expires_at timestamptz,
  checked_at timestamptz not null default now(),
  primary key (channel_id, module)
);
alter table public.zoho_channels enable row level security;
drop policy if exists "active admins read channels" on public.zoho_channels;
create policy "active admins read channels" on public.zoho_channels
  for select to authenticated using ((select zoho_sync.is_active_admin()));

-- schemas/webhook/tables/zoho_webhook_events.sql

-- Hints from Zoho: each says that a record may have changed, and carries no truth. One row for a delivery and record. What
-- it contains is stored for people to read; decisions are made from the record as it is read.
create table if not exists public.zoho_webhook_events (
  id uuid primary key default gen_random_uuid(),
  -- The order of receipt.
  seq bigint generated always as identity unique,
  received_at timestamptz not null default clock_timestamp(),
  -- poll: a reconcile found it.
  source text not null check (source in ('signed', 'notification', 'poll')),
  module text not null,
  operation text not null check (operation in ('insert', 'update', 'delete')),
  record_id text not null,
  -- SHA-256 of the signed text, hex.
  digest text not null check (digest ~ '^[0-9a-f]{64}$'),
  -- From the hint: Zoho's Modified_Time and user, and the values of fields that name no person. Empty for a record that is not ours.
  modified_at timestamptz,
  modified_by text,
  told jsonb,
  -- received: the record is to be looked at. The others say what came of it; unmapped: no entity owns the record (yet).
  status text not null check (status in (
    'received', 'applied', 'nothing_new', 'put_back', 'conflict', 'question', 'gone', 'unmapped', 'ignored', 'failed')),
  reason text,
  -- When the outcome was known.
  applied_at timestamptz,
  -- The entity that owns the record; no foreign key, a hint outlives its entity.
  entity_type text,
  entity_id uuid
);

-- The history of one record, and hints that came before its mapping.
create index if not exists zoho_webhook_events_record_idx on public.zoho_webhook_events (record_id, seq desc);
-- Hints whose record is to be looked at.
create index if not exists zoho_webhook_events_open_idx on public.zoho_webhook_events (entity_id) where status = 'received';
-- Replay by time, retention.
create index if not exists zoho_webhook_events_received_idx on public.zoho_webhook_events (received_at);
-- Pages by status and module.
create index if not exists zoho_webhook_events_status_idx on public.zoho_webhook_events (status, seq desc);
create index if not exists zoho_webhook_events_module_idx on public.zoho_webhook_events (module, seq desc);
-- For pages that leave out hints with nothing new.
create index if not exists zoho_webhook_events_news_idx on public.zoho_webhook_events (seq desc) where status <> 'nothing_new';
-- The hints of one entity.
create index if not exists zoho_webhook_events_entity_idx on public.zoho_webhook_events (entity_id, seq desc);

alter table public.zoho_webhook_events enable row level security;
drop policy if exists "active admins read events" on public.zoho_webhook_events;
create policy "active admins read events" on public.zoho_webhook_events
  for select to authenticated using ((select zoho_sync.is_active_admin()));

-- schemas/webhook/tables/zoho_webhook_refusals.sql

-- Calls that were not let in: how many, when and why; nothing of their content.
create table if not exists public.zoho_webhook_refusals (
  minute timestamptz not null,
  reason text not null,
  count integer not null,
  primary key (minute, reason)
);
alter table public.zoho_webhook_refusals enable row level security;
drop policy if exists "active admins read refusals" on public.zoho_webhook_refusals;
create policy "active admins read refusals" on public.zoho_webhook_refusals
  for select to authenticated using ((select zoho_sync.is_active_admin()));

-- schemas/backfill/tables/backfill_links.sql

-- Accounts, Contacts and Products that a dry run would have made by now, so that the next page does not make them again.
create table if not exists zoho_sync.backfill_links (
  run_id uuid not null references public.zoho_backfill_runs on delete cascade,
  kind text not null check (kind in ('account', 'customer', 'product')),
  key text not null,
  zoho_id text not null,
  primary key (run_id, kind, key)
);
alter table zoho_sync.backfill_links enable row level security;

-- schemas/backfill/tables/zoho_backfill_items.sql

-- The entities of a run, and what becomes of each.
create table if not exists public.zoho_backfill_items (
  run_id uuid not null references public.zoho_backfill_runs on delete cascade,
  entity_type text not null,
  entity_id uuid not null,
  -- Oldest first, from 1.
  position integer not null,
  -- It had a record when the run began.
  mapped boolean not null,
  plan text check (plan in ('create', 'update', 'skip', 'link', 'refuse')),
  -- Why it is refused: an error code with a page in docs/errors.
  reason text,
  -- Of a dry run: { zohoId, sends, takesIn, asks }, what would be sent to the record, which status would be taken in and
  -- what would be asked; names and e-mail masked.
  would jsonb,
  -- A dry run: new → planned. A real one: new → queued → done; retrying and refused are in the queue still, they wait for
  -- their time, or for a person.
  state text not null default 'new' check (state in (
    'new', 'planned', 'queued', 'done', 'retrying', 'refused', 'cancelled')),
  primary key (run_id, entity_id)
);
-- The next page of a state.
create index if not exists zoho_backfill_items_state_idx on public.zoho_backfill_items (run_id, state, position);
-- Tried, and what came of them is not written down yet.
create index if not exists zoho_backfill_items_tried_idx on public.zoho_backfill_items (run_id)
  where plan is null and state in ('done', 'refused', 'retrying');
alter table public.zoho_backfill_items enable row level security;
drop policy if exists "active admins read backfill items" on public.zoho_backfill_items;
create policy "active admins read backfill items" on public.zoho_backfill_items
  for select to authenticated using ((select zoho_sync.is_active_admin()));

-- schemas/reconcile/tables/zoho_reconcile_rows.sql

-- Everything that is not a match; a match is only counted.
create table if not exists public.zoho_reconcile_rows (
  id bigint generated always as identity primary key,
  run_id uuid not null references public.zoho_reconcile_runs (id) on delete cascade,
  entity_type text not null check (entity_type in ('quote', 'contract', 'invoice', 'customer')),
  entity_id uuid,
  zoho_type text not null,
  zoho_id text,
  -- The contract, quote or invoice number.
  reference text,
  -- queued: on its way at this moment, so no verdict.
  verdict text not null check (verdict in ('differs', 'missing', 'extra', 'queued')),
  reason text not null,
  -- By Zoho api_name { zoho, circletel }; names and e-mails of persons masked.
  fields jsonb not null default '{}'::jsonb,
  created_at timestamptz not null default clock_timestamp(),
  repaired_at timestamptz
);
-- The report, by verdict and page; the cascade.
create index if not exists zoho_reconcile_rows_run_idx on public.zoho_reconcile_rows (run_id, verdict, id);
alter table public.zoho_reconcile_rows enable row level security;
drop policy if exists "active admins read reconcile rows" on public.zoho_reconcile_rows;
create policy "active admins read reconcile rows" on public.zoho_reconcile_rows
  for select to authenticated using ((select zoho_sync.is_active_admin()));

-- schemas/accounts/zoho_accounts_of_persons.sql

-- Which of these Accounts belong to private customers, and to whom: people of one name are many.
create or replace function public.zoho_accounts_of_persons(p_zoho_ids text[]) returns jsonb
language sql stable set search_path = '' as $$
  select coalesce(jsonb_agg(jsonb_build_object('id', a.zoho_id, 'person', a.account_key)), '[]')
  from public.zoho_accounts a
  where a.zoho_id = any (p_zoho_ids) and a.account_key like 'customer:%';
$$;

-- schemas/accounts/zoho_unknown_companies.sql

-- The numbers that CircleTel has of companies, as they are written there: of the quotes in the company's name and of
-- the customers whose business it is.
create or replace function zoho_sync.company_numbers(p_keys text[])
returns table (account_key text, registration_number text, vat_number text)
language sql stable set search_path = '' as $$
  with names as (
    select distinct substr(k, length('company:') + 1) as name from unnest(p_keys) k where k like 'company:%')
  select 'company:' || n.name, q.registration_number, q.vat_number
  from names n
  join public.business_quotes q on left(lower(regexp_replace(btrim(q.company_name), '\s+', ' ', 'g')), 200) = n.name
  where q.registration_number is not null or q.vat_number is not null
  union
  select 'company:' || n.name, c.business_registration, c.tax_number
  from names n
  join public.customers c on left(lower(regexp_replace(btrim(c.business_name), '\s+', ' ', 'g')), 200) = n.name
  where c.business_registration is not null or c.tax_number is not null;
$$;

-- The leading digits under which other writings of a registration number are found: CK98/12345/23 is
-- 1998/012345/23. A little too many rows may come of it; the program compares the numbers themselves.
create or replace function zoho_sync.registration_digits(p_number text) returns text[]
language sql immutable set search_path = '' as $$
  with d (digits, short) as (
    select regexp_replace(p_number, '\D', '', 'g'), regexp_match(p_number, '(?:^|\D)(\d{2})\D+(\d{1,6})\D+(\d{2})\D*$'))
  select array_remove(array[
    left(d.digits, 10),
    case when d.digits ~ '^(19|20)\d{2}0\d{7}$' then substr(d.digits, 3, 2) || substr(d.digits, 6, 7) end,
    case when d.short is not null
      then case when d.short[1] >= '30' then '19' else '20' end || d.short[1] || lpad(d.short[2], 6, '0') end], null)
  from d where length(d.digits) >= 8;
$$;

-- For companies without an Account: what our rows say of them, what is remembered of companies that may be the same,
-- and what a person has said. One round trip for a wave.
--   p_companies [{account_key, normalised_name}]   (normalised_name null for a private person)
-- Answers { companies: [{account_key, registrations, vats, declined, asked}],
--           remembered: [{account_key, zoho_id, registrations, vats}],
--           accounts: how many Zoho has at least }; numbers as CircleTel's rows have them.
create or replace function public.zoho_unknown_companies(p_companies jsonb) returns jsonb
language plpgsql set search_path = '' set plan_cache_mode = 'force_custom_plan' as $$
declare
  v_keys text[];
  v_names text[];
  v_digits text[];
  v_vats text[];
  v_alike text[];
begin
  select array_agg(c.account_key), array_agg(distinct c.normalised_name) filter (where c.normalised_name is not null)
  into v_keys, v_names
  from jsonb_to_recordset(p_companies) c (account_key text, normalised_name text);

  insert into zoho_sync.account_names as n (account_key, normalised_name)
  select distinct on (c.account_key) c.account_key, c.normalised_name
  from jsonb_to_recordset(p_companies) c (account_key text, normalised_name text)
  where c.normalised_name is not null
  order by c.account_key
  on conflict (account_key) do update set normalised_name = excluded.normalised_name
    where n.normalised_name <> excluded.normalised_name;

  select array_agg(distinct d.digits), array_agg(distinct left(regexp_replace(n.vat_number, '\D', '', 'g'), 20))
    filter (where n.vat_number ~ '\d')
  into v_digits, v_vats
  from zoho_sync.company_numbers(v_keys) n
  left join lateral unnest(zoho_sync.registration_digits(n.registration_number)) d (digits) on true;

  select array_agg(k.account_key) into v_alike from (
    select n.account_key from zoho_sync.account_names n where n.normalised_name = any (v_names)
    union
    select zoho_sync.account_key(q.company_name, null, null) from public.business_quotes q
    where left(regexp_replace(q.registration_number, '\D', '', 'g'), 10) = any (v_digits)
    union
    select zoho_sync.account_key(q.company_name, null, null) from public.business_quotes q
    where left(regexp_replace(q.vat_number, '\D', '', 'g'), 20) = any (v_vats)
    union
    select zoho_sync.account_key(c.business_name, null, null) from public.customers c
    where left(regexp_replace(c.business_registration, '\D', '', 'g'), 10) = any (v_digits)
    union
    select zoho_sync.account_key(c.business_name, null, null) from public.customers c
    where left(regexp_replace(c.tax_number, '\D', '', 'g'), 20) = any (v_vats)) k;
  select coalesce(array_agg(a.account_key), '{}') into v_alike
  from public.zoho_accounts a where a.account_key = any (v_alike);

  return (
    with numbers as (
      select n.account_key,
        coalesce(jsonb_agg(distinct n.registration_number) filter (where n.registration_number is not null), '[]')
          as registrations,
        coalesce(jsonb_agg(distinct n.vat_number) filter (where n.vat_number is not null), '[]') as vats
      from zoho_sync.company_numbers(v_keys || v_alike) n
      group by n.account_key)
    select jsonb_build_object(
      'accounts', (select count(distinct a.zoho_id) from public.zoho_accounts a),
      'companies', coalesce((
        select jsonb_agg(jsonb_build_object(
          'account_key', k.account_key,
          'registrations', coalesce(n.registrations, '[]'), 'vats', coalesce(n.vats, '[]'),
          'declined', to_jsonb(zoho_sync.declined_accounts(k.account_key)),
          'asked', exists (
            select from public.zoho_questions q where q.account_key = k.account_key and q.closed_at is null)))
        from (select distinct unnest(v_keys) as account_key) k
        left join numbers n on n.account_key = k.account_key), '[]'),
      'remembered', coalesce((
        select jsonb_agg(jsonb_build_object(
          'account_key', a.account_key, 'zoho_id', a.zoho_id,
          'registrations', coalesce(n.registrations, '[]'), 'vats', coalesce(n.vats, '[]')) order by a.account_key)
        from public.zoho_accounts a
        left join numbers n on n.account_key = a.account_key
        where a.account_key = any (v_alike)), '[]')));
end $$;

-- Rows by company and by number. Built-in functions only: an index expression runs with the rights of the role that writes
-- the row, and CircleTel's own users may run nothing of ours. Digits: 2015/123456/07, 201512345607 and K2015123456
-- begin with the same ten. Cut, since a text that has no room in an index row would fail CircleTel's own write.
do $$
begin
  perform zoho_sync.ensure_index(i.name, i.tbl, i.expression)
  from (values
    ('business_quotes_company_key_idx', 'business_quotes',
      $i$left(lower(regexp_replace(btrim(company_name), '\s+', ' ', 'g')), 200)$i$),
    ('customers_company_key_idx', 'customers',
      $i$left(lower(regexp_replace(btrim(business_name), '\s+', ' ', 'g')), 200)$i$),
    ('business_quotes_registration_digits_idx', 'business_quotes',
      $i$left(regexp_replace(registration_number, '\D', '', 'g'), 10)$i$),
    ('customers_registration_digits_idx', 'customers',
      $i$left(regexp_replace(business_registration, '\D', '', 'g'), 10)$i$),
    ('business_quotes_vat_digits_idx', 'business_quotes', $i$left(regexp_replace(vat_number, '\D', '', 'g'), 20)$i$),
    ('customers_tax_digits_idx', 'customers', $i$left(regexp_replace(tax_number, '\D', '', 'g'), 20)$i$)
  ) i (name, tbl, expression);
end $$;

-- schemas/acts/zoho_change_settings.sql

-- What an operator may set; null leaves it. Answers { before, after }. A kind that is switched on is brought in by a backfill;
-- one that is switched off leaves its records in Zoho as they are.
create or replace function public.zoho_change_settings(p_daily_credits integer default null, p_synced_types text[] default null)
returns jsonb
language plpgsql set search_path = '' as $$
declare
  v_before jsonb;
begin
  v_before := zoho_sync.set_by_operators(zoho_sync.lock_state());
  update public.zoho_sync_state s set
    daily_credits = coalesce(p_daily_credits, s.daily_credits), synced_types = coalesce(p_synced_types, s.synced_types)
  where s.id;
  return jsonb_build_object('before', v_before, 'after', (select zoho_sync.set_by_operators(s) from public.zoho_sync_state s));
end $$;

create or replace function zoho_sync.set_by_operators(p_state public.zoho_sync_state) returns jsonb
language sql immutable set search_path = '' as $$
  select jsonb_build_object('dailyCredits', p_state.daily_credits, 'syncedTypes', to_jsonb(p_state.synced_types));
$$;

-- schemas/acts/zoho_drop_changes.sql

-- Removes changes from the queue ([{type, id}]): Zoho's values are accepted. Those in flight stay. Answers { dropped, busy }, the
-- dropped ones as they were named. Hints that waited for them are over.
create or replace function public.zoho_drop_changes(p_entities jsonb) returns jsonb
language plpgsql set search_path = '' as $$
declare
  v_dropped jsonb;
begin
  perform zoho_sync.fold_outbox();
  with named as (
    select distinct n.type, n.id from jsonb_to_recordset(p_entities) n (type text, id uuid)),
  held as (
    select q.entity_type, q.entity_id from public.zoho_sync_queue q join named n on q.entity_type = n.type and q.entity_id = n.id
    where q.status <> 'in_flight' order by q.entity_type, q.entity_id for update of q),
  dropped as (
    delete from public.zoho_sync_queue q using held h
    where q.entity_type = h.entity_type and q.entity_id = h.entity_id returning q.entity_type, q.entity_id)
  select coalesce(jsonb_agg(jsonb_build_object('type', d.entity_type, 'id', d.entity_id)), '[]') into v_dropped from dropped d;
  perform zoho_sync.ignore_hints(v_dropped, 'An operator dropped the change');
  return jsonb_build_object('dropped', v_dropped, 'busy', (
    select count(*) from public.zoho_sync_queue q join jsonb_to_recordset(p_entities) n (type text, id uuid)
      on q.entity_type = n.type and q.entity_id = n.id where q.status = 'in_flight'));
end $$;

-- Hints of entities that are not to be looked at.
create or replace function zoho_sync.ignore_hints(p_entities jsonb, p_reason text) returns void
language sql set search_path = '' as $$
  update public.zoho_webhook_events e set status = 'ignored', reason = p_reason, applied_at = clock_timestamp()
  from jsonb_to_recordset(p_entities) n (type text, id uuid)
  where e.entity_id = n.id and e.entity_type = n.type and e.status = 'received';
$$;

-- Entities are looked at again ([{type, id}]): both sides are read and merged. Answers how many; those that do not go to the
-- CRM are passed over.
create or replace function public.zoho_look_again(p_entities jsonb) returns integer
language plpgsql set search_path = '' as $$
declare
  v_count integer;
begin
  select zoho_sync.enqueue(array_agg(n.type), array_agg(n.id), array_agg(1::smallint), array_agg('asked for by an operator'::text),
    p_look => true) into v_count
  from (select distinct n.type, n.id from jsonb_to_recordset(p_entities) n (type text, id uuid)) n;
  if v_count > 0 then perform zoho_sync.ring_doorbell(); end if;
  return v_count;
end $$;

-- schemas/acts/zoho_hold_record.sql

-- Holds an entity, or changes its hold; a write in flight is finished. False when there is no such row.
create or replace function public.zoho_hold_record(
  p_entity_type text, p_entity_id uuid, p_held_by text, p_reason text default null, p_until timestamptz default null)
returns boolean
language plpgsql set search_path = '' as $$
begin
  if exists (select from zoho_sync.missing_entities(array[p_entity_type], array[p_entity_id])) then return false; end if;
  insert into zoho_sync.record_holds (entity_type, entity_id, reason, held_by, until)
  values (p_entity_type, p_entity_id, p_reason, p_held_by, p_until)
  on conflict (entity_type, entity_id) do update set
    reason = excluded.reason, held_by = excluded.held_by, held_at = now(), until = excluded.until;
  return true;
end $$;

-- What waited is sent at once. False when it was not held.
create or replace function public.zoho_release_record(p_entity_type text, p_entity_id uuid) returns boolean
language plpgsql set search_path = '' as $$
declare
  v_was_held boolean;
begin
  delete from zoho_sync.record_holds h where h.entity_type = p_entity_type and h.entity_id = p_entity_id;
  v_was_held := found;
  if v_was_held then perform zoho_sync.ring_doorbell(); end if;
  return v_was_held;
end $$;

-- Ids of the entities that are held now. An array, so that a claim's plan stays what it is.
create or replace function zoho_sync.held_entities() returns uuid[]
language plpgsql stable set search_path = '' as $$
begin
  return array(select h.entity_id from zoho_sync.record_holds h where h.until is null or h.until > clock_timestamp());
end $$;

-- A hold as it is shown; null when the entity is not held.
create or replace function zoho_sync.hold_of(p_entity_type text, p_entity_id uuid) returns jsonb
language sql stable set search_path = '' as $$
  select jsonb_build_object('reason', h.reason, 'by', h.held_by, 'byName', zoho_sync.name_of_actor(h.held_by),
    'since', h.held_at, 'until', h.until)
  from zoho_sync.record_holds h
  where h.entity_type = p_entity_type and h.entity_id = p_entity_id and (h.until is null or h.until > clock_timestamp());
$$;

-- The name of an admin by id; null for a key or an admin who is gone. Production's admin_users may have no full_name.
create or replace function zoho_sync.name_of_actor(p_actor text) returns text
language sql stable set search_path = '' as $$
  select to_jsonb(u) ->> 'full_name' from public.admin_users u where u.id::text = p_actor;
$$;

-- All holds, the oldest first; an entity of this minute has its number, too.
create or replace function public.zoho_admin_holds() returns jsonb
language plpgsql set search_path = '' as $$
begin
  perform zoho_sync.refresh_search();
  return (
    select coalesce(jsonb_agg(jsonb_build_object('entityType', h.entity_type, 'entityId', h.entity_id,
      'number', s.number, 'name', coalesce(s.company, s.person)) || zoho_sync.hold_of(h.entity_type, h.entity_id)
      order by h.held_at), '[]')
    from zoho_sync.record_holds h
    left join zoho_sync.search_entries s on s.entity_type = h.entity_type and s.entity_id = h.entity_id
    where h.until is null or h.until > clock_timestamp());
end $$;

-- schemas/acts/zoho_unlink_record.sql

-- Acts on the link between an entity and its record. Each locks the state row first, as a claim does, so that no claim reads
-- the mapping while it is changed; and does nothing while a drain is at work on the entity. They answer
--   done | busy | no_link | wrong_state

-- Nothing of this entity is sent or taken in any more. The record is left as it is.
create or replace function public.zoho_unlink_record(p_entity_type text, p_entity_id uuid) returns text
language plpgsql set search_path = '' as $$
declare
  v_state text := zoho_sync.lock_link(p_entity_type, p_entity_id);
  v_entity jsonb := jsonb_build_array(jsonb_build_object('type', p_entity_type, 'id', p_entity_id));
begin
  if v_state not in ('linked', 'deleted_in_zoho') then return coalesce(nullif(v_state, 'unlinked'), 'wrong_state'); end if;
  update public.zoho_entity_mappings m set state = 'unlinked'
  where m.circletel_type = p_entity_type and m.circletel_id = p_entity_id;
  delete from public.zoho_sync_queue q where q.entity_type = p_entity_type and q.entity_id = p_entity_id;
  update public.zoho_questions q set closed_at = now(), closed_because = 'over'
  where q.entity_type = p_entity_type and q.entity_id = p_entity_id and q.closed_at is null;
  perform zoho_sync.ignore_hints(v_entity, 'An operator unlinked the record');
  return 'done';
end $$;

-- The entity and its record are kept in step again: both are read, and what differs is sent, taken in or asked about.
create or replace function public.zoho_link_record(p_entity_type text, p_entity_id uuid) returns text
language plpgsql set search_path = '' as $$
declare
  v_state text := zoho_sync.lock_link(p_entity_type, p_entity_id);
begin
  if v_state <> 'unlinked' then return case when v_state in ('busy', 'no_link', 'erased') then v_state else 'wrong_state' end; end if;
  update public.zoho_entity_mappings m set state = 'linked'
  where m.circletel_type = p_entity_type and m.circletel_id = p_entity_id;
  perform zoho_sync.reconcile_enqueue(p_entity_type, array[p_entity_id], 'linked by an operator');
  return 'done';
end $$;

-- Forgets which record belongs to an entity and syncs it: the record that carries its number is found and linked, or a new one
-- is made. An orphan's entity is gone, so its link only goes.
create or replace function public.zoho_forget_record(p_entity_type text, p_entity_id uuid) returns text
language plpgsql set search_path = '' as $$
declare
  v_state text := zoho_sync.lock_link(p_entity_type, p_entity_id);
begin
  if v_state in ('busy', 'no_link', 'erased') then return v_state; end if;
  delete from public.zoho_entity_mappings m where m.circletel_type = p_entity_type and m.circletel_id = p_entity_id;
  if p_entity_type = 'contract' then perform zoho_sync.note_deal_id(array[p_entity_id], null); end if;
  update public.zoho_questions q set closed_at = now(), closed_because = 'over'
  where q.entity_type = p_entity_type and q.entity_id = p_entity_id and q.closed_at is null;
  perform zoho_sync.reconcile_enqueue(p_entity_type, array[p_entity_id], 'made again by an operator');
  return 'done';
end $$;

-- The state of a link, its rows locked in the order that all functions use: business row, mapping, queue. busy: a drain is working on it. Of a
-- person who was erased no link is changed.
create or replace function zoho_sync.lock_link(p_entity_type text, p_entity_id uuid) returns text
language plpgsql set search_path = '' as $$
declare
  v_state text;
begin
  perform zoho_sync.lock_state();
  perform zoho_sync.fold_outbox();
  if p_entity_type = 'contract' then
    perform from public.contracts c where c.id = p_entity_id for no key update;
  end if;
  select m.state into v_state from public.zoho_entity_mappings m
  where m.circletel_type = p_entity_type and m.circletel_id = p_entity_id for update;
  if exists (select from zoho_sync.erased_people e where e.customer_id = p_entity_id) then return 'erased'; end if;
  if v_state is null then return 'no_link'; end if;
  perform from public.zoho_sync_queue q where q.entity_type = p_entity_type and q.entity_id = p_entity_id
    and q.status = 'in_flight' and q.lease_until > clock_timestamp() for update;
  return case when found then 'busy' else v_state end;
end $$;

-- Forgets a company's Account, which was the wrong one or is gone: it is found again for each of the company's records, and
-- every field of them is sent. Answers how many records are due, null when no company has this Account.
create or replace function public.zoho_forget_account(p_zoho_id text) returns integer
language plpgsql set search_path = '' set plan_cache_mode = 'force_custom_plan' as $$
declare
  v_keys text[];
  v_count integer;
begin
  -- A record of this minute is the company's, too.
  perform zoho_sync.refresh_search();
  with gone as (delete from public.zoho_accounts a where a.zoho_id = p_zoho_id returning a.account_key)
  select array_agg(g.account_key) into v_keys from gone g;
  if v_keys is null then return null; end if;
  select zoho_sync.enqueue(array_agg(e.entity_type), array_agg(e.entity_id), array_agg(1::smallint),
    array_agg('Account forgotten by an operator'::text), true) into v_count
  from (
    select s.entity_type, s.entity_id from zoho_sync.search_entries s where s.account_key = any (v_keys)
    union
    -- What points to it in Zoho: after a large import the search is minutes behind.
    select m.circletel_type, m.circletel_id from public.zoho_entity_mappings m
    where m.snapshot #>> '{Account_Name,id}' = p_zoho_id and m.state = 'linked') e;
  if v_count > 0 then perform zoho_sync.ring_doorbell(); end if;
  return coalesce(v_count, 0);
end $$;

-- schemas/admin/attempt_hours.sql

-- Attempts that are over, from p_from until p_until; what the inward way applied is no attempt of ours.
create or replace function zoho_sync.count_attempts(p_from timestamptz, p_until timestamptz)
returns table (hour timestamptz, succeeded integer, failed integer)
language sql stable set search_path = '' as $$
  select date_bin('1 hour', l.created_at, timestamptz '2000-01-01 00:00:00+00'),
    (count(*) filter (where l.status = 'success'))::integer,
    (count(*) filter (where l.status in ('failed', 'retrying')))::integer
  from public.zoho_sync_logs l
  where l.created_at >= p_from and l.created_at < p_until and l.drain_id is not null
  group by 1;
$$;

-- The settlements of the same time.
create or replace function zoho_sync.count_waits(p_from timestamptz, p_until timestamptz)
returns table (hour timestamptz, settled integer, p50_ms integer, p95_ms integer)
language sql stable set search_path = '' as $$
  with rows_of_it as materialized (
    select date_bin('1 hour', w.at, timestamptz '2000-01-01 00:00:00+00') as hour, w.settled, w.waits_ms
    from zoho_sync.settled_waits w where w.at >= p_from and w.at < p_until),
  waits as (
    select x.hour, percentile_disc(array[0.5, 0.95]) within group (order by x.wait) as p
    from (select r.hour, unnest(r.waits_ms) as wait from rows_of_it r) x group by x.hour)
  select r.hour, sum(r.settled)::integer, min(w.p[1]), min(w.p[2])
  from rows_of_it r left join waits w on w.hour = r.hour group by r.hour;
$$;

-- Ten minutes after its end no attempt of an hour is open any more.
create or replace function zoho_sync.roll_hours() returns void
language plpgsql security definer set search_path = '' as $$
declare
  v_until timestamptz := zoho_sync.hour_of(clock_timestamp() - interval '10 minutes');
  v_from timestamptz := greatest(v_until - interval '25 hours',
    (select max(h.hour) + interval '1 hour' from zoho_sync.attempt_hours h));
begin
  insert into zoho_sync.attempt_hours (hour, succeeded, failed, settled, p50_ms, p95_ms)
  select g.hour, coalesce(c.succeeded, 0), coalesce(c.failed, 0), coalesce(w.settled, 0), w.p50_ms, w.p95_ms
  from generate_series(v_from, v_until - interval '1 hour', interval '1 hour') g (hour)
  left join zoho_sync.count_attempts(v_from, v_until) c on c.hour = g.hour
  left join zoho_sync.count_waits(v_from, v_until) w on w.hour = g.hour
  on conflict (hour) do nothing;
  delete from zoho_sync.attempt_hours h where h.hour < now() - interval '90 days';
  delete from zoho_sync.settled_waits w where w.at < now() - interval '8 days';
end $$;

-- schemas/admin/names.sql

-- Names for people to read where the tables keep ids: read on request and not stored.

-- An admin by name; what acted without one ("secret key") or is gone as it was written down.
create or replace function zoho_sync.actor_name(p_actor text) returns text
language sql stable set search_path = '' as $$
  -- Production's admin_users may have no full_name.
  select coalesce(
    (select coalesce(to_jsonb(u) ->> 'full_name', to_jsonb(u) ->> 'email') from public.admin_users u where u.id::text = p_actor),
    p_actor);
$$;

-- Contract, quote or invoice number; null for a customer or a deleted row. Called for each row of a page: a join over a
-- page may be planned as a hash of all contracts.
create or replace function zoho_sync.entity_number(p_type text, p_id uuid) returns text
language plpgsql stable set search_path = '' as $$
begin
  return case p_type
    when 'contract' then (select c.contract_number from public.contracts c where c.id = p_id)
    when 'quote' then (select q.quote_number from public.business_quotes q where q.id = p_id)
    when 'invoice' then (select i.invoice_number from public.customer_invoices i where i.id = p_id) end;
end $$;

-- The company, or the person where there is none.
create or replace function zoho_sync.customer_name(p_customer uuid) returns text
language sql stable set search_path = '' as $$
  select coalesce(nullif(btrim(cu.business_name), ''), nullif(btrim(concat_ws(' ', cu.first_name, cu.last_name)), ''))
  from public.customers cu where cu.id = p_customer;
$$;

-- Whose an entity is.
create or replace function zoho_sync.entity_name(p_type text, p_id uuid) returns text
language sql stable set search_path = '' as $$
  select case p_type
    when 'customer' then zoho_sync.customer_name(p_id)
    when 'quote' then (
      select coalesce(nullif(btrim(q.company_name), ''), zoho_sync.customer_name(q.customer_id))
      from public.business_quotes q where q.id = p_id)
    when 'contract' then (
      select coalesce(nullif(btrim(q.company_name), ''), zoho_sync.customer_name(coalesce(c.customer_id, q.customer_id)))
      from public.contracts c left join public.business_quotes q on q.id = c.quote_id where c.id = p_id)
    when 'invoice' then (
      select zoho_sync.customer_name(i.customer_id) from public.customer_invoices i where i.id = p_id) end;
$$;

-- What CircleTel calls the Accounts, Contacts and Products of these ids: {id: {name, zohoType}}. An Account of a company is
-- known by its normalised name only.
create or replace function public.zoho_names_of(p_ids text[]) returns jsonb
language sql stable set search_path = '' as $$
  select coalesce(jsonb_object_agg(n.zoho_id, jsonb_build_object('name', n.name, 'zohoType', n.zoho_type)), '{}')
  from (
    select distinct on (a.zoho_id) a.zoho_id, 'Accounts' as zoho_type,
      case when a.account_key like 'customer:%' then zoho_sync.customer_name(split_part(a.account_key, ':', 2)::uuid)
        else substr(a.account_key, 9) end as name
    from public.zoho_accounts a where a.zoho_id = any (p_ids)
    union all
    select m.zoho_id, 'Contacts', nullif(btrim(concat_ws(' ', cu.first_name, cu.last_name)), '')
    from public.zoho_entity_mappings m join public.customers cu on cu.id = m.circletel_id
    where m.zoho_type = 'Contacts' and m.zoho_id = any (p_ids)
    union all
    select distinct on (p.zoho_id) p.zoho_id, 'Products', p.product_key
    from public.zoho_products p where p.zoho_id = any (p_ids)) n
  where n.name is not null;
$$;

-- schemas/admin/zoho_admin_actions_page.sql

-- The acts of operators, newest first.
create or replace function public.zoho_admin_actions_page(
  p_actor text default null, p_action text default null, p_after bigint default null, p_limit integer default 50)
returns jsonb
language plpgsql stable set search_path = '' set plan_cache_mode = 'force_custom_plan' as $$
declare
  v_rows jsonb;
begin
  select jsonb_agg(jsonb_build_object('id', a.id::text, 'at', a.at, 'actor', a.actor,
      'actorName', zoho_sync.name_of_actor(a.actor),
      'action', a.action, 'details', a.details, 'cursor', a.id::text) order by a.id desc)
  into v_rows
  from (
    select a.* from public.zoho_admin_actions a
    where (p_actor is null or a.actor = p_actor) and (p_action is null or a.action = p_action)
      and (p_after is null or a.id < p_after)
    order by a.id desc limit p_limit + 1) a;
  return zoho_sync.page(coalesce(v_rows, '[]'), p_limit);
end $$;

-- schemas/admin/zoho_admin_attempts.sql

-- Attempts at records, newest first; what a look came to is in the log, too, and is none. p_status 'unsuccessful': those that
-- status_day counts as failed, tried again or not. p_text: the code of the fault, or what a search finds an entity by.
create or replace function public.zoho_admin_attempts(
  p_status text default null, p_from timestamptz default null, p_to timestamptz default null,
  p_text text default null, p_after text default null, p_limit integer default 50) returns jsonb
language plpgsql volatile set search_path = '' set plan_cache_mode = 'force_custom_plan' as $$
declare
  v_at timestamptz := least(
    coalesce(zoho_sync.from_micros(split_part(p_after, '.', 1)::bigint), 'infinity'), coalesce(p_to, 'infinity'));
  v_id uuid := case when p_after is not null then split_part(p_after, '.', 2)::uuid end;
  v_entities jsonb := case when p_text is not null then zoho_sync.entities_called(p_text) end;
  v_ids uuid[];
  v_rows public.zoho_sync_logs[];
begin
  if p_text is null then
    v_rows := array(
      select l from public.zoho_sync_logs l
      where l.created_at <= v_at and (p_from is null or l.created_at >= p_from) and (p_to is null or l.created_at < p_to)
        and (v_id is null or l.created_at < v_at or l.id < v_id)
        and (p_status is null or l.status = p_status or p_status = 'unsuccessful' and l.status in ('failed', 'retrying'))
        and l.drain_id is not null
      order by l.created_at desc, l.id desc limit p_limit + 1);
  else
    -- Ids first: a row is as wide as what it sent.
    v_ids := array(
      select f.id from (
        (select l.created_at, l.id from public.zoho_sync_logs l
        where substring(l.error_message, '^[A-Z][A-Z0-9_]+') = upper(p_text)
          and l.created_at <= v_at and (p_from is null or l.created_at >= p_from) and (p_to is null or l.created_at < p_to)
          and (v_id is null or l.created_at < v_at or l.id < v_id)
          and (p_status is null or l.status = p_status or p_status = 'unsuccessful' and l.status in ('failed', 'retrying'))
          and l.drain_id is not null
        order by l.created_at desc, l.id desc limit p_limit + 1)
        union
        select o.created_at, o.id
        from jsonb_to_recordset(v_entities) e (type text, id uuid)
        cross join lateral (
          select l.created_at, l.id from public.zoho_sync_logs l
          where l.entity_type = e.type and l.entity_id = e.id
            and l.created_at <= v_at and (p_from is null or l.created_at >= p_from) and (p_to is null or l.created_at < p_to)
            and (v_id is null or l.created_at < v_at or l.id < v_id)
            and (p_status is null or l.status = p_status or p_status = 'unsuccessful' and l.status in ('failed', 'retrying')) and l.drain_id is not null
          order by l.created_at desc, l.id desc limit p_limit + 1) o) f
      order by f.created_at desc, f.id desc limit p_limit + 1);
    v_rows := array(
      select l from public.zoho_sync_logs l where l.id = any (v_ids) order by l.created_at desc, l.id desc);
  end if;
  return zoho_sync.page(zoho_sync.attempt_items(v_rows), p_limit);
end $$;

-- Attempts as they are answered, in the order given, each with its cursor.
create or replace function zoho_sync.attempt_items(p_rows public.zoho_sync_logs[]) returns jsonb
language sql stable set search_path = '' as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'id', l.id, 'at', l.created_at, 'entityType', l.entity_type, 'entityId', l.entity_id,
    'number', zoho_sync.entity_number(l.entity_type, l.entity_id),
    'zohoType', l.zoho_entity_type, 'zohoId', l.zoho_entity_id, 'status', l.status, 'tryNumber', l.attempt_number,
    'code', substring(l.error_message, '^[A-Z][A-Z0-9_]+'), 'message', l.error_message, 'cause', l.cause,
    'durationMs', l.duration_ms,
    'cursor', zoho_sync.to_micros(l.created_at) || '.' || l.id) order by l.ordinality), '[]')
  from unnest(p_rows) with ordinality l;
$$;

-- The entities that an operator means by a text: the one whose whole number it is, else those that a search finds by it, 100
-- at most.
create or replace function zoho_sync.entities_called(p_text text) returns jsonb
language plpgsql volatile set search_path = '' as $$
declare
  v_phrase constant text := lower(btrim(p_text));
  -- Without the signs that LIKE knows.
  v_words constant text[] := regexp_split_to_array(btrim(translate(v_phrase, '%_\', '   ')), '\s+');
  v_exact jsonb;
begin
  select jsonb_agg(jsonb_build_object('type', e.entity_type, 'id', e.entity_id)) into v_exact
  from zoho_sync.search_entries e where lower(e.number) = v_phrase;
  if v_exact is not null then return v_exact; end if;
  perform zoho_sync.refresh_search();
  return (
    select coalesce(jsonb_agg(jsonb_build_object('type', f.entity_type, 'id', f.entity_id)), '[]')
    from (
      select e.* from unnest(zoho_sync.found_by_words(v_words, v_phrase)) e
      order by lower(e.number) = v_phrase desc nulls last, e.number desc nulls last limit 100) f);
end $$;

do $$
begin
  -- Attempts of one fault: "INVALID_DATA" of "INVALID_DATA (Amount): Zoho refused the value of this field."
  perform zoho_sync.ensure_index('zoho_sync_logs_code_idx', 'zoho_sync_logs',
    'substring(error_message, ''^[A-Z][A-Z0-9_]+''), created_at desc', 'error_message is not null');
  -- Attempts that are retrying or open: few among many.
  perform zoho_sync.ensure_index('zoho_sync_logs_open_idx', 'zoho_sync_logs', 'status, created_at desc',
    'status in (''retrying'', ''pending'')');
end $$;

-- schemas/admin/zoho_admin_contract.sql

-- One entity by its number, or by its id; null when nothing was ever known of it. `source` is what its projection is made
-- of. An entity whose row is gone is still shown: its record in Zoho, its notices and its history are there.
create or replace function public.zoho_admin_contract(p_number text default null, p_id uuid default null) returns jsonb
language plpgsql stable set search_path = '' set plan_cache_mode = 'force_custom_plan' as $$
declare
  v_found record;
begin
  select * into v_found from zoho_sync.found_entity(p_number, p_id);
  if v_found.id is null then return null; end if;
  return jsonb_build_object(
    'entityType', v_found.type, 'entityId', v_found.id, 'number', v_found.number, 'status', v_found.status,
    'isGone', v_found.is_gone, 'name', zoho_sync.entity_name(v_found.type, v_found.id),
    'row', zoho_sync.row_address(v_found.type),
    'related', zoho_sync.related_entities(v_found.type, v_found.id),
    'source', (select s.source from zoho_sync.sources(array[v_found.type], array[v_found.id]) s),
    'labels', zoho_sync.labels_of(v_found.type),
    'mapping', (
      select jsonb_build_object('zohoType', m.zoho_type, 'zohoId', m.zoho_id, 'state', m.state,
        'isInDoubt', zoho_sync.is_in_doubt(v_found.type, v_found.id), 'snapshot', m.snapshot,
        'zohoModifiedAt', m.zoho_modified_at)
      from public.zoho_entity_mappings m where m.circletel_type = v_found.type and m.circletel_id = v_found.id),
    'writes', zoho_sync.writes_of(v_found.type, v_found.id),
    'hold', zoho_sync.hold_of(v_found.type, v_found.id),
    'erasedAt', (select e.erased_at from zoho_sync.erased_people e where e.customer_id = v_found.id),
    'queue', zoho_sync.queue_items(array(
      select q from public.zoho_sync_queue q where q.entity_type = v_found.type and q.entity_id = v_found.id))
      -> 0 #- '{cursor}');
end $$;

create or replace function zoho_sync.found_entity(
  p_number text, p_id uuid, out type text, out id uuid, out number text, out status text, out is_gone boolean)
language plpgsql stable set search_path = '' set plan_cache_mode = 'force_custom_plan' as $$
begin
  select f.* into type, id, number, status
  from (
    select 'contract' as type, c.id, c.contract_number as number, c.status
    from public.contracts c where c.contract_number = p_number or c.id = p_id
    union all
    select 'quote', q.id, q.quote_number, q.status::text
    from public.business_quotes q where q.quote_number = p_number or q.id = p_id
    union all
    select 'invoice', i.id, i.invoice_number, i.status
    from public.customer_invoices i where i.invoice_number = p_number or i.id = p_id
    union all
    select 'customer', cu.id, null, null from public.customers cu where cu.id = p_id) f
  limit 1;
  is_gone := id is null;
  if not is_gone then return; end if;
  select g.type, p_id, g.number into type, id, number
  from (
    select m.circletel_type as type, m.snapshot ->> t.reference as number
    from public.zoho_entity_mappings m join zoho_sync.record_types() t on t.entity_type = m.circletel_type
    where m.circletel_id = p_id
    union all
    select n.entity_type, null from public.zoho_notices n where n.entity_id = p_id
    union all
    select t.entity_type, null from zoho_sync.record_types() t
    where exists (select from public.zoho_sync_logs l where l.entity_type = t.entity_type and l.entity_id = p_id)) g
  limit 1;
end $$;

-- Where Studio finds the rows of a kind: it addresses a table by its oid.
create or replace function zoho_sync.row_address(p_type text) returns jsonb
language sql stable set search_path = '' as $$
  select jsonb_build_object('table', t.source_table, 'oid', format('public.%I', t.source_table)::regclass::oid::bigint)
  from zoho_sync.record_types() t where t.entity_type = p_type;
$$;

-- The other entities of a sale: a contract's quote, a quote's contracts, both of a customer.
create or replace function zoho_sync.related_entities(p_type text, p_id uuid) returns jsonb
language plpgsql stable set search_path = '' set plan_cache_mode = 'force_custom_plan' as $$
begin
  return (select coalesce(jsonb_agg(jsonb_build_object('entityType', r.type, 'entityId', r.id, 'number', r.number)), '[]')
  from (
    select 'quote' as type, q.id, q.quote_number as number
    from public.business_quotes q
    where (p_type = 'contract' and q.id = (select c.quote_id from public.contracts c where c.id = p_id))
      or (p_type = 'customer' and q.customer_id = p_id)
    union all
    select 'contract', c.id, c.contract_number from public.contracts c
    where (p_type = 'quote' and c.quote_id = p_id) or (p_type = 'customer' and c.customer_id = p_id)
    limit 50) r);
end $$;

-- What the org calls the fields of an entity's record, as it was last read.
create or replace function zoho_sync.labels_of(p_type text) returns jsonb
language sql stable set search_path = '' as $$
  select coalesce(jsonb_object_agg(f.field, f.label), '{}')
  from zoho_sync.record_types() t join public.zoho_fields f on f.module = t.module
  where t.entity_type = p_type and f.problem is distinct from 'missing';
$$;

-- When Zoho last confirmed a write of an entity's record, and how the newest one ended. A look writes nothing.
create or replace function zoho_sync.writes_of(p_type text, p_id uuid) returns jsonb
language plpgsql stable set search_path = '' set plan_cache_mode = 'force_custom_plan' as $$
begin
  return (with attempts as (
    select l.status, coalesce(l.finished_at, l.created_at) as at, l.error_message, l.created_at
    from public.zoho_sync_logs l
    where l.entity_type = p_type and l.entity_id = p_id and l.drain_id is not null
      and l.zoho_entity_type = zoho_sync.zoho_type_of(p_type))
  select jsonb_build_object(
    'confirmedAt', (select a.at from attempts a where a.status = 'success' order by a.created_at desc limit 1),
    'last', (select jsonb_build_object('at', a.at, 'status', a.status, 'error', a.error_message)
      from attempts a order by a.created_at desc limit 1)));
end $$;

-- An invoice by its number; contract and quote numbers are unique.
do $$
begin
  perform zoho_sync.ensure_index('customer_invoices_invoice_number_idx', 'customer_invoices', 'invoice_number',
    p_method => 'hash');
end $$;

-- schemas/admin/zoho_admin_events.sql

-- An event as it is answered, in the order given, each with its cursor.
create or replace function zoho_sync.event_items(p_rows public.zoho_webhook_events[]) returns jsonb
language sql stable set search_path = '' as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'id', e.id, 'seq', e.seq, 'receivedAt', e.received_at, 'source', e.source, 'module', e.module,
    'operation', e.operation, 'recordId', e.record_id, 'status', e.status, 'reason', e.reason,
    'appliedAt', e.applied_at, 'modifiedAt', e.modified_at, 'modifiedBy', e.modified_by,
    'entityType', e.entity_type, 'entityId', e.entity_id, 'number', zoho_sync.entity_number(e.entity_type, e.entity_id),
    'cursor', e.seq::text) order by e.ordinality), '[]')
  from unnest(p_rows) with ordinality e;
$$;

-- Newest first. Seq is the order of receipt, so a span of time is a span of seq as well. Hints with nothing new are most of
-- them and are left out unless requested. p_text: a record's id, or what a search finds an entity by.
create or replace function public.zoho_admin_events(
  p_status text default null, p_module text default null, p_from timestamptz default null,
  p_to timestamptz default null, p_after bigint default null, p_limit integer default 50, p_text text default null,
  p_nothing_new boolean default true) returns jsonb
language plpgsql volatile set search_path = '' set plan_cache_mode = 'force_custom_plan' as $$
declare
  -- A minute to either side: two transactions may have taken their seq in the other order.
  v_first bigint := (select min(b.seq) from (select e.seq from public.zoho_webhook_events e
    where e.received_at >= p_from - interval '1 minute' order by e.received_at limit 100) b);
  v_last bigint := (select max(b.seq) from (select e.seq from public.zoho_webhook_events e
    where e.received_at < p_to + interval '1 minute' order by e.received_at desc limit 100) b);
  v_seqs bigint[] := case when p_text is not null then zoho_sync.hints_called(p_text) end;
  v_rows public.zoho_webhook_events[];
begin
  v_rows := array(
    select e from public.zoho_webhook_events e
    where (p_status is null or e.status = p_status) and (p_module is null or e.module = p_module)
      and (p_nothing_new or p_status is not null or e.status <> 'nothing_new')
      and (p_text is null or e.seq = any (v_seqs))
      and (p_from is null or (e.seq >= v_first and e.received_at >= p_from))
      and (p_to is null or (e.seq <= v_last and e.received_at < p_to))
      and (p_after is null or e.seq < p_after)
    order by e.seq desc
    limit p_limit + 1);
  return zoho_sync.page(zoho_sync.event_items(v_rows), p_limit);
end $$;

-- Hints that an operator means by a text, by their seq: of the entities that a search finds, and of a record by its id.
create or replace function zoho_sync.hints_called(p_text text) returns bigint[]
language plpgsql volatile set search_path = '' as $$
declare
  v_entities uuid[] := array(select e.id from jsonb_to_recordset(zoho_sync.entities_called(p_text)) e (id uuid));
begin
  return array(
    select e.seq from public.zoho_webhook_events e where e.entity_id = any (v_entities)
    union select r.seq from public.zoho_webhook_events r where r.record_id = btrim(p_text));
end $$;

create or replace function public.zoho_admin_event(p_id uuid) returns jsonb
language sql stable set search_path = '' as $$
  select zoho_sync.event_items(array[e]) -> 0 #- '{cursor}'
    || jsonb_build_object('told', e.told)
  from public.zoho_webhook_events e where e.id = p_id;
$$;

-- schemas/admin/zoho_admin_history.sql

-- Everything that happened to one entity, newest first: attempts, what looks came to, events, notices, acts of operators.
create or replace function public.zoho_admin_history(
  p_entity_type text, p_entity_id uuid, p_after text default null, p_limit integer default 50) returns jsonb
language plpgsql stable set search_path = '' set plan_cache_mode = 'force_custom_plan' as $$
declare
  v_at timestamptz := coalesce(zoho_sync.from_micros(split_part(p_after, '.', 1)::bigint), 'infinity');
  v_key text := coalesce(split_part(p_after, '.', 2), '');
  v_zoho_id text := (select m.zoho_id from public.zoho_entity_mappings m
    where m.circletel_type = p_entity_type and m.circletel_id = p_entity_id);
  v_rows jsonb;
begin
  select jsonb_agg(jsonb_build_object('at', h.at, 'kind', h.kind, 'id', h.id, 'status', h.status,
      'summary', h.summary, 'actor', h.actor, 'details', jsonb_strip_nulls(h.details),
      'cursor', zoho_sync.to_micros(h.at) || '.' || h.key) order by h.at desc, h.key desc)
  into v_rows
  from (
    select * from (
      -- A row that no drain opened is none of our writes: it says what a look at Zoho's record came to.
      (select l.created_at as at, case when l.drain_id is null then 'look' else 'attempt' end as kind,
        l.id::text as id, 'l' || l.id as key,
        case when l.drain_id is null then coalesce(l.response_payload ->> 'outcome', l.status) else l.status end as status,
        coalesce(l.error_message, case l.status when 'success' then 'Zoho confirmed' else l.status end
          || ' (' || coalesce(l.cause, 'no cause') || ')') as summary,
        null as actor,
        jsonb_build_object('zohoType', l.zoho_entity_type, 'zohoId', l.zoho_entity_id, 'attempt', l.attempt_number,
          'durationMs', l.duration_ms, 'finishedAt', l.finished_at, 'cause', l.cause, 'drainId', l.drain_id,
          'sent', case when l.drain_id is not null then l.request_payload end, 'answered', l.response_payload) as details
      from public.zoho_sync_logs l
      where l.entity_type = p_entity_type and l.entity_id = p_entity_id
        and l.created_at <= v_at and (l.created_at < v_at or 'l' || l.id < v_key)
      order by l.created_at desc, l.id desc limit p_limit + 1)
      union all
      (select e.received_at, 'event', e.id::text, 'e' || e.id, e.status,
        e.module || ' ' || e.operation || coalesce(': ' || e.reason, ''), null,
        jsonb_build_object('seq', e.seq, 'source', e.source, 'module', e.module, 'operation', e.operation,
          'reason', e.reason, 'appliedAt', e.applied_at, 'modifiedAt', e.modified_at, 'modifiedBy', e.modified_by,
          'told', e.told)
      from public.zoho_webhook_events e
      where e.seq in (
          select c.seq from public.zoho_webhook_events c where c.entity_id = p_entity_id
          union select r.seq from public.zoho_webhook_events r where r.record_id = v_zoho_id)
        and e.received_at <= v_at and (e.received_at < v_at or 'e' || e.id < v_key)
      order by e.received_at desc, e.id desc limit p_limit + 1)
      union all
      (select n.created_at, 'notice', n.id::text, 'n' || n.id,
        case when n.acknowledged_at is null then 'open' else 'acknowledged' end, n.message, null,
        jsonb_build_object('kind', n.kind, 'zohoType', n.zoho_type, 'zohoId', n.zoho_id,
          'acknowledgedAt', n.acknowledged_at)
      from public.zoho_notices n
      where n.entity_id = p_entity_id
        and n.created_at <= v_at and (n.created_at < v_at or 'n' || n.id < v_key)
      order by n.created_at desc, n.id desc limit p_limit + 1)
      union all
      (select a.at, 'action', a.id::text, 'a' || a.id, 'done', a.action, zoho_sync.actor_name(a.actor), a.details
      from public.zoho_admin_actions a
      where (a.details @> jsonb_build_object('id', p_entity_id)
          or a.details @> jsonb_build_object('entities', jsonb_build_array(jsonb_build_object('id', p_entity_id))))
        and a.at <= v_at and (a.at < v_at or 'a' || a.id < v_key)
      order by a.at desc, a.id desc limit p_limit + 1)) all_of_them
    order by at desc, key desc limit p_limit + 1) h;
  return zoho_sync.page(coalesce(v_rows, '[]'), p_limit);
end $$;

-- schemas/admin/zoho_admin_notices.sql

-- Notices, newest first.
create or replace function public.zoho_admin_notices(
  p_open_only boolean default true, p_after bigint default null, p_limit integer default 50) returns jsonb
language plpgsql stable set search_path = '' set plan_cache_mode = 'force_custom_plan' as $$
declare
  v_rows jsonb;
begin
  select jsonb_agg(jsonb_build_object('id', n.id::text, 'at', n.created_at, 'kind', n.kind,
      'entityType', n.entity_type, 'entityId', n.entity_id,
      'number', zoho_sync.entity_number(n.entity_type, n.entity_id), 'zohoType', n.zoho_type, 'zohoId', n.zoho_id,
      'message', n.message, 'acknowledgedAt', n.acknowledged_at, 'cursor', n.id::text) order by n.id desc)
  into v_rows
  from (
    select n.* from public.zoho_notices n
    where (not p_open_only or n.acknowledged_at is null) and (p_after is null or n.id < p_after)
    order by n.id desc limit p_limit + 1) n;
  return zoho_sync.page(coalesce(v_rows, '[]'), p_limit);
end $$;

create or replace function public.zoho_acknowledge_notices(p_ids bigint[]) returns integer
language sql set search_path = '' as $$
  with told as (
    update public.zoho_notices n set acknowledged_at = now()
    where n.id = any (p_ids) and n.acknowledged_at is null returning 1)
  select count(*)::integer from told;
$$;

-- schemas/admin/zoho_admin_problems.sql

-- Codes that are a problem at the first failure: a record that alone makes Zoho refuse a whole call. The list by cause, its
-- changes and their retry agree on it.
create or replace function zoho_sync.problem_at_once() returns text
language sql immutable set search_path = '' as $$
  select '^(HTTP_5..|INTERNAL_ERROR|INTERNAL_SERVER_ERROR|(DEPENDENT_)?SERVICE_\w+|NETWORK|UNREADABLE)$';
$$;

-- What failed, by cause: dead letters, what failed at least twice, and at once what bears a code of problem_at_once.
create or replace function public.zoho_admin_problems() returns jsonb
language sql stable set search_path = '' as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'code', p.error_code, 'field', p.error_field, 'dead', p.dead, 'retrying', p.retrying, 'oldestAt', p.oldest,
    'examples', (
      select jsonb_agg(jsonb_build_object('entityType', e.entity ->> 'type', 'entityId', e.entity ->> 'id',
        'number', zoho_sync.entity_number(e.entity ->> 'type', (e.entity ->> 'id')::uuid)) order by e.place)
      from unnest(p.entities) with ordinality e (entity, place)))
    order by p.dead desc, p.retrying desc, p.oldest), '[]')
  from (
    select q.error_code, q.error_field,
      count(*) filter (where q.status = 'dead') as dead, count(*) filter (where q.status <> 'dead') as retrying,
      min(q.enqueued_at) as oldest,
      (array_agg(jsonb_build_object('type', q.entity_type, 'id', q.entity_id) order by q.enqueued_at))[1:5] as entities
    from public.zoho_sync_queue q
    where q.error_code is not null and (q.status = 'dead' or q.failed_rounds >= 2 or q.failed_rounds = 1
      and q.error_code ~ zoho_sync.problem_at_once())
    group by q.error_code, q.error_field) p;
$$;

-- schemas/admin/zoho_admin_queue.sql

-- Rows of the queue as they are answered, in the order given, each with its cursor. Numbers are looked up one by one: a
-- join over a page of 50 may be planned as a hash of all contracts.
create or replace function zoho_sync.queue_items(p_rows public.zoho_sync_queue[]) returns jsonb
language sql stable set search_path = '' as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'entityType', q.entity_type, 'entityId', q.entity_id,
    'number', zoho_sync.entity_number(q.entity_type, q.entity_id),
    'lane', q.lane, 'status', q.status, 'failedRounds', q.failed_rounds, 'cause', q.cause, 'forced', q.forced,
    'enqueuedAt', q.enqueued_at, 'nextAttemptAt', q.next_attempt_at, 'leaseUntil', q.lease_until,
    'error', case when q.error_code is not null then jsonb_build_object(
      'code', q.error_code, 'field', q.error_field, 'message', q.error_message) end,
    'cursor', (extract(epoch from q.enqueued_at) * 1000000)::bigint || '.' || q.entity_id) order by q.ordinality), '[]')
  from unnest(p_rows) with ordinality q;
$$;

-- Pages are planned for what is asked: a plan for every filter at once would read from end to end. p_failed: only what
-- zoho_admin_problems counts, p_text: what a search finds an entity by.
create or replace function public.zoho_admin_queue(
  p_lane smallint default null, p_status text default null, p_code text default null, p_field text default null,
  p_after text default null, p_limit integer default 50, p_failed boolean default false,
  p_from timestamptz default null, p_to timestamptz default null, p_text text default null) returns jsonb
language plpgsql volatile set search_path = '' set plan_cache_mode = 'force_custom_plan' as $$
declare
  v_at timestamptz := zoho_sync.from_micros(split_part(p_after, '.', 1)::bigint);
  v_id uuid := split_part(p_after, '.', 2)::uuid;
  v_entities uuid[] := case when p_text is not null then array(
    select e.id from jsonb_to_recordset(zoho_sync.entities_called(p_text)) e (id uuid)) end;
  v_rows public.zoho_sync_queue[];
begin
  -- p_field '' is "no field".
  v_rows := array(
    select q from public.zoho_sync_queue q
    where (p_lane is null or q.lane = p_lane) and (p_status is null or q.status = p_status)
      and (not p_failed and p_code is null or q.error_code is not null and (q.status = 'dead' or q.failed_rounds >= 2
        or q.failed_rounds = 1 and q.error_code ~ zoho_sync.problem_at_once()))
      and (p_code is null or (q.error_code = p_code and (p_field is null or coalesce(q.error_field, '') = p_field)))
      and (p_from is null or q.enqueued_at >= p_from) and (p_to is null or q.enqueued_at < p_to)
      and (p_text is null or q.entity_id = any (v_entities))
      and (p_after is null or (q.enqueued_at, q.entity_id) > (v_at, v_id))
    order by q.enqueued_at, q.entity_id
    limit p_limit + 1);
  return zoho_sync.page(zoho_sync.queue_items(v_rows), p_limit);
end $$;

-- schemas/admin/zoho_admin_retry.sql

-- Makes changes due again, their rounds at nought: named ones ([{type, id}]), those of one cause, or all that failed.
create or replace function public.zoho_admin_retry(
  p_entities jsonb default null, p_code text default null, p_field text default null, p_limit integer default 10000)
returns jsonb
language plpgsql set search_path = '' set plan_cache_mode = 'force_custom_plan' as $$
declare
  v_count integer;
begin
  with named as (
    select n.type, n.id from jsonb_to_recordset(p_entities) n (type text, id uuid)),
  chosen as (
    select q.entity_type, q.entity_id from public.zoho_sync_queue q
    where q.status in ('dead', 'pending')
      and case when p_entities is not null
        then (q.entity_type, q.entity_id) in (select n.type, n.id from named n)
        else q.error_code is not null and (q.status = 'dead' or q.failed_rounds >= 2
            or q.failed_rounds = 1 and q.error_code ~ zoho_sync.problem_at_once())
          and (p_code is null or q.error_code = p_code)
          and (p_field is null or coalesce(q.error_field, '') = p_field) end
    order by q.entity_id
    limit p_limit
    for update)
  update public.zoho_sync_queue q set status = 'pending', failed_rounds = 0, next_attempt_at = now()
  from chosen c where q.entity_type = c.entity_type and q.entity_id = c.entity_id;
  get diagnostics v_count = row_count;
  if v_count > 0 then
    perform zoho_sync.call_function('zoho-sync', '{"reason":"retried"}'::jsonb);
  end if;
  return jsonb_build_object('retried', v_count, 'more', v_count = p_limit);
end $$;

-- schemas/admin/zoho_admin_runs.sql

-- A backfill or a comparison; what is not common to both is in `details`.
create or replace function zoho_sync.long_run(p_kind text, p_run jsonb) returns jsonb
language sql immutable set search_path = '' as $$
  select jsonb_build_object('kind', p_kind, 'id', p_run ->> 'id', 'status', p_run ->> 'status',
    'startedAt', p_run -> 'started_at', 'finishedAt', p_run -> 'finished_at',
    'details', p_run - array['id', 'status', 'started_at', 'finished_at', 'cursor', 'lease_owner', 'lease_until',
      'step_owner', 'step_until']);
$$;

create or replace function public.zoho_admin_runs(p_limit integer default 50) returns jsonb
language sql stable set search_path = '' as $$
  select jsonb_build_object(
    'drains', coalesce((
      select jsonb_agg(jsonb_build_object('drainId', d.drain_id, 'startedAt', d.started_at,
        'finishedAt', case when d.under_way = 0 then d.finished_at end,
        'succeeded', d.succeeded, 'failed', d.failed, 'underWay', d.under_way) order by d.started_at desc)
      from (
        select n.drain_id, min(n.created_at) as started_at, max(n.finished_at) as finished_at,
          count(*) filter (where n.status = 'success') as succeeded,
          count(*) filter (where n.status in ('failed', 'retrying')) as failed,
          count(*) filter (where n.status = 'pending') as under_way
        from (
          select l.drain_id, l.created_at, l.finished_at, l.status from public.zoho_sync_logs l
          order by l.created_at desc limit 2000) n
        where n.drain_id is not null
        group by n.drain_id order by 2 desc limit p_limit) d), '[]'),
    'longRuns', coalesce((
      select jsonb_agg(r.run order by r.run ->> 'startedAt' desc)
      from (
        (select zoho_sync.long_run('backfill', to_jsonb(b)) as run
          from public.zoho_backfill_runs b order by b.started_at desc limit p_limit)
        union all
        (select zoho_sync.long_run('reconcile', to_jsonb(c))
          from public.zoho_reconcile_runs c order by c.started_at desc limit p_limit)) r), '[]'));
$$;

-- schemas/admin/zoho_admin_settings.sql

-- Setup as far as the database knows it.
create or replace function public.zoho_admin_settings() returns jsonb
language sql stable set search_path = '' as $$
  select jsonb_build_object('channels', zoho_sync.status_channels(), 'migration', zoho_sync.newest_migration(),
    'dailyCredits', s.daily_credits, 'concurrency', s.concurrency,
    'syncedTypes', to_jsonb(s.synced_types), 'fieldMetadata', coalesce((
      select jsonb_agg(to_jsonb(f) order by f.module, f.field) from public.zoho_fields f), '[]'))
  from public.zoho_sync_state s;
$$;

-- schemas/admin/zoho_admin_status.sql

-- The whole at a glance. Folds a little first, so that what waits is counted where it waits.
create or replace function public.zoho_admin_status() returns jsonb
language sql volatile set search_path = '' as $$
  select zoho_sync.fold_few();
  select jsonb_build_object(
    'at', clock_timestamp(),
    'queue', zoho_sync.status_queue(),
    'paused', public.zoho_pause_state(),
    'resting', zoho_sync.resting_modules(),
    'isDraining', coalesce(s.drain_until > now(), false),
    'lastDrainAt', s.last_drain_at,
    'lastHeardAt', (select max(e.received_at) from public.zoho_webhook_events e),
    'lastWriteAt', zoho_sync.last_write(),
    'events', (
      select jsonb_build_object('open', count(*) filter (where e.status = 'received'),
        'failed', count(*) filter (where e.status = 'failed'),
        'refusals24h', (select coalesce(sum(r.count), 0) from public.zoho_webhook_refusals r
          where r.minute > now() - interval '24 hours'))
      from public.zoho_webhook_events e where e.status in ('received', 'failed')),
    'notices', jsonb_build_object('open', (
      select count(*) from public.zoho_notices n where n.acknowledged_at is null)),
    'day', zoho_sync.status_day(),
    'credits', zoho_sync.status_credits(),
    'token', (
      select jsonb_build_object(
        'expiresAt', case when t.expires_at > '-infinity' then t.expires_at end,
        'refreshedAt', t.recent_refreshes[cardinality(t.recent_refreshes)],
        'errorCode', t.error_code, 'errorAt', t.error_at)
      from public.zoho_tokens t limit 1),
    'channels', zoho_sync.status_channels(),
    'migration', zoho_sync.newest_migration())
    || zoho_sync.status_parts()
  from public.zoho_sync_state s;
$$;


-- Folds what takes a few milliseconds. A thousand ids and more are a drain's work, or the sweep's: a page that waited for
-- 20,000 of them took a second, at every look.
create or replace function zoho_sync.fold_few() returns void
language plpgsql set search_path = '' as $$
begin
  if (zoho_sync.noted_rows()).count between 1 and 1000 then
    perform zoho_sync.fold_outbox();
  end if;
end $$;

-- Changed rows whose notes are not in the queue yet, and since when the oldest waits. For a TRUNCATE the number is unknown.
create or replace function zoho_sync.noted_rows(out count bigint, out oldest timestamptz)
language sql stable set search_path = '' as $$
  select coalesce(sum(greatest(cardinality(o.ids), cardinality(o.owners), 1)), 0), min(o.noted_at) from zoho_sync.outbox o;
$$;

-- The queue by lane and status, what is noted and not in it yet, and how long the oldest unsent change has waited.
create or replace function zoho_sync.status_queue() returns jsonb
language sql stable set search_path = '' as $$
  -- Once, not for each row.
  with held as materialized (select zoho_sync.held_entities() as ids),
  counted as (
    select q.lane, q.status, count(*) as count, min(q.enqueued_at) as oldest,
      min(q.enqueued_at) filter (where q.entity_id <> all (h.ids)) as oldest_not_held
    from public.zoho_sync_queue q, held h group by q.lane, q.status),
  noted as (select n.count, n.oldest from zoho_sync.noted_rows() n),
  unsent as (
    select least((select n.oldest from noted n), min(c.oldest_not_held)) as oldest
    from counted c where c.status <> 'dead' and c.lane < 2)
  select jsonb_build_object(
    'counts', coalesce((
      select jsonb_agg(jsonb_build_object('lane', c.lane, 'status', c.status, 'count', c.count, 'oldestAt', c.oldest,
        'ageSeconds', floor(extract(epoch from clock_timestamp() - c.oldest))) order by c.lane, c.status) from counted c), '[]'),
    'waiting', (select coalesce(sum(c.count) filter (where c.status <> 'dead'), 0) from counted c) + (select n.count from noted n),
    'noted', (select n.count from noted n),
    'dead', (select coalesce(sum(c.count) filter (where c.status = 'dead'), 0) from counted c),
    'held', (select cardinality(h.ids) from held h),
    -- What a person holds is not late.
    'oldestUnsentAt', u.oldest,
    'oldestUnsentSeconds', floor(extract(epoch from clock_timestamp() - u.oldest)))
  from unsent u;
$$;

-- 24 whole hours and the one that is running: what is rolled up, and from there on what is there. The waits of the whole
-- day are sorted once more: percentiles of hours do not add up.
create or replace function zoho_sync.status_day() returns jsonb
language sql stable set search_path = '' as $$
  with span as (
    select zoho_sync.hour_of(now()) - interval '24 hours' as first_hour, zoho_sync.hour_of(now()) as last_hour),
  rolled as (
    select h.* from zoho_sync.attempt_hours h, span s where h.hour >= s.first_hour),
  rest as (
    select greatest(s.first_hour, coalesce((select max(r.hour) + interval '1 hour' from rolled r), s.first_hour)) as first_hour,
      s.last_hour + interval '1 hour' as until
    from span s),
  hours as (
    select g.hour, coalesce(r.succeeded, a.succeeded, 0) as succeeded, coalesce(r.failed, a.failed, 0) as failed,
      coalesce(r.settled, w.settled, 0) as settled, coalesce(r.p50_ms, w.p50_ms) as p50, coalesce(r.p95_ms, w.p95_ms) as p95
    from span s cross join lateral generate_series(s.first_hour, s.last_hour, interval '1 hour') g (hour)
    left join rolled r on r.hour = g.hour
    left join (select c.* from rest cross join lateral zoho_sync.count_attempts(rest.first_hour, rest.until) c) a
      on a.hour = g.hour
    left join (select c.* from rest cross join lateral zoho_sync.count_waits(rest.first_hour, rest.until) c) w
      on w.hour = g.hour),
  whole as (
    select percentile_disc(array[0.5, 0.95]) within group (order by x.wait) as p
    from (select unnest(w.waits_ms) as wait from zoho_sync.settled_waits w, span s where w.at >= s.first_hour) x)
  select jsonb_build_object(
    'hours', jsonb_agg(jsonb_build_object('hour', h.hour, 'succeeded', h.succeeded, 'failed', h.failed,
      'settled', h.settled, 'p50Ms', h.p50, 'p95Ms', h.p95) order by h.hour),
    'succeeded', sum(h.succeeded), 'failed', sum(h.failed), 'settled', sum(h.settled),
    'successRate', round(sum(h.succeeded)::numeric / nullif(sum(h.succeeded) + sum(h.failed), 0), 4),
    'p50Ms', (select w.p[1] from whole w), 'p95Ms', (select w.p[2] from whole w))
  from hours h;
$$;

create or replace function zoho_sync.status_credits() returns jsonb
language sql stable set search_path = '' as $$
  with day as (select * from public.zoho_credit_ledger l where l.quarter > now() - interval '24 hours')
  select jsonb_build_object(
    'budget', (select s.daily_credits from public.zoho_sync_state s),
    'byLane', coalesce((
      select jsonb_agg(jsonb_build_object('lane', d.lane, 'credits', d.credits, 'calls', d.calls) order by d.lane)
      from (select d.lane, sum(d.credits) as credits, sum(d.calls) as calls from day d group by d.lane) d), '[]'),
    'quarters', coalesce((
      select jsonb_agg(jsonb_build_object('at', q.quarter, 'credits', q.credits) order by q.quarter)
      from (select d.quarter, sum(d.credits) as credits from day d group by d.quarter) q), '[]'));
$$;

create or replace function zoho_sync.status_channels() returns jsonb
language sql stable set search_path = '' as $$
  select coalesce(jsonb_agg(jsonb_build_object('channelId', c.channel_id, 'module', c.module,
    'expiresAt', c.expires_at, 'checkedAt', c.checked_at) order by c.channel_id, c.module), '[]')
  from public.zoho_channels c;
$$;

-- The last comparison that came to its end, and what is still different as far as the last full one and those after it
-- know: an hourly one looks at what changed only. Records that no entity owns (a seller's own Deals) are no difference.
create or replace function zoho_sync.last_reconcile() returns jsonb
language sql stable set search_path = '' as $$
  with newest as (
    select * from public.zoho_reconcile_runs r where r.status = 'finished' order by r.started_at desc limit 1),
  since as (
    select coalesce(
      (select r.started_at from public.zoho_reconcile_runs r
        where r.status = 'finished' and r.kind = 'full' order by r.started_at desc limit 1),
      (select n.started_at from newest n)) as at)
  select jsonb_build_object(
    'id', n.id, 'status', n.status, 'startedAt', n.started_at, 'finishedAt', n.finished_at,
    'compared', n.matched + n.differs + n.missing,
    'differences', (
      select count(distinct (w.entity_type, coalesce(w.entity_id::text, w.zoho_id)))
      from public.zoho_reconcile_runs r join public.zoho_reconcile_rows w on w.run_id = r.id
      where r.status = 'finished' and r.started_at >= s.at and w.repaired_at is null
        and (w.verdict in ('differs', 'missing') or (w.verdict = 'extra' and w.reason = 'doubled'))))
  from newest n, since s;
$$;

create or replace function zoho_sync.status_parts() returns jsonb
language sql stable set search_path = '' as $$
  select jsonb_build_object(
    'questions', jsonb_build_object('open', q.records, 'oldestAt', q.oldest),
    'unknownWrites', jsonb_build_object('open', q.unknown_writes),
    'accountQuestions', jsonb_build_object('open', q.accounts),
    'fieldProblems', jsonb_build_object('open', (select count(*) from public.zoho_fields f where f.problem is not null)),
    'lastReconcile', zoho_sync.last_reconcile(),
    'alerts', (
      select jsonb_build_object('lastCheckedAt', max(a.checked_at),
        'on', coalesce(jsonb_agg(a.name order by a.since) filter (where a.state = 'on'), '[]'),
        'isStored', exists (select from zoho_sync.alert_channels))
      from public.zoho_alerts a))
  from (
    select count(*) filter (where n.kind <> 'account') as records, count(*) filter (where n.kind = 'account') as accounts,
      min(n.asked_at) as oldest, count(*) filter (where n.kind = 'unknown_write') as unknown_writes
    from public.zoho_questions n where n.closed_at is null and n.answer is null) q;
$$;

-- The newest attempt that succeeded. The newest rows may all be failures or come from Zoho: after a few thousand of
-- them the hours tell where to look.
create or replace function zoho_sync.last_write() returns timestamptz
language sql stable set search_path = '' as $$
  select coalesce(
    (select n.created_at from (
        select l.created_at, l.status, l.drain_id from public.zoho_sync_logs l order by l.created_at desc limit 2000) n
      where n.status = 'success' and n.drain_id is not null
      order by n.created_at desc limit 1),
    (select max(l.created_at) from public.zoho_sync_logs l
      where l.status = 'success' and l.drain_id is not null
        and l.created_at >= (select max(h.hour) from zoho_sync.attempt_hours h where h.succeeded > 0)
        and l.created_at < (select max(h.hour) from zoho_sync.attempt_hours h where h.succeeded > 0) + interval '1 hour'));
$$;

-- The owner's rights, for a schema that the API's roles do not see. Null where the platform keeps no record.
create or replace function zoho_sync.newest_migration() returns text
language plpgsql stable security definer set search_path = '' as $$
declare
  v_version text;
begin
  if to_regclass('supabase_migrations.schema_migrations') is not null then
    execute 'select max(version) from supabase_migrations.schema_migrations' into v_version;
  end if;
  return v_version;
end $$;

-- schemas/alerts/zoho_admin_alerts.sql

-- Every alert as it is now.
create or replace function public.zoho_admin_alerts() returns jsonb
language sql stable set search_path = '' as $$
  select jsonb_build_object(
    'lastCheckedAt', max(a.checked_at),
    'rows', coalesce(jsonb_agg(jsonb_build_object('name', a.name, 'state', a.state, 'since', a.since,
      'detail', a.detail, 'told', a.told, 'lastNotifiedAt', a.last_notified_at,
      'isMuted', coalesce(a.muted_until > now(), false),
      'mutedUntil', case when a.muted_until > now() then nullif(a.muted_until, 'infinity') end) order by a.name), '[]'))
  from public.zoho_alerts a;
$$;

-- schemas/alerts/zoho_alerts_told.sql

-- [{name, state, channels}]: the channels that took it; one that did not is tried again at the next check.
create or replace function public.zoho_alerts_told(p_told jsonb) returns void
language sql set search_path = '' as $$
  update public.zoho_alerts a set
    telling_until = null,
    told = a.told || coalesce((select jsonb_object_agg(c, t.state) from jsonb_array_elements_text(t.channels) c), '{}'),
    last_notified_at = case when jsonb_array_length(t.channels) > 0 then clock_timestamp() else a.last_notified_at end
  from jsonb_to_recordset(p_told) t (name text, state text, channels jsonb)
  where a.name = t.name;
$$;

-- schemas/alerts/zoho_decide_alerts.sql

-- Stores the present state of all alerts ([{name, on, detail}]) and answers what has to be sent, by channel:
--   { changed: [{name, state}], tell: [{name, state, since, beganAt, detail, channels}] }
-- The rows are held until the end, and what is handed out is not handed out again for p_seconds: of two checks at once
-- one sends. The sender confirms with zoho_alerts_told; what is not confirmed is sent again, so an alert arrives at least once.
create or replace function public.zoho_decide_alerts(p_conditions jsonb, p_channels text[], p_seconds integer default 60)
returns jsonb
language plpgsql set search_path = '' as $$
declare
  v_changed jsonb;
  v_tell jsonb;
begin
  insert into public.zoho_alerts (name)
  select c.name from jsonb_to_recordset(p_conditions) c (name text) order by c.name
  on conflict (name) do nothing;
  perform from public.zoho_alerts a order by a.name for update;

  with now_so as (
    select c.name, case when c."on" then 'on' else 'off' end as state, c.detail
    from jsonb_to_recordset(p_conditions) c (name text, "on" boolean, detail text)),
  turned as (
    select n.name, n.state from now_so n join public.zoho_alerts a on a.name = n.name and a.state <> n.state),
  kept as (
    update public.zoho_alerts a set
      state = n.state,
      since = case when a.state <> n.state then clock_timestamp() else a.since end,
      began_at = case when a.state = 'off' and n.state = 'on' then clock_timestamp() else a.began_at end,
      detail = coalesce(n.detail, case when a.state = n.state then a.detail end),
      checked_at = clock_timestamp()
    from now_so n where a.name = n.name)
  select coalesce(jsonb_agg(jsonb_build_object('name', t.name, 'state', t.state) order by t.name), '[]')
  into v_changed from turned t;

  with due as (
    select a.name, array(
      select c from unnest(p_channels) c where coalesce(a.told ->> c, 'off') <> a.state order by c) as channels
    from public.zoho_alerts a
    where (a.muted_until is null or a.muted_until <= now())
      and (a.telling_until is null or a.telling_until <= clock_timestamp())),
  taken as (
    update public.zoho_alerts a set telling_until = clock_timestamp() + make_interval(secs => p_seconds)
    from due d where a.name = d.name and cardinality(d.channels) > 0
    returning a.name, a.state, a.since, a.began_at, a.detail, to_jsonb(d.channels) as channels)
  select coalesce(jsonb_agg(jsonb_build_object('name', t.name, 'state', t.state, 'since', t.since,
      'beganAt', t.began_at, 'detail', t.detail, 'channels', t.channels) order by t.state desc, t.name), '[]')
  into v_tell from taken t;
  return jsonb_build_object('changed', v_changed, 'tell', v_tell);
end $$;

-- schemas/alerts/zoho_mute_alert.sql

-- Null ends it; 'infinity' mutes until a person does.
create or replace function public.zoho_mute_alert(p_name text, p_until timestamptz default null) returns void
language sql set search_path = '' as $$
  insert into public.zoho_alerts as a (name, muted_until) values (p_name, p_until)
  on conflict (name) do update set muted_until = excluded.muted_until;
$$;

-- schemas/alerts/zoho_set_alert_channel.sql

-- No p_sealed removes the channel. Its record of sent alerts is cleared, so that the next channel gets all that are on.
create or replace function public.zoho_set_alert_channel(p_name text, p_set_by text, p_sealed text default null) returns void
language plpgsql set search_path = '' as $$
begin
  if p_sealed is null then
    delete from zoho_sync.alert_channels c where c.name = p_name;
  else
    insert into zoho_sync.alert_channels (name, sealed, set_by) values (p_name, p_sealed, p_set_by)
    on conflict (name) do update set sealed = excluded.sealed, set_by = excluded.set_by, set_at = now();
  end if;
  update public.zoho_alerts a set told = a.told - p_name where a.told ? p_name;
end $$;

create or replace function public.zoho_alert_channels() returns jsonb
language sql stable set search_path = '' as $$
  select coalesce(jsonb_agg(jsonb_build_object('name', c.name, 'sealed', c.sealed)), '[]') from zoho_sync.alert_channels c;
$$;

-- schemas/backfill/backfill_cause.sql

create or replace function zoho_sync.backfill_cause(p_run uuid) returns text
language sql immutable set search_path = '' as $$
  select 'backfill ' || p_run;
$$;

-- schemas/backfill/backfill_counts.sql

create or replace function zoho_sync.backfill_counts(p_run uuid) returns jsonb
language sql stable set search_path = '' as $$
  select jsonb_build_object(
    'create', count(*) filter (where i.plan = 'create'), 'update', count(*) filter (where i.plan = 'update'),
    'skip', count(*) filter (where i.plan = 'skip'), 'link', count(*) filter (where i.plan = 'link'),
    'refuse', count(*) filter (where i.plan = 'refuse'),
    'reasons', coalesce((
      select jsonb_object_agg(w.reason, w.n) from (
        select r.reason, count(*) as n from public.zoho_backfill_items r
        where r.run_id = p_run and r.reason is not null group by r.reason) w), '{}'))
  from public.zoho_backfill_items i where i.run_id = p_run;
$$;

-- schemas/backfill/is_backfill_closed.sql

-- Whether the sync is paused, or the day's credits are needed for live changes: no step is made then.
create or replace function zoho_sync.is_backfill_closed() returns boolean
language sql stable set search_path = '' as $$
  select coalesce(s.paused_until > now(), false) or zoho_sync.lane_by_credits(s.daily_credits) < 2
  from public.zoho_sync_state s;
$$;

-- schemas/backfill/sweep_backfill.sql

-- Every 30 s while a run is open, since no client may be watching it.
create or replace function zoho_sync.sweep_backfill() returns void
language plpgsql security definer set search_path = '' as $$
begin
  if exists (select from public.zoho_backfill_runs r where r.status = 'running') then
    perform zoho_sync.call_function('zoho-admin/backfill/step', '{"reason":"schedule"}'::jsonb);
  end if;
end $$;

-- schemas/backfill/zoho_backfill_cancel.sql

-- Removes from the queue what the run put there and no drain has started. Answers { cancelled } or null when there is no
-- such run that is open.
create or replace function public.zoho_backfill_cancel(p_run uuid) returns jsonb
language plpgsql set search_path = '' set plan_cache_mode = 'force_custom_plan' set enable_nestloop = off as $$
declare
  v_cancelled integer;
begin
  -- What was edited meanwhile is a live change by now.
  perform zoho_sync.fold_outbox();
  perform from public.zoho_backfill_runs r where r.id = p_run and r.status = 'running' for update;
  if not found then return null; end if;
  with untouched as (
    delete from public.zoho_sync_queue q using public.zoho_backfill_items i
    where i.run_id = p_run and i.state in ('queued', 'retrying')
      and q.entity_type = i.entity_type and q.entity_id = i.entity_id
      and q.lane = 2 and q.status = 'pending' and q.failed_rounds = 0 and q.cause = zoho_sync.backfill_cause(p_run)
    returning q.entity_id)
  update public.zoho_backfill_items i set state = 'cancelled'
  where i.run_id = p_run and i.entity_id in (select u.entity_id from untouched u);
  get diagnostics v_cancelled = row_count;
  v_cancelled := v_cancelled + (
    select count(*) from public.zoho_backfill_items i where i.run_id = p_run and i.state in ('new', 'planned'));
  delete from zoho_sync.backfill_links l where l.run_id = p_run;
  update public.zoho_backfill_runs r set status = 'cancelled', finished_at = now(),
    credits_used = case when r.dry_run then r.credits_used else zoho_sync.backfill_credits(r) end
  where r.id = p_run;
  return jsonb_build_object('cancelled', v_cancelled);
end $$;

-- schemas/backfill/zoho_backfill_claim_step.sql

-- Claims the oldest run that has something to do. Answers the run as JSON, or null. It waits for the session that
-- locks the row, which is short: if it skipped a row because a status was just being read, the step would be lost until the
-- next sweep.
create or replace function public.zoho_backfill_claim_step(p_worker uuid, p_lease_seconds integer) returns jsonb
language sql set search_path = '' as $$
  update public.zoho_backfill_runs r
  set step_owner = p_worker, step_until = now() + make_interval(secs => p_lease_seconds)
  where not zoho_sync.is_backfill_closed() and r.id = (
    select o.id from public.zoho_backfill_runs o
    where o.status = 'running' and (o.step_until is null or o.step_until < now() or o.step_owner = p_worker)
      -- One that writes waits while the sync observes.
      and (o.dry_run or not zoho_sync.is_observing())
    -- Dry runs first: a person is waiting for the result.
    order by o.dry_run desc, o.started_at
    limit 1
    for update)
  returning to_jsonb(r);
$$;

-- schemas/backfill/zoho_backfill_end_plan.sql

-- All pages of a dry run are planned: it is over.
create or replace function public.zoho_backfill_end_plan(p_run uuid) returns void
language sql set search_path = '' as $$
  update public.zoho_backfill_runs r set
    status = 'finished', finished_at = now(), outcome = zoho_sync.backfill_counts(p_run)
  where r.id = p_run and r.dry_run and r.status = 'running';
  delete from zoho_sync.backfill_links l where l.run_id = p_run;
$$;

-- schemas/backfill/zoho_backfill_end_step.sql

create or replace function public.zoho_backfill_end_step(
  p_run uuid, p_worker uuid, p_code text default null, p_message text default null, p_ring boolean default false)
returns void
language plpgsql set search_path = '' as $$
begin
  update public.zoho_backfill_runs r
  set step_owner = null, step_until = null, error_code = p_code, error_message = p_message
  where r.id = p_run and r.step_owner = p_worker;
  if p_ring then
    perform zoho_sync.call_function('zoho-admin/backfill/step', '{"reason":"next"}'::jsonb);
  end if;
end $$;

-- schemas/backfill/zoho_backfill_enqueue.sql

-- Why an entity is passed over by every way into the queue (zoho_sync.enqueue says which are).
create or replace function zoho_sync.backfill_refusal(p_entity_type text, p_id uuid) returns text
language sql stable set search_path = '' as $$
  select case
    when exists (select from zoho_sync.missing_entities(array[p_entity_type], array[p_id])) then 'NOT_FOUND'
    when not exists (select from public.zoho_sync_state s where p_entity_type = any (s.synced_types)) then 'SWITCHED_OFF'
    when exists (
      select from public.customers cu
      where cu.account_type = 'internal_test' and cu.id in (
        select p_id
        union all select c.customer_id from public.contracts c where c.id = p_id
        union all select q.customer_id from public.contracts c join public.business_quotes q on q.id = c.quote_id
          where c.id = p_id
        union all select q.customer_id from public.business_quotes q where q.id = p_id
        union all select i.customer_id from public.customer_invoices i where i.id = p_id)) then 'INTERNAL_TEST'
    when exists (select from public.business_quotes q where q.id = p_id and coalesce(btrim(q.quote_number), '') = '')
      or exists (select from public.customer_invoices i where i.id = p_id and coalesce(btrim(i.invoice_number), '') = '')
      then 'NO_NUMBER'
    else 'CONSUMER' end;
$$;

-- Lists and queue grow by thousands between two looks of autovacuum; judged by statistics of an empty table, a join of the
-- two is a nested loop over both (6,000 entities: 17 s). Where all of a run is joined, nested loops are off.

-- Puts the next p_limit entities in the queue's last lane, oldest first: the order of the plan is the order of the
-- waves, so that the same companies meet in the same calls and cost what was said. No more than p_ahead of them wait in the
-- queue at a time, since the progress of a run is read from these. Answers how many.
create or replace function public.zoho_backfill_enqueue(p_run uuid, p_limit integer, p_ahead integer default 30000)
returns integer
language plpgsql set search_path = '' set plan_cache_mode = 'force_custom_plan' set enable_nestloop = off as $$
declare
  v_run public.zoho_backfill_runs;
  v_ids uuid[];
begin
  select * into v_run from public.zoho_backfill_runs r where r.id = p_run for update;
  if v_run.dry_run or v_run.status <> 'running' then return 0; end if;
  v_ids := zoho_sync.backfill_next(p_run, greatest(0, least(p_limit, p_ahead - (
    select count(*)::integer from public.zoho_backfill_items i where i.run_id = p_run and i.state = 'queued'))));
  if cardinality(v_ids) = 0 then return 0; end if;
  perform public.zoho_enqueue(v_run.entity_type, v_ids, 2::smallint, zoho_sync.backfill_cause(p_run));
  update public.zoho_sync_queue q set next_attempt_at = now() + i.position * interval '1 microsecond'
  from public.zoho_backfill_items i
  where i.run_id = p_run and i.entity_id = any (v_ids)
    and q.entity_type = i.entity_type and q.entity_id = i.entity_id and q.lane = 2 and q.status = 'pending';
  -- What zoho_enqueue passed over is refused.
  update public.zoho_backfill_items i set
    state = case when r.is_queued then 'queued' else 'refused' end,
    plan = case when not r.is_queued then 'refuse' end,
    reason = case when not r.is_queued then zoho_sync.backfill_refusal(r.entity_type, r.entity_id) end
  from (
    select o.entity_type, o.entity_id, q.entity_id is not null as is_queued from public.zoho_backfill_items o
    left join public.zoho_sync_queue q on q.entity_type = o.entity_type and q.entity_id = o.entity_id
    where o.run_id = p_run and o.entity_id = any (v_ids)) r
  where i.run_id = p_run and i.entity_id = r.entity_id;
  perform zoho_sync.ring_doorbell();
  return cardinality(v_ids);
end $$;

-- schemas/backfill/zoho_backfill_items_page.sql

-- The entities of a run in its order, each with what became of it, or would: p_plan, p_reason narrow it down.
create or replace function public.zoho_backfill_items_page(
  p_run uuid, p_plan text default null, p_reason text default null, p_after integer default 0, p_limit integer default 50)
returns jsonb
language sql stable set search_path = '' as $$
  select zoho_sync.page(coalesce(jsonb_agg(jsonb_build_object(
    'entityType', i.entity_type, 'entityId', i.entity_id,
    'number', zoho_sync.entity_number(i.entity_type, i.entity_id),
    'plan', i.plan, 'reason', i.reason, 'state', zoho_sync.backfill_state(i.status, i.state), 'would', i.would,
    'cursor', i.position::text) order by i.position), '[]'), p_limit)
  from (
    select b.*, r.status from public.zoho_backfill_items b join public.zoho_backfill_runs r on r.id = b.run_id
    where b.run_id = p_run and b.position > p_after
      and (p_plan is null or b.plan = p_plan) and (p_reason is null or b.reason = p_reason)
    order by b.position limit p_limit + 1) i;
$$;

-- schemas/backfill/zoho_backfill_page.sql

-- Everything that a claim would give the drain for these entities, with what the dry run would have made by now.
create or replace function zoho_sync.backfill_changes(p_run uuid, p_entity_type text, p_ids uuid[])
returns table (entity_id uuid, change jsonb)
language sql stable set search_path = '' as $$
  select i.id, jsonb_build_object(
    'entity_type', p_entity_type, 'entity_id', i.id, 'version', 1, 'lane', 2, 'failed_rounds', 0,
    'look', coalesce(q.look, false), 'forced', coalesce(q.forced, false), 'cause', 'dry run', 'in_doubt', k.in_doubt, 'mapping', k.mapping,
    'answers', k.answers, 'row_version', k.row_version, 'planned_revision', null,
    'refusal', case when s.source is null or s.source -> 'internal_test' = 'true'
      then zoho_sync.backfill_refusal(p_entity_type, i.id) end,
    'source', s.source || jsonb_build_object(
      'account_id', coalesce(s.source ->> 'account_id', la.zoho_id),
      'contact', coalesce(nullif(s.source -> 'contact', 'null'),
        case when lc.zoho_id is not null then jsonb_build_object(
          'zoho_id', lc.zoho_id, 'snapshot', '{}'::jsonb, 'is_planned', true) end)))
  from unnest(p_ids) i (id)
  left join zoho_sync.sources(array_fill(p_entity_type, array[cardinality(p_ids)]), p_ids) s on s.entity_id = i.id
  left join zoho_sync.known_of(array_fill(p_entity_type, array[cardinality(p_ids)]), p_ids) k on k.entity_id = i.id
  -- A hint or a force that waits in the queue makes the drain look.
  left join public.zoho_sync_queue q on q.entity_type = p_entity_type and q.entity_id = i.id
  left join zoho_sync.backfill_links la
    on la.run_id = p_run and la.kind = 'account' and la.key = s.source ->> 'account_key'
  left join zoho_sync.backfill_links lc
    on lc.run_id = p_run and lc.kind = 'customer' and lc.key = s.source #>> '{customer,id}';
$$;

-- The next page of a dry run: { changes, products }, the changes as a claim would give them; none when all are planned.
create or replace function public.zoho_backfill_page(p_run uuid, p_limit integer) returns jsonb
language plpgsql set search_path = '' set plan_cache_mode = 'force_custom_plan' as $$
declare
  v_ids constant uuid[] := zoho_sync.backfill_next(p_run, p_limit);
begin
  return jsonb_build_object(
    'changes', (
      select coalesce(jsonb_agg(c.change order by array_position(v_ids, c.entity_id)), '[]')
      from zoho_sync.backfill_changes(p_run,
        (select r.entity_type from public.zoho_backfill_runs r where r.id = p_run), v_ids) c),
    'products', (
      select coalesce(jsonb_object_agg(l.key, l.zoho_id), '{}') from zoho_sync.backfill_links l
      where l.run_id = p_run and l.kind = 'product'));
end $$;

-- schemas/backfill/zoho_backfill_planned.sql

-- Stores what a page would become, as its dry run says:
--   p_items [{entity_id, plan, reason, would}]   p_links [{kind: account|customer|product, key, zoho_id}]
--   p_credits {estimated: what the page would cost, spent, calls: what the dry run of it has cost}
create or replace function public.zoho_backfill_planned(
  p_run uuid, p_items jsonb, p_links jsonb, p_credits jsonb) returns void
language plpgsql set search_path = '' as $$
begin
  update public.zoho_backfill_items i set plan = p.plan, reason = p.reason, would = p.would, state = 'planned'
  from jsonb_to_recordset(p_items) p (entity_id uuid, plan text, reason text, would jsonb)
  where i.run_id = p_run and i.entity_id = p.entity_id and i.state = 'new';
  insert into zoho_sync.backfill_links (run_id, kind, key, zoho_id)
  select p_run, l.kind, l.key, l.zoho_id
  from jsonb_to_recordset(p_links) l (kind text, key text, zoho_id text)
  on conflict do nothing;
  perform zoho_sync.record_credits(2::smallint, (p_credits ->> 'spent')::integer, (p_credits ->> 'calls')::integer);
  update public.zoho_backfill_runs r set
    credits_estimated = r.credits_estimated + (p_credits ->> 'estimated')::integer,
    credits_used = r.credits_used + (p_credits ->> 'spent')::integer
  where r.id = p_run;
end $$;

-- schemas/backfill/zoho_backfill_start.sql

-- Begins a run and lists its first entities. Answers { id } or { busy: id of the real run that is open }.
create or replace function public.zoho_backfill_start(
  p_entity_type text, p_dry_run boolean, p_actor text, p_since timestamptz default null) returns jsonb
language plpgsql set search_path = '' as $$
declare
  v_run public.zoho_backfill_runs;
  v_total integer;
begin
  -- Who asks for two at once gets one.
  perform pg_advisory_xact_lock(hashtextextended('zoho_backfill_start', 0));
  if not p_dry_run then
    select * into v_run from public.zoho_backfill_runs r where not r.dry_run and r.status = 'running';
    if found then return jsonb_build_object('busy', v_run.id); end if;
  end if;
  execute format('select count(*) from public.%I r where $1 is null or r.created_at >= $1',
    (select t.source_table from zoho_sync.record_types() t where t.entity_type = p_entity_type))
  into v_total using p_since;
  insert into public.zoho_backfill_runs (entity_type, since, dry_run, actor, total, credits_estimated, credits_before)
  values (p_entity_type, p_since, p_dry_run, p_actor, v_total, case when p_dry_run then 0 end, coalesce((
    select l.credits from public.zoho_credit_ledger l
    where l.lane = 2 and l.quarter = date_bin('15 minutes', now(), timestamptz '2000-01-01 00:00:00+00')), 0))
  returning * into v_run;
  perform zoho_sync.backfill_list(v_run.id);
  return jsonb_build_object('id', v_run.id);
end $$;

-- Lists the next entities of a run, oldest first. Bounded, since a million rows in one statement take longer than the Data API
-- waits (8 s).
create or replace function zoho_sync.backfill_list(p_run uuid, p_most integer default 20000) returns void
language plpgsql set search_path = '' as $$
declare
  v_run public.zoho_backfill_runs;
  v_count integer;
  v_made_at timestamptz;
  v_id uuid;
begin
  select * into v_run from public.zoho_backfill_runs r where r.id = p_run for update;
  if v_run.is_listed then return; end if;
  execute format($sql$
    with coming as materialized (
      select r.id, coalesce(r.created_at, 'infinity') as made_at from public.%I r
      where (coalesce(r.created_at, 'infinity'), r.id) > ($4, $5) and ($6 is null or r.created_at >= $6)
      order by 2, 1 limit $7),
    listed as (
      insert into public.zoho_backfill_items (run_id, entity_type, entity_id, position, mapped)
      select $1, $2, c.id, $3 + row_number() over (order by c.made_at, c.id), m.id is not null from coming c
      left join public.zoho_entity_mappings m on m.circletel_type = $2 and m.circletel_id = c.id)
    select count(*) over (), c.made_at, c.id from coming c order by 2 desc, 3 desc limit 1$sql$,
    (select t.source_table from zoho_sync.record_types() t where t.entity_type = v_run.entity_type))
  into v_count, v_made_at, v_id
  using p_run, v_run.entity_type, v_run.listed, v_run.listed_made_at, v_run.listed_id, v_run.since, p_most;
  v_count := coalesce(v_count, 0);
  update public.zoho_backfill_runs r set
    listed = r.listed + v_count, is_listed = v_count < p_most,
    listed_made_at = coalesce(v_made_at, r.listed_made_at), listed_id = coalesce(v_id, r.listed_id),
    total = case when v_count < p_most then r.listed + v_count else r.total end
  where r.id = p_run;
end $$;

-- Entities that are listed and not taken yet, p_limit of them, oldest first; the list is extended where it is short.
create or replace function zoho_sync.backfill_next(p_run uuid, p_limit integer) returns uuid[]
language plpgsql set search_path = '' as $$
declare
  v_ids uuid[];
begin
  loop
    v_ids := array(
      select i.entity_id from public.zoho_backfill_items i
      where i.run_id = p_run and i.state = 'new' order by i.position limit p_limit);
    exit when cardinality(v_ids) = p_limit or (select r.is_listed from public.zoho_backfill_runs r where r.id = p_run);
    perform zoho_sync.backfill_list(p_run);
  end loop;
  return v_ids;
end $$;

-- schemas/backfill/zoho_backfill_status.sql

-- Lane 2 of the ledger since the run began. Exact while nothing else works in that lane: reconciliation repairs do.
create or replace function zoho_sync.backfill_credits(p_run public.zoho_backfill_runs) returns integer
language sql stable set search_path = '' as $$
  select greatest(0, coalesce(sum(l.credits), 0) - p_run.credits_before)::integer
  from public.zoho_credit_ledger l
  where l.lane = 2
    and l.quarter >= date_bin('15 minutes', p_run.started_at, timestamptz '2000-01-01 00:00:00+00');
$$;

-- Updates each item with its outcome in the queue since the last call.
create or replace function zoho_sync.backfill_follow(p_run uuid) returns void
language sql set search_path = '' as $$
  with now_is as (
    select i.entity_id, case
        when q.entity_id is null then 'done'
        when q.status = 'dead' then 'refused'
        when q.status = 'pending' and q.error_code is not null and q.next_attempt_at > now() then 'retrying'
        else 'queued' end as state, q.error_code
    from public.zoho_backfill_items i
    left join public.zoho_sync_queue q on q.entity_type = i.entity_type and q.entity_id = i.entity_id
    where i.run_id = p_run and (i.state in ('queued', 'retrying')
      or i.state = 'refused' and i.reason not in (
        'INTERNAL_TEST', 'NOT_FOUND', 'SWITCHED_OFF', 'NO_NUMBER', 'CONSUMER')))
  update public.zoho_backfill_items i set state = n.state, plan = null,
    reason = case when n.state in ('refused', 'retrying') then n.error_code end
  from now_is n
  where i.run_id = p_run and i.entity_id = n.entity_id and i.state <> n.state;
$$;

-- As reported: a cancelled run leaves the items it has not taken as they are, possibly a million rows.
create or replace function zoho_sync.backfill_state(p_status text, p_state text) returns text
language sql immutable set search_path = '' as $$
  select case when p_status = 'cancelled' and p_state in ('new', 'planned') then 'cancelled' else p_state end;
$$;

-- Outcomes of up to p_most items that were tried: from their attempts, or from an open question about the record. An
-- attempt of a live change is none of the run's.
create or replace function zoho_sync.backfill_judge(p_run public.zoho_backfill_runs, p_most integer default 30000) returns void
language sql set search_path = '' as $$
  update public.zoho_backfill_items i set plan = case
      when i.state in ('refused', 'retrying') or a.action is null and w.reason is not null then 'refuse'
      -- A record whose create had no answer is found again, and nothing has to be written to it.
      when a.action is null then case when i.mapped or not l.is_linked then 'skip' else 'link' end
      when a.action = 'insert' then 'create'
      when not i.mapped then 'link'
      else 'update' end,
    reason = case when a.action is null then coalesce(i.reason, w.reason) else i.reason end
  from (
    select t.* from public.zoho_backfill_items t
    where t.run_id = p_run.id and t.plan is null and t.state in ('done', 'refused', 'retrying') limit p_most) o
  left join lateral (
    select l.response_payload ->> 'action' as action from public.zoho_sync_logs l
    where l.entity_type = o.entity_type and l.entity_id = o.entity_id
      and l.zoho_entity_type = zoho_sync.zoho_type_of(o.entity_type) and l.status = 'success'
      and l.created_at >= p_run.started_at and l.cause = zoho_sync.backfill_cause(p_run.id)
    order by l.created_at limit 1) a on true
  cross join lateral (
    select exists (select from public.zoho_entity_mappings m
      where m.circletel_type = o.entity_type and m.circletel_id = o.entity_id) as is_linked) l
  left join lateral (
    select case q.kind when 'record_gone' then 'RECORD_NOT_FOUND' when 'record_taken' then 'RECORD_TAKEN' else 'QUESTION' end as reason
    from public.zoho_questions q
    where q.entity_type = o.entity_type and q.entity_id = o.entity_id and q.closed_at is null
      and q.kind in ('record_gone', 'record_found', 'record_taken') limit 1) w on true
  where i.run_id = p_run.id and o.entity_id = i.entity_id;
$$;

-- Brings a real run up to date; it ends when every item was tried.
create or replace function zoho_sync.backfill_refresh(p_run uuid) returns void
language plpgsql set search_path = '' set plan_cache_mode = 'force_custom_plan' set enable_nestloop = off as $$
declare
  v_run public.zoho_backfill_runs;
begin
  -- Another session has the run locked and is working on it; the next call comes in a second.
  select * into v_run from public.zoho_backfill_runs r
  where r.id = p_run and not r.dry_run and r.status = 'running' for update skip locked;
  if not found then return; end if;
  perform zoho_sync.backfill_follow(p_run);
  perform zoho_sync.backfill_judge(v_run);
  if not v_run.is_listed
    or exists (select from public.zoho_backfill_items i where i.run_id = p_run and i.state in ('new', 'queued'))
    or exists (select from public.zoho_backfill_items i
      where i.run_id = p_run and i.plan is null and i.state in ('done', 'refused', 'retrying')) then
    return;
  end if;
  update public.zoho_backfill_runs r set status = 'finished', finished_at = now(),
    outcome = zoho_sync.backfill_counts(p_run), credits_used = zoho_sync.backfill_credits(v_run)
  where r.id = p_run;
end $$;

-- A run with its progress; without p_run the newest ones, as they stand.
create or replace function public.zoho_backfill_status(p_run uuid default null, p_limit integer default 20) returns jsonb
language plpgsql set search_path = '' as $$
begin
  if p_run is not null then perform zoho_sync.backfill_refresh(p_run); end if;
  return (
    select coalesce(jsonb_agg(s.run order by s.started_at desc), '[]') from (
      select r.started_at, to_jsonb(r) - array['step_owner', 'step_until', 'credits_before', 'listed',
          'listed_made_at', 'listed_id', 'is_listed'] || jsonb_build_object(
        'credits_used', case when r.dry_run or r.status <> 'running' then r.credits_used
          else zoho_sync.backfill_credits(r) end,
        'states', coalesce((
          select jsonb_object_agg(c.state, c.n) from (
            select zoho_sync.backfill_state(r.status, g.state) as state, sum(g.n) as n from (
              select i.state, count(*) as n from public.zoho_backfill_items i where i.run_id = r.id group by i.state) g
            group by 1) c), '{}'),
        'reasons', coalesce((
          select jsonb_object_agg(c.reason, c.n) from (
            select i.reason, count(*) as n from public.zoho_backfill_items i
            where i.run_id = r.id and i.reason is not null group by i.reason) c), '{}'),
        'waits_for', (
          select case when s.paused_until > now() then s.pause_code
            when not r.dry_run and zoho_sync.is_observing() then 'OBSERVING'
            when zoho_sync.lane_by_credits(s.daily_credits) < 2 then 'CREDITS' end
          from public.zoho_sync_state s)) as run
      from public.zoho_backfill_runs r
      where p_run is null or r.id = p_run
      order by r.started_at desc limit p_limit) s);
end $$;

-- schemas/contacts/zoho_owners_of_contacts.sql

-- Which of these Contacts are a customer's already, linked to it or carrying its reference (p_contacts: [{id, reference}]). One
-- whose customer was deleted has no owner. Answers [{id, customer_id}].
create or replace function public.zoho_owners_of_contacts(p_contacts jsonb) returns jsonb
language sql stable set search_path = '' as $$
  select coalesce(jsonb_agg(jsonb_build_object('id', c.id, 'customer_id', cu.id)), '[]')
  from jsonb_to_recordset(p_contacts) c (id text, reference text)
  left join public.zoho_entity_mappings m on m.zoho_type = 'Contacts' and m.zoho_id = c.id and m.state <> 'orphaned'
  join public.customers cu on cu.id = coalesce(m.circletel_id, zoho_sync.uuid_of(c.reference));
$$;

-- Null for a text that is no uuid, which a person may have typed.
create or replace function zoho_sync.uuid_of(p_text text) returns uuid
language sql immutable set search_path = '' as $$
  select case when p_text ~* '^\s*[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\s*$' then btrim(p_text)::uuid end;
$$;

-- schemas/credits/lane_by_credits.sql

-- Credits used in the rolling 24 h decide which lanes may still run: the last fifth of the day's budget is not
-- for backfill, the last twentieth only for compliance. Counted are our own, or what Zoho said within the last hour if that is
-- more: other apps spend of the same budget.
create or replace function zoho_sync.lane_by_credits(p_daily_credits integer) returns smallint
language plpgsql stable set search_path = '' as $$
begin
  return (
    select case
      when u.used >= p_daily_credits * 0.95 then 0
      when u.used >= p_daily_credits * 0.80 then 1
      else 2 end::smallint
    from (
      select greatest(
        (select coalesce(sum(l.credits), 0) from public.zoho_credit_ledger l where l.quarter > now() - interval '24 hours'),
        (select p_daily_credits - s.credits_left from public.zoho_sync_state s
          where s.credits_left_at > now() - interval '1 hour')) as used) u);
end $$;

-- schemas/credits/open_lane.sql

-- The last lane that may run now. While a live change is due, the backfill lane is closed, so that it never shares a wave.
-- Every 2 s it is open all the same: where live changes come faster than Zoho answers, one is always due, and the backfill
-- would stand still.
create or replace function zoho_sync.open_lane(p_daily_credits integer) returns smallint
language plpgsql set search_path = '' as $$
declare
  v_lane smallint := zoho_sync.lane_by_credits(p_daily_credits);
begin
  if v_lane < 2 then return v_lane; end if;
  if exists (
      select from public.zoho_sync_queue q
      where q.status = 'pending' and q.lane < 2 and q.next_attempt_at <= clock_timestamp())
    and zoho_sync.clock_ms() - (select last_value from zoho_sync.backfill_turn) between 0 and 2000 then
    return 1;
  end if;
  perform setval('zoho_sync.backfill_turn', zoho_sync.clock_ms());
  return 2;
end $$;

-- schemas/credits/zoho_note_credits.sql

-- Adds to the ledger's present quarter of an hour.
create or replace function zoho_sync.record_credits(p_lane smallint, p_credits integer, p_calls integer) returns void
language sql set search_path = '' as $$
  insert into public.zoho_credit_ledger as ledger (quarter, lane, credits, calls)
  select date_bin('15 minutes', now(), timestamptz '2000-01-01 00:00:00+00'), p_lane, p_credits, p_calls
  where p_calls > 0
  on conflict (quarter, lane) do update
    set credits = ledger.credits + excluded.credits, calls = ledger.calls + excluded.calls;
$$;

-- Calls to Zoho beside the drain: a record read for a person.
create or replace function public.zoho_note_credits(p_lane smallint, p_credits integer, p_calls integer) returns void
language sql set search_path = '' as $$
  select zoho_sync.record_credits(p_lane, p_credits, p_calls);
$$;

-- schemas/doctor/doctor_calls.sql

-- What became of our own calls of the functions in the last quarter of an hour, and how long pg_net's queue is. Null without
-- pg_net. An answer is due after two minutes: pg_net gives each call 5 s and finishes a batch of 200 before the next.
create or replace function zoho_sync.doctor_calls() returns jsonb
language plpgsql stable set search_path = '' as $$
declare
  v_calls jsonb := null;
begin
  if to_regclass('net._http_response') is not null then
    execute $sql$with judged as (
        select r.id, r.function, case
            when p.status_code between 200 and 299 then 'answered'
            when p.status_code in (401, 403) then 'refused'
            when p.status_code = 404 then 'missing'
            when p.status_code is not null then 'failed'
            when p.timed_out then 'timed_out'
            when p.id is not null then 'unreachable'
            when r.called_at > now() - interval '2 minutes' then 'under_way'
            when q.id is not null then 'queued'
            else 'silent' end as outcome
        from zoho_sync.rings r
        left join net._http_response p on p.id = r.request_id and p.created between r.called_at - interval '1 second' and now()
        left join net.http_request_queue q on q.id = r.request_id
        where r.called_at > now() - interval '15 minutes'),
      by_function as (
        select j.function, count(*) filter (where j.outcome <> 'under_way') as due,
          count(*) filter (where j.outcome = 'answered') as answered,
          (array_agg(j.outcome order by j.id desc) filter (where j.outcome <> 'under_way'))[1] as newest
        from judged j group by 1)
      select jsonb_build_object(
        'queue', (select count(*) from net.http_request_queue),
        'functions', coalesce((select jsonb_agg(to_jsonb(b) order by b.function) from by_function b), '[]'))$sql$
      into v_calls;
  end if;
  return v_calls;
end $$;

-- schemas/doctor/doctor_jobs.sql

-- Every job that should be scheduled, whether it is, as it should be, and how its last run ended. Null without pg_cron.
create or replace function zoho_sync.doctor_jobs() returns jsonb
language plpgsql stable set search_path = '' as $$
declare
  v_jobs jsonb := null;
begin
  if to_regclass('cron.job') is not null then
    execute $sql$select jsonb_agg(jsonb_build_object('name', w.name, 'late_after_minutes', w.late_after_minutes, 'command', w.command,
        'state', case when j.jobid is null then 'missing' when not j.active then 'off'
          when j.command <> w.command or j.schedule not in (w.schedule, w.minutes) then 'changed' else 'on' end,
        'is_slow', j.schedule = w.minutes and w.minutes <> w.schedule,
        'last_status', d.status, 'last_at', d.start_time, 'scheduled_at', s.scheduled_at) order by w.name)
      from zoho_sync.jobs() w
      left join cron.job j on j.jobname = w.name
      left join zoho_sync.scheduled_jobs s on s.name = w.name
      left join lateral (
        select r.status, r.start_time from cron.job_run_details r
        where r.jobid = j.jobid order by r.runid desc limit 1) d on true$sql$ into v_jobs;
  end if;
  return v_jobs;
end $$;

-- schemas/doctor/doctor_work.sql

-- Whether work proceeds: the pause, the queue, and what waits for a person.
create or replace function zoho_sync.doctor_pause() returns jsonb
language sql stable set search_path = '' as $$
  select jsonb_build_object('until', nullif(s.paused_until, 'infinity'), 'code', s.pause_code, 'message', s.pause_message)
  from public.zoho_sync_state s where s.paused_until > now();
$$;

-- A backfill may wait for the day's credits, and what a person holds is not late; compliance may wait for nothing.
create or replace function zoho_sync.doctor_queue() returns jsonb
language sql stable set search_path = '' as $$
  select jsonb_build_object(
    'waiting', count(*) filter (where q.status = 'pending'),
    'dead', count(*) filter (where q.status = 'dead'),
    'oldest_seconds', coalesce(extract(epoch from now() - min(q.enqueued_at)
      filter (where q.status <> 'dead' and q.lane < 2 and q.next_attempt_at <= now()
        and q.entity_id <> all (zoho_sync.held_entities()))), 0)::int,
    'compliance', count(*) filter (where q.lane = 0 and q.enqueued_at < now() - interval '15 minutes'),
    -- Which lanes the day's credits leave open: 0 compliance only, 1 all but backfill, 2 all.
    'open_lane', (select zoho_sync.lane_by_credits(s.daily_credits) from public.zoho_sync_state s),
    'unfolded_seconds', (
      select coalesce(extract(epoch from now() - min(o.noted_at)), 0)::int from zoho_sync.outbox o))
  from public.zoho_sync_queue q;
$$;

create or replace function zoho_sync.doctor_questions() returns jsonb
language sql stable set search_path = '' as $$
  select jsonb_build_object('open', count(*), 'oldest_hours', coalesce(extract(epoch from now() - min(q.asked_at)) / 3600, 0)::int)
  from public.zoho_questions q where q.closed_at is null and q.answer is null;
$$;

-- Whether a person may change their own row of admin_users, and so switch themself on again: the right to write a column
-- that decides who is an admin, and a policy that lets one's own row through.
create or replace function zoho_sync.doctor_admins() returns jsonb
language sql stable set search_path = '' as $$
  select jsonb_build_object(
    'active', (select count(*) from public.admin_users a where a.is_active),
    'write_own_row', exists (
      select from pg_catalog.pg_policies p
      where p.schemaname = 'public' and p.tablename = 'admin_users' and p.cmd in ('UPDATE', 'ALL')
        and p.permissive = 'PERMISSIVE' and p.roles && array['authenticated', 'public']::name[]
        and coalesce(p.qual, '') ~ 'uid\(\)'
        and coalesce(p.with_check, '') !~ 'is_active')
      and exists (
        select from unnest(array['is_active', 'role']) c (name)
        where has_column_privilege('authenticated', 'public.admin_users', c.name, 'UPDATE')));
$$;

-- schemas/doctor/zoho_doctor.sql

-- What only Postgres knows of its own health, for zoho-admin's /doctor: names, states, times and digests, never a secret.
-- Fact by fact, {"name": {"value": …}}; one that cannot be read, {"name": {"unreadable": "42501"}}, hides no other.
-- Definer, because the API's roles see neither cron.job nor Vault nor pg_net's answers. A fact behind another's lock is
-- unreadable, too, rather than late.
create or replace function zoho_sync.doctor_facts() returns jsonb
language plpgsql stable security definer set search_path = '' set lock_timeout = '2s' as $$
declare
  v_name text;
  v_value jsonb;
  v_facts jsonb := jsonb_build_object('now', clock_timestamp());
begin
  foreach v_name in array array[
    'extensions', 'vault', 'jobs', 'calls', 'migrations', 'triggers', 'pause', 'queue', 'questions', 'admins'] loop
    begin
      execute format('select zoho_sync.doctor_%s()', v_name) into v_value;
      v_facts := v_facts || jsonb_build_object(v_name, jsonb_build_object('value', v_value));
    exception when others then
      v_facts := v_facts || jsonb_build_object(v_name, jsonb_build_object('unreadable', sqlstate));
    end;
  end loop;
  return v_facts;
end $$;

create or replace function public.zoho_doctor() returns jsonb
language sql stable set search_path = '' as $$ select zoho_sync.doctor_facts() $$;

create or replace function zoho_sync.doctor_extensions() returns jsonb
language sql stable set search_path = '' as $$
  select jsonb_build_object(
    'pg_net', to_regclass('net._http_response') is not null,
    'pg_cron', to_regclass('cron.job') is not null,
    'vault', to_regclass('vault.decrypted_secrets') is not null);
$$;

-- Null where there is no Vault. Of the key its form, and a digest to compare with the keys that the functions know.
create or replace function zoho_sync.doctor_vault() returns jsonb
language plpgsql stable set search_path = '' as $$
declare
  v_vault jsonb := null;
begin
  if to_regclass('vault.decrypted_secrets') is not null then
    execute $sql$select jsonb_build_object(
        'project_url', max(s.decrypted_secret) filter (where s.name = 'project_url'),
        'key_form', max(case when s.decrypted_secret ~ '^sb_secret_.{8,}$' then 'secret key' when s.decrypted_secret <> '' then 'other' end)
          filter (where s.name = 'zoho_sync_key'),
        'key_digest', max(encode(sha256(convert_to(s.decrypted_secret, 'UTF8')), 'hex')) filter (where s.name = 'zoho_sync_key'))
      from vault.decrypted_secrets s where s.name in ('project_url', 'zoho_sync_key')$sql$ into v_vault;
  end if;
  return v_vault;
end $$;

create or replace function zoho_sync.doctor_migrations() returns jsonb
language plpgsql stable set search_path = '' as $$
declare
  v_versions jsonb := null;
begin
  if to_regclass('supabase_migrations.schema_migrations') is not null then
    execute 'select coalesce(jsonb_agg(m.version order by m.version), ''[]'') from supabase_migrations.schema_migrations m' into v_versions;
  end if;
  return v_versions;
end $$;

-- Every trigger that should be on a watched table.
create or replace function zoho_sync.doctor_triggers() returns jsonb
language sql stable set search_path = '' as $$
  select jsonb_agg(jsonb_build_object('table', w.source_table, 'name', 'zoho_sync_' || e.event,
    'state', case when g.tgname is null then 'missing' when g.tgenabled in ('O', 'A') then 'on' else 'off' end)
    order by w.source_table, e.event)
  from zoho_sync.watched_tables() w
  cross join unnest(array['insert', 'update', 'delete', 'truncate']) e (event)
  left join pg_catalog.pg_trigger g on g.tgrelid = to_regclass('public.' || w.source_table)
    and g.tgname = 'zoho_sync_' || e.event and not g.tgisinternal;
$$;

-- schemas/doorbell/promise.sql

-- A drain promises to look again; see zoho_sync.doorbell.
create or replace function zoho_sync.promise_to_look() returns void
language sql set search_path = '' as $$
  select setval('zoho_sync.doorbell', zoho_sync.clock_ms());
$$;

-- How long a promise holds.
create or replace function zoho_sync.promise_ms() returns integer
language sql immutable set search_path = '' as $$ select 150 $$;

-- What is left of the promise, in milliseconds; 0 or less when it is over. A promise "from the future" is a clock that was
-- set back, and over too.
create or replace function zoho_sync.promise_left_ms() returns bigint
language plpgsql volatile set search_path = '' as $$
declare
  v_left constant bigint := (select last_value from zoho_sync.doorbell) + zoho_sync.promise_ms() - zoho_sync.clock_ms();
begin
  return case when v_left <= zoho_sync.promise_ms() then v_left else 0 end;
end $$;

-- Shared by the transactions that trust the promise, until they have committed; see zoho_sync.doorbell.
create or replace function zoho_sync.trust_lock() returns bigint
language sql immutable set search_path = '' as $$ select hashtextextended('zoho_sync.promise_to_look', 0) $$;

-- Whether this transaction may commit without ringing. Takes the lock before it reads the promise: who finds the lock free
-- after the promise knows that nobody trusts it any more. Never waits.
create or replace function zoho_sync.trust_promise() returns boolean
language plpgsql volatile set search_path = '' as $$
begin
  if zoho_sync.promise_left_ms() <= 0 then return false; end if;
  if not pg_try_advisory_xact_lock_shared(zoho_sync.trust_lock()) then return false; end if;
  return zoho_sync.promise_left_ms() > 0;
end $$;

-- How long a drain that finds nothing from here on must go on looking, in milliseconds. 0: the promise is over and no
-- transaction that trusted it is committing, nor will before this one ends; what those committed can be seen by the next
-- statement. One that stays open for three seconds after it trusted (SET CONSTRAINTS, a server that stands still) is left
-- to the sweep.
create or replace function zoho_sync.look_again_ms() returns bigint
language plpgsql volatile set search_path = '' as $$
declare
  v_left constant bigint := zoho_sync.promise_left_ms();
begin
  if v_left > 0 then return v_left; end if;
  if v_left > -3000 and not pg_try_advisory_xact_lock(zoho_sync.trust_lock()) then return 20; end if;
  return 0;
end $$;

-- schemas/doorbell/ring_doorbell.sql

-- Wakes a drain, unless one is about to look. The call carries no data, is made at most once and may be lost; the sweep is
-- the guarantee. Rung again by every commit until a drain has claimed: a commit that rings may still fail, and with it
-- its call, so no other commit relies on it.
create or replace function zoho_sync.ring_doorbell() returns void
language plpgsql security definer set search_path = '' as $$
begin
  if zoho_sync.trust_promise() then return; end if;
  perform zoho_sync.call_function('zoho-sync', '{"reason":"doorbell"}'::jsonb);
end $$;

-- schemas/doorbell/zoho_ring.sql

-- A drain whose budget is spent rings for the next one.
create or replace function public.zoho_ring() returns void
language sql set search_path = '' as $$
  select zoho_sync.call_function('zoho-sync', '{"reason":"spent"}'::jsonb);
$$;

-- schemas/fields/zoho_field_rules.sql

-- What a drain has to know: { due, fields: [{module, field, api_name, problem, missing_options}] }, only the fields that
-- are not simply there under our own name, and { picklists: [{module, field, options, displayed}] } of those whose values are
-- shown to people under other names; and the { optional: [{module, field}] } that the org has.
create or replace function public.zoho_field_rules() returns jsonb
language sql stable set search_path = '' as $$
  select jsonb_build_object(
    'due', coalesce((select s.fields_due_at <= now() from public.zoho_sync_state s), false),
    'fields', coalesce((
      select jsonb_agg(jsonb_build_object('module', f.module, 'field', f.field, 'api_name', f.api_name,
        'problem', f.problem, 'missing_options', f.missing_options) order by f.module, f.field)
      from public.zoho_fields f where f.problem is not null or f.api_name <> f.field), '[]'),
    'picklists', coalesce((
      select jsonb_agg(jsonb_build_object('module', f.module, 'field', f.field, 'options', to_jsonb(f.options),
        'displayed', to_jsonb(f.displayed)) order by f.module, f.field)
      from public.zoho_fields f where f.displayed <> f.options and cardinality(f.displayed) = cardinality(f.options)), '[]'),
    'optional', coalesce((
      select jsonb_agg(jsonb_build_object('module', f.module, 'field', f.field) order by f.module, f.field)
      from public.zoho_fields f where f.is_optional and f.data_type is not null), '[]'));
$$;

-- schemas/fields/zoho_store_fields.sql

-- Whether a field keeps no value at all.
create or replace function zoho_sync.loses_values(p_field public.zoho_fields) returns boolean
language sql immutable set search_path = '' as $$
  select coalesce(p_field.problem in ('missing', 'read_only'), false) or coalesce(p_field.is_optional and p_field.data_type is null, false);
$$;

-- Values of a field that Zoho cannot hold any more are no longer said to be there.
create or replace function zoho_sync.forget_field(p_zoho_type text, p_field text, p_values text[] default null) returns void
language sql set search_path = '' as $$
  with mine as (
    select m.id from public.zoho_entity_mappings m
    where m.zoho_type = p_zoho_type and m.snapshot ? p_field
      and (p_values is null or m.snapshot ->> p_field = any (p_values))
    order by m.circletel_id
    for update)
  update public.zoho_entity_mappings m set snapshot = m.snapshot - p_field from mine where m.id = mine.id;
$$;

-- A field that is back is sent again for the kinds of record that are synced only: one that is switched off stays untouched.
create or replace function zoho_sync.refill_field(p_zoho_type text, p_field text) returns void
language plpgsql set search_path = '' as $$
begin
  perform from public.zoho_sync_queue q
  where q.status = 'dead' and q.error_field = p_field and q.error_code in ('FIELD_MISSING', 'PICKLIST_VALUE_MISSING')
  order by q.entity_id
  for update;
  update public.zoho_sync_queue q set status = 'pending', failed_rounds = 0, next_attempt_at = now()
  from public.zoho_sync_state s
  where q.status = 'dead' and q.error_field = p_field and q.error_code in ('FIELD_MISSING', 'PICKLIST_VALUE_MISSING')
    and q.entity_type = any (s.synced_types);
  insert into public.zoho_sync_queue as queue (entity_type, entity_id, lane, cause)
  select m.circletel_type, m.circletel_id, 2, 'field is back'
  from public.zoho_entity_mappings m
  join public.zoho_sync_state s on m.circletel_type = any (s.synced_types)
  where m.zoho_type = p_zoho_type and m.state = 'linked' and not m.snapshot ? p_field
  order by m.circletel_id
  on conflict (entity_type, entity_id) do update set
    version = queue.version + 1,
    status = case when queue.status = 'in_flight' then queue.status else 'pending' end;
end $$;

-- What became of a field since it was read last, in words; null when it is the same. Until it was read again, values were
-- written under its old name or to its old options: Zoho answers SUCCESS and drops them.
create or replace function zoho_sync.field_change(p_old public.zoho_fields, p_new public.zoho_fields) returns text
language sql immutable set search_path = '' as $$
  select case
    when zoho_sync.loses_values(p_old) or zoho_sync.loses_values(p_new) then null
    when p_old.zoho_id <> p_new.zoho_id then format('%s.%s was created again in Zoho', p_new.module, p_new.field)
    when p_old.api_name <> p_new.api_name then
      format('%s.%s is called %s in Zoho now and was %s', p_new.module, p_new.field, p_new.api_name, p_old.api_name)
    when p_old.data_type <> p_new.data_type then
      format('%s.%s is of type %s in Zoho now and was %s', p_new.module, p_new.field, p_new.data_type, p_old.data_type) end;
$$;

-- Options of a picklist that are gone or are shown under another name, by the name that the API writes.
create or replace function zoho_sync.changed_options(p_old public.zoho_fields, p_new public.zoho_fields) returns text[]
language sql immutable set search_path = '' as $$
  select coalesce(array_agg(c.actual), '{}') from (
    select * from unnest(p_old.options, p_old.displayed) o (actual, displayed)
    except select * from unnest(p_new.options, p_new.displayed) n (actual, displayed)) c
  where p_old.data_type = p_new.data_type;
$$;

-- Draws the consequences for one field: what Zoho does not hold any more, or may never have got, is forgotten and sent again.
create or replace function zoho_sync.apply_field(p_old public.zoho_fields, p_new public.zoho_fields) returns void
language plpgsql set search_path = '' as $$
declare
  v_type constant text := case p_new.module when 'Quotes' then 'Estimates' else p_new.module end;
  -- Nothing waits for a revision, the next write of a stage carries one; and what both sides agreed on of a stage stays.
  v_is_kept constant boolean := p_new.field in ('Stage', 'CircleTel_Revision');
  v_change constant text := zoho_sync.field_change(p_old, p_new);
  v_gone constant text[] := array(select unnest(p_new.missing_options) except select unnest(p_old.missing_options));
  v_back constant boolean := exists (select unnest(p_old.missing_options) except select unnest(p_new.missing_options));
  v_renamed constant text[] := case when v_is_kept then '{}'
    else array(select unnest(zoho_sync.changed_options(p_old, p_new)) except select unnest(p_new.missing_options)) end;
begin
  if (v_change is not null and not v_is_kept)
    or (zoho_sync.loses_values(p_new) and not zoho_sync.loses_values(p_old)) then
    perform zoho_sync.forget_field(v_type, p_new.field);
  elsif v_gone || v_renamed <> '{}' then
    perform zoho_sync.forget_field(v_type, p_new.field, v_gone || v_renamed);
  end if;
  if zoho_sync.loses_values(p_new) or p_new.field = 'CircleTel_Revision' then return; end if;
  if v_change is not null or zoho_sync.loses_values(p_old) or v_back or v_renamed <> '{}' then
    perform zoho_sync.refill_field(v_type, p_new.field);
  end if;
  if v_change is not null or v_renamed <> '{}' then
    insert into public.zoho_notices (kind, message) values ('field_changed', coalesce(v_change, format(
      'Options of %s.%s are called otherwise in Zoho or are gone: %s', p_new.module, p_new.field, array_to_string(v_renamed, ', ')))
      || '. Its values are sent again.');
  end if;
end $$;

-- Stores what was read of the fields of some modules, [{module, field, api_name, zoho_id, label, data_type, is_unique, is_optional,
-- options, displayed, problem, missing_options}], and draws the consequences; the next reading is due in p_next_seconds. An empty
-- list only puts it off. Answers what zoho_field_rules does.
create or replace function public.zoho_store_fields(p_fields jsonb, p_next_seconds integer default 3600) returns jsonb
language plpgsql set search_path = '' as $$
declare
  r record;
begin
  update public.zoho_sync_state s set fields_due_at = now() + make_interval(secs => p_next_seconds)
  where s.fields_due_at < 'infinity';
  for r in
    select o as old_field, n as new_field
    from jsonb_populate_recordset(null::public.zoho_fields, p_fields) n
    left join public.zoho_fields o on o.module = n.module and o.field = n.field
    order by n.module, n.field
  loop
    perform zoho_sync.apply_field(r.old_field, r.new_field);
  end loop;
  insert into public.zoho_fields as f
    (module, field, api_name, zoho_id, label, data_type, is_unique, is_optional, options, displayed, problem, missing_options, problem_since,
    checked_at)
  select n.module, n.field, n.api_name, n.zoho_id, n.label, n.data_type, n.is_unique, coalesce(n.is_optional, false), n.options,
    coalesce(n.displayed, '{}'), n.problem,
    n.missing_options, case when n.problem is not null then now() end, now()
  from jsonb_to_recordset(p_fields) n (
    module text, field text, api_name text, zoho_id text, label text, data_type text, is_unique boolean, is_optional boolean, options text[],
    displayed text[],
    problem text, missing_options text[])
  on conflict (module, field) do update set
    -- A field that is gone is looked for by its id as long as it may come back.
    api_name = excluded.api_name, zoho_id = coalesce(excluded.zoho_id, f.zoho_id), label = excluded.label,
    data_type = excluded.data_type, is_unique = excluded.is_unique, is_optional = excluded.is_optional, options = excluded.options, displayed = excluded.displayed,
    problem = excluded.problem, missing_options = excluded.missing_options,
    problem_since = case when excluded.problem is not null then coalesce(f.problem_since, excluded.problem_since) end,
    checked_at = excluded.checked_at;
  return public.zoho_field_rules();
end $$;

-- schemas/identity/zoho_adopt_database.sql

-- A person makes this database the project's that p_project_url names, for the org p_org_id, which p_credentials (a digest) are
-- known to belong to. For another org than before everything that is known of the former one is put aside. A new epoch, a new
-- channel; a pause that only the former identity caused ends. Answers { epoch, channelId, putAside: {table: rows} }.
create or replace function public.zoho_adopt_database(
  p_project_url text, p_org_id text, p_credentials text, p_other_epochs integer[] default '{}') returns jsonb
language plpgsql set search_path = '' as $$
declare
  v_before zoho_sync.identity;
  v_put_aside jsonb := '{}';
  v_epoch integer;
begin
  perform zoho_sync.lock_state();
  select * into v_before from zoho_sync.identity;
  if v_before.org_id <> p_org_id then v_put_aside := zoho_sync.put_org_aside(v_before.org_id); end if;
  update zoho_sync.identity i set
    project_host = zoho_sync.project_host(p_project_url), pinned_at = clock_timestamp(),
    org_id = p_org_id, org_credentials = p_credentials, channel_id = zoho_sync.new_channel_id(),
    org_since = case when v_before.org_id <> p_org_id then clock_timestamp() else i.org_since end
  where i.id;
  delete from public.zoho_channels where true;
  v_epoch := public.zoho_adopt_revisions(p_other_epochs);
  return jsonb_build_object('epoch', v_epoch, 'putAside', v_put_aside,
    'channelId', (select i.channel_id from zoho_sync.identity i));
end $$;

-- Moves what is known of an org to zoho_sync.former_rows, and forgets what cannot be true of another one. Answers the number
-- of rows by table.
create or replace function zoho_sync.put_org_aside(p_org_id text) returns jsonb
language plpgsql set search_path = '' as $$
declare
  v_table text;
  v_rows integer;
  v_moved jsonb := '{}';
begin
  foreach v_table in array array['zoho_entity_mappings', 'zoho_questions', 'zoho_accounts', 'zoho_products', 'zoho_fields'] loop
    execute format($sql$with moved as (delete from public.%1$I t where true returning to_jsonb(t) as content)
      insert into zoho_sync.former_rows (org_id, source, content) select $1, %1$L, m.content from moved m$sql$, v_table)
    using p_org_id;
    get diagnostics v_rows = row_count;
    v_moved := v_moved || jsonb_build_object(v_table, v_rows);
  end loop;

  insert into zoho_sync.former_rows (org_id, source, content)
  select p_org_id, 'contracts', jsonb_build_object('id', c.id, 'zoho_deal_id', c.zoho_deal_id, 'last_synced_at', c.last_synced_at)
  from public.contracts c where c.zoho_deal_id is not null;
  get diagnostics v_rows = row_count;
  v_moved := v_moved || jsonb_build_object('contracts', v_rows);
  update public.contracts c set zoho_deal_id = null, last_synced_at = null where c.zoho_deal_id is not null;

  perform zoho_sync.forget_org();
  return v_moved;
end $$;

-- Counts, reads and runs of the former org.
create or replace function zoho_sync.forget_org() returns void
language plpgsql set search_path = '' as $$
begin
  delete from zoho_sync.account_waits where true;
  delete from zoho_sync.backfill_links where true;
  delete from public.zoho_credit_ledger where true;
  delete from public.zoho_reconcile_runs where true;
  update public.zoho_backfill_runs r set status = 'cancelled', finished_at = now() where r.status = 'running';
  update public.zoho_webhook_events e set status = 'ignored', reason = 'Sent by another org', applied_at = now()
  where e.status in ('received', 'unmapped');
  update public.zoho_sync_queue q set status = 'pending', lease_owner = null, lease_until = null, failed_rounds = 0,
    next_attempt_at = now(), error_code = null, error_field = null, error_message = null, version = q.version + 1
  where true;
  update public.zoho_sync_state s set credits_left = null, credits_left_at = null, full_reconcile_due = false,
    fields_due_at = case when s.fields_due_at = 'infinity' then s.fields_due_at else '-infinity' end
  where s.id;
end $$;

-- schemas/identity/zoho_identity.sql

-- Whose database this is, and whether the functions of p_project_url (their SUPABASE_URL) may write. `askedBy` is how they are
-- named here. Without p_project_url no caller is refused.
create or replace function public.zoho_identity(p_project_url text default null) returns jsonb
language plpgsql stable set search_path = '' as $$
declare
  v_host constant text := zoho_sync.project_host(p_project_url);
begin
  return (
    select jsonb_build_object(
      'projectHost', i.project_host, 'askedBy', v_host, 'isOwn', coalesce(i.project_host = v_host, true),
      'pinnedAt', i.pinned_at, 'orgId', i.org_id, 'orgCredentials', i.org_credentials,
      'channelId', i.channel_id, 'epoch', s.revision_epoch, 'observingSince', i.observing_since)
    from zoho_sync.identity i, public.zoho_sync_state s);
end $$;

-- A project by its address: host and port, a loopback address by its name alone, since local stacks take the ports that are
-- free.
create or replace function zoho_sync.project_host(p_url text) returns text
language plpgsql immutable set search_path = '' as $$
declare
  v_host constant text := lower(substring(p_url from '^https?://([^/?#]+)'));
begin
  return case when v_host ~ '^(localhost|127(\.\d+){3}|\[::1\])(:\d+)?$' then 'localhost' else v_host end;
end $$;

-- The first claim of a function makes the database its project's. A new epoch then: two copies of a database that none had
-- claimed from would otherwise give the same revisions. Answers whether it pinned; the state row is locked.
create or replace function zoho_sync.pin_project(p_project_url text) returns boolean
language plpgsql set search_path = '' as $$
begin
  if not exists (select from zoho_sync.identity i where i.project_host is null) then return false; end if;
  update zoho_sync.identity i set project_host = zoho_sync.project_host(p_project_url), pinned_at = clock_timestamp()
  where i.id and zoho_sync.project_host(p_project_url) is not null;
  if not found then return false; end if;
  perform zoho_sync.draw_epoch();
  return true;
end $$;

-- Why the functions of a project get nothing to do, as a claim answers it; null when they may work.
create or replace function zoho_sync.reason_to_rest(
  p_identity jsonb, p_state public.zoho_sync_state, p_now timestamptz) returns jsonb
language plpgsql stable set search_path = '' as $$
begin
  if not (p_identity -> 'isOwn')::boolean then
    return jsonb_build_object('until', null, 'code', 'NOT_THIS_PROJECT', 'message', format(
      'The database belongs to %s, and these functions to %s: nothing is written until a person adopts the database.',
      p_identity ->> 'projectHost', p_identity ->> 'askedBy'));
  end if;
  if p_state.paused_until > p_now then
    return jsonb_build_object('until', nullif(p_state.paused_until, 'infinity'),
      'code', p_state.pause_code, 'message', p_state.pause_message);
  end if;
  if p_identity ->> 'observingSince' is not null then
    return jsonb_build_object('until', null, 'code', 'OBSERVING',
      'message', 'Observe mode: the sync plans and reports, and writes nothing until a person ends that.');
  end if;
  return null;
end $$;

-- schemas/identity/zoho_note_org.sql

-- The org that the credentials in use belong to, as Zoho says it. The first one is pinned. Answers { orgId, isOwn }: the pinned
-- org, and whether it is this one.
create or replace function public.zoho_note_org(p_org_id text, p_credentials text) returns jsonb
language sql volatile set search_path = '' as $$
  update zoho_sync.identity i set org_id = p_org_id, org_credentials = p_credentials
  where i.id and coalesce(i.org_id, p_org_id) = p_org_id;
  select jsonb_build_object('orgId', i.org_id, 'isOwn', i.org_id = p_org_id) from zoho_sync.identity i;
$$;

-- schemas/identity/zoho_observe.sql

-- Begins or ends observing: the sync plans, compares and reports, and writes nothing. Ending rings, for what waited.
create or replace function public.zoho_observe(p_on boolean) returns void
language plpgsql set search_path = '' as $$
begin
  update zoho_sync.identity i set observing_since = case when p_on then coalesce(i.observing_since, now()) end where i.id;
  if not p_on then perform zoho_sync.call_function('zoho-sync', '{"reason":"resumed"}'::jsonb); end if;
end $$;

create or replace function zoho_sync.is_observing() returns boolean
language plpgsql stable set search_path = '' as $$
begin
  return exists (select from zoho_sync.identity i where i.observing_since is not null);
end $$;

-- schemas/incidents/note_pause.sql

-- A pause begins, is taken over by a person, or ends. Several pauses of faults in a row are one incident: between them nothing
-- went well.
create or replace function zoho_sync.note_pause() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  v_is_taken_over constant boolean := new.pause_code is distinct from old.pause_code
    and 'PAUSED_BY_HAND' in (new.pause_code, old.pause_code);
begin
  if new.pause_code is null or v_is_taken_over then
    update zoho_sync.incidents i set
      ended_at = least(clock_timestamp(), case when i.code = 'PAUSED_BY_HAND' then old.paused_until end),
      waited = greatest(i.waited, zoho_sync.waiting_changes())
    where i.ended_at is null;
  end if;
  if new.pause_code is not null and not exists (select from zoho_sync.incidents i where i.ended_at is null) then
    insert into zoho_sync.incidents (code, message, paused_by, waited)
    values (new.pause_code, new.pause_message, new.paused_by, zoho_sync.waiting_changes());
  end if;
  return null;
end $$;

create or replace function zoho_sync.waiting_changes() returns integer
language sql stable set search_path = '' as $$
  select count(*)::integer from public.zoho_sync_queue q where q.status <> 'dead' and q.lane < 2;
$$;

-- How many wait while it lasts, and whether all of them arrived since. Last in the sweep: a session that pauses locks the state row
-- and waits for these rows.
create or replace function zoho_sync.follow_incidents() returns void
language plpgsql set search_path = '' as $$
begin
  if not exists (select from zoho_sync.incidents i where i.ended_at is null or i.arrived_at is null) then return; end if;
  update zoho_sync.incidents i set
    waited = greatest(i.waited, zoho_sync.waiting_changes()),
    -- A pause with an end ends by itself where nothing is left to be sent.
    ended_at = case when s.paused_until <= clock_timestamp()
      and (i.code = 'PAUSED_BY_HAND' or zoho_sync.waiting_changes() = 0) then s.paused_until end
  from public.zoho_sync_state s where i.ended_at is null;
  update zoho_sync.incidents i set arrived_at = coalesce(
    (select max(w.at) from zoho_sync.settled_waits w where w.at >= i.ended_at), clock_timestamp())
  where i.ended_at is not null and i.arrived_at is null and not exists (
    select from public.zoho_sync_queue q where q.enqueued_at <= i.ended_at and q.status <> 'dead' and q.lane < 2);
end $$;

-- Newest first.
create or replace function public.zoho_admin_incidents(p_after bigint default null, p_limit integer default 50) returns jsonb
language sql stable set search_path = '' as $$
  select zoho_sync.page(coalesce(jsonb_agg(jsonb_build_object('id', i.id::text, 'code', i.code, 'message', i.message,
    'byHand', i.code = 'PAUSED_BY_HAND', 'by', i.paused_by, 'byName', zoho_sync.name_of_actor(i.paused_by),
    'beganAt', i.began_at, 'endedAt', i.ended_at, 'waited', i.waited, 'arrivedAt', i.arrived_at,
    'cursor', i.id::text) order by i.id desc), '[]'), p_limit)
  from (
    select * from zoho_sync.incidents o where p_after is null or o.id < p_after order by o.id desc limit p_limit + 1) i;
$$;

-- schemas/leave/uninstall.sql

-- Takes the sync out of the database, in one transaction: jobs, triggers, functions, tables, schema zoho_sync. What stays:
-- CircleTel's tables with all of their rows, and the three tables of the original service (mappings and the attempt log with
-- the columns that came later; the token row is emptied, since only this project can decrypt it). docs/cut-over.md, "Leaving".
-- Definer, and granted to no role: only the owner of the schema can run it.
create or replace function zoho_sync.uninstall() returns void
language plpgsql security definer set search_path = '' as $$
begin
  perform zoho_sync.unschedule_all();
  perform zoho_sync.drop_triggers();
  perform zoho_sync.release_original_tables();
  perform zoho_sync.drop_public_parts();
  drop schema zoho_sync cascade;
end $$;

create or replace function zoho_sync.unschedule_all() returns void
language plpgsql set search_path = '' as $$
begin
  if to_regprocedure('cron.unschedule(text)') is null then return; end if;
  execute 'select cron.unschedule(j.jobname) from cron.job j where j.jobname in (select w.name from zoho_sync.jobs() w)';
end $$;

-- Those on CircleTel's tables, found by the function that they run.
create or replace function zoho_sync.drop_triggers() returns void
language plpgsql set search_path = '' as $$
declare
  t record;
begin
  for t in
    select g.tgname as name, g.tgrelid::regclass as on_table from pg_catalog.pg_trigger g
    join pg_catalog.pg_proc p on p.oid = g.tgfoid
    where p.pronamespace = 'zoho_sync'::regnamespace and not g.tgisinternal
  loop
    execute format('drop trigger %I on %s', t.name, t.on_table);
  end loop;
end $$;

-- The original tables without anything of schema zoho_sync: their policies say in full what its helper said.
create or replace function zoho_sync.release_original_tables() returns void
language plpgsql set search_path = '' as $$
declare
  v_table text;
  p record;
begin
  for p in
    select o.policyname as name, o.tablename as tbl from pg_catalog.pg_policies o
    where o.schemaname = 'public' and o.tablename in ('zoho_tokens', 'zoho_sync_logs', 'zoho_entity_mappings')
  loop
    execute format('drop policy %I on public.%I', p.name, p.tbl);
  end loop;
  foreach v_table in array array['zoho_tokens', 'zoho_sync_logs', 'zoho_entity_mappings'] loop
    execute format('create policy "active admins read" on public.%I for select to authenticated using (exists (
      select from public.admin_users a where a.id = (select auth.uid()) and a.is_active))', v_table);
  end loop;
  alter table public.zoho_tokens drop constraint if exists zoho_tokens_sealed;
  delete from public.zoho_tokens where true;
end $$;

-- Tables and functions of ours in public. The tables by name: another one that is called alike is not ours.
create or replace function zoho_sync.drop_public_parts() returns void
language plpgsql set search_path = '' as $$
declare
  v_table text;
  f record;
begin
  foreach v_table in array zoho_sync.own_tables() loop
    execute format('drop table if exists public.%I cascade', v_table);
  end loop;
  for f in
    select p.oid::regprocedure as signature from pg_catalog.pg_proc p
    where p.pronamespace = 'public'::regnamespace and p.proname like 'zoho\_%'
      and p.prorettype <> 'trigger'::regtype and 'search_path=""' = any (p.proconfig)
  loop
    execute format('drop function if exists %s cascade', f.signature);
  end loop;
end $$;

create or replace function zoho_sync.own_tables() returns text[]
language sql immutable set search_path = '' as $$
  select array['zoho_accounts', 'zoho_admin_actions', 'zoho_alerts', 'zoho_backfill_items', 'zoho_backfill_runs', 'zoho_channels',
    'zoho_credit_ledger', 'zoho_fields', 'zoho_notices', 'zoho_products', 'zoho_questions', 'zoho_reconcile_rows',
    'zoho_reconcile_runs', 'zoho_sync_queue', 'zoho_sync_state', 'zoho_webhook_events', 'zoho_webhook_refusals'];
$$;

-- schemas/mappings/known_of.sql

-- What is known of entities beside their rows: the record and base of each, whether an attempt at it has an unknown
-- outcome, what a person answered, and which version of a contract's row this was read from.
create or replace function zoho_sync.known_of(p_types text[], p_ids uuid[])
returns table (entity_type text, entity_id uuid, mapping jsonb, in_doubt boolean, answers jsonb, row_version text)
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
begin
  return query
  select e.entity_type, e.id,
    case when m.id is not null then jsonb_build_object(
      'zoho_id', m.zoho_id, 'state', m.state, 'snapshot', m.snapshot, 'agreed_status', m.agreed_status,
      'revision', m.revision, 'loops', m.loops) end,
    zoho_sync.is_in_doubt(e.entity_type, e.id),
    (select coalesce(jsonb_agg(jsonb_build_object(
        'kind', a.kind, 'field', nullif(a.field, ''), 'choice', a.answer, 'shown', a.shown)), '[]')
      from public.zoho_questions a
      where a.entity_type = e.entity_type and a.entity_id = e.id and a.closed_at is null and a.answer is not null),
    case when e.entity_type = 'contract' then (select c.xmin::text from public.contracts c where c.id = e.id) end
  from unnest(p_types, p_ids) e (entity_type, id)
  left join public.zoho_entity_mappings m on m.circletel_type = e.entity_type and m.circletel_id = e.id;
end $$;

-- Whether an attempt at an entity's own record was never settled.
create or replace function zoho_sync.is_in_doubt(p_entity_type text, p_entity_id uuid) returns boolean
language plpgsql stable set search_path = '' as $$
begin
  return (
    select exists (
      select from public.zoho_sync_logs l
      where l.entity_type = p_entity_type and l.entity_id = p_entity_id and l.outcome = 'unknown'
        and l.created_at >= zoho_sync.org_since()));
end $$;

-- Our own attempts at records, oldest first: the newest twenty of each entity, and those that gave a record the revision
-- that it carries. p_records: [{entity_type, entity_id, revision}].
create or replace function public.zoho_attempts_of(p_records jsonb) returns jsonb
language sql stable set search_path = '' as $$
  select coalesce(jsonb_agg(jsonb_build_object('entity_id', r.entity_id, 'attempts', (
    select coalesce(jsonb_agg(jsonb_build_object(
      'sent', a.request_payload, 'status', a.made_for, 'revision', a.revision, 'outcome', a.outcome)
      order by a.created_at, a.id), '[]')
    from (
      (select l.* from public.zoho_sync_logs l
      where l.entity_type = r.entity_type and l.entity_id = r.entity_id and l.outcome is not null
        and l.created_at >= zoho_sync.org_since()
      order by l.created_at desc limit 20)
      union
      select l.* from public.zoho_sync_logs l
      where l.revision = r.revision and l.entity_type = r.entity_type and l.entity_id = r.entity_id) a))), '[]')
  from jsonb_to_recordset(p_records) r (entity_type text, entity_id uuid, revision text);
$$;

-- Attempts from before were made at records of another org.
create or replace function zoho_sync.org_since() returns timestamptz
language plpgsql stable set search_path = '' as $$
begin
  return coalesce((select i.org_since from zoho_sync.identity i), '-infinity');
end $$;

-- schemas/mappings/note_deal_id.sql

-- The Deal's id in CircleTel's own rows, where its business reads it; null for none. What links them is the mapping, so a rule
-- of CircleTel's that refuses a contract costs that contract a notice, and neither the others nor what else is done.
create or replace function zoho_sync.note_deal_id(p_ids uuid[], p_deal_id text) returns void
language plpgsql set search_path = '' as $$
declare
  v_id uuid;
begin
  -- A business trigger finds its tables as in a statement of the Data API.
  perform set_config('search_path', 'public, extensions', true);
  update public.contracts c set zoho_deal_id = p_deal_id where c.id = any (p_ids) and c.zoho_deal_id is distinct from p_deal_id;
exception when others then
  if cardinality(p_ids) = 1 then
    perform zoho_sync.notice_refused_deal_id(p_ids[1], sqlstate);
    return;
  end if;
  foreach v_id in array p_ids loop
    perform zoho_sync.note_deal_id(array[v_id], p_deal_id);
  end loop;
end $$;

-- One notice for a contract, until a person has read it.
create or replace function zoho_sync.notice_refused_deal_id(p_id uuid, p_sqlstate text) returns void
language sql set search_path = '' as $$
  insert into public.zoho_notices (kind, entity_type, entity_id, zoho_type, zoho_id, message)
  select 'deal_id_refused', 'contract', p_id, 'Deals', m.zoho_id,
    format('The database refused to note in the contract which Deal is its own (%s); the mapping says it all the same', p_sqlstate)
  from (select p_id as id) c
  left join public.zoho_entity_mappings m on m.circletel_type = 'contract' and m.circletel_id = c.id
  where not exists (
    select from public.zoho_notices n
    where n.kind = 'deal_id_refused' and n.entity_id = p_id and n.acknowledged_at is null);
$$;

-- schemas/outbox/fold_outbox.sql

-- Moves notes from the outbox to the queue: deletes the rows it takes, resolves which entities they concern as things are
-- now, and enqueues those. Answers how many rows it took; 0 when the outbox is empty. Runs in claim, sweep and status.
--
-- One fold at a time: one that skipped what another is folding could find nothing due, and let the drain end.
--
-- Where a column that it reads was renamed or dropped, the notes stay and a notice says so: what is queued already is
-- worked on, the page still opens, and the first fold after the correction takes them.
create or replace function zoho_sync.fold_outbox(p_most_ids integer default 20000) returns integer
language plpgsql set search_path = '' set plan_cache_mode = 'force_generic_plan' set enable_seqscan = off as $$
declare
  v_notes zoho_sync.outbox[];
  v_fault text;
begin
  if not exists (select from zoho_sync.outbox) then return 0; end if;
  -- A claim holds the state row when it folds, so every fold takes it first. Whether this one will write it is not known yet:
  -- a note of rows without a name may be committed while the other lock is waited for.
  perform zoho_sync.lock_state();
  perform pg_advisory_xact_lock(hashtextextended('zoho_sync.fold_outbox', 0));
  begin
    v_notes := zoho_sync.take_notes(p_most_ids);
    -- Mappings before queue rows, as everywhere.
    perform zoho_sync.orphan_missing(array_agg(t.entity_type), array_agg(i.id), true)
    from unnest(v_notes) n
    join zoho_sync.record_types() t on t.source_table = n.source_table
    cross join lateral unnest(n.ids) i (id)
    -- A row that got another id is gone under the old one.
    where n.operation = 'DELETE' or (n.operation = 'UPDATE' and coalesce('id' = any (n.changed), true));
    perform zoho_sync.note_unknown_rows(v_notes);
    perform zoho_sync.enqueue(array_agg(m.entity_type), array_agg(m.entity_id), array_agg(m.lane), array_agg(m.cause),
      p_at => array_agg(m.noted_at))
    from zoho_sync.marks_of(v_notes) m;
    perform zoho_sync.note_searched(v_notes);
    return cardinality(v_notes);
  exception when syntax_error_or_access_rule_violation then
    -- Class 42: the message names identifiers, never a value.
    v_fault := format('changes are noted and cannot be resolved (%s %s); they wait until that is corrected', sqlstate, sqlerrm);
  end;
  insert into public.zoho_notices (kind, message)
  select 'fold_fault', v_fault
  where not exists (
    select from public.zoho_notices n
    where n.kind = 'fold_fault' and n.message = v_fault and n.acknowledged_at is null);
  return 0;
end $$;

-- Oldest first, up to so many ids, and at least one row.
create or replace function zoho_sync.take_notes(p_most_ids integer) returns zoho_sync.outbox[]
language plpgsql set search_path = '' as $$
declare
  v_notes zoho_sync.outbox[];
begin
  with counted as (
    select o.id, row_number() over (order by o.id) as place,
      sum(1 + coalesce(cardinality(o.ids), 0) + coalesce(cardinality(o.owners), 0)) over (order by o.id) as ids
    from (select * from zoho_sync.outbox order by id limit 5000) o),
  taken as (
    delete from zoho_sync.outbox o using counted c
    where o.id = c.id and (c.place = 1 or c.ids <= p_most_ids)
    returning o as note)
  select coalesce(array_agg(t.note order by (t.note).id), '{}') into v_notes from taken t;
  return v_notes;
end $$;

-- The entities that notes concern, each once: its most urgent lane, the newest cause in it, and since when it is stale.
create or replace function zoho_sync.marks_of(p_notes zoho_sync.outbox[])
returns table (entity_type text, entity_id uuid, lane smallint, cause text, noted_at timestamptz)
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
begin
  return query
  with notes as (
    select n.*, w.lane, n.source_table || ' ' || lower(n.operation) as cause
    from unnest(p_notes) n join zoho_sync.watched_tables() w on w.source_table = n.source_table),
  ids as materialized (
    select n.source_table, n.operation, n.changed, n.lane, n.cause, n.noted_at, i.id
    from notes n cross join lateral unnest(n.ids) i (id)),
  owners as materialized (
    select n.source_table, n.changed, n.lane, n.cause, n.noted_at, o.id
    from notes n cross join lateral unnest(n.owners) o (id)),
  -- The KYC sessions that changed or whose RICA registration did, and the quotes that they hang on.
  sessions as (
    select i.id, i.lane, i.cause, i.noted_at from ids i where i.source_table = 'kyc_sessions'
    union all
    select o.id, o.lane, o.cause, o.noted_at from owners o where o.source_table = 'rica_submissions'),
  session_quotes as (
    select o.id, o.lane, o.cause, o.noted_at from owners o where o.source_table = 'kyc_sessions'
    union all
    select s.quote_id, o.lane, o.cause, o.noted_at
    from owners o join public.kyc_sessions s on s.id = o.id where o.source_table = 'rica_submissions'),
  marks as (
    select t.entity_type, i.id as entity_id, i.lane, i.cause, i.noted_at
    from ids i join zoho_sync.record_types() t on t.source_table = i.source_table
    where i.source_table <> 'customers'
    union all
    select 'quote', o.id, o.lane, o.cause, o.noted_at
    from owners o where o.source_table in ('business_quote_items', 'kyc_sessions')
    union all
    -- A contract that names a session is judged by that one; otherwise by the newest of its quote.
    select 'contract', c.id, s.lane, s.cause, s.noted_at from sessions s join public.contracts c on c.kyc_session_id = s.id
    union all
    select 'contract', c.id, q.lane, q.cause, q.noted_at
    from session_quotes q join public.contracts c on c.quote_id = q.id where c.kyc_session_id is null
    union all
    -- Only company and customer of a quote reach its contracts; and a contract that does not say when it was made closes on
    -- the day on which its quote lapses. What names a row that was just inserted has a note of its own.
    select 'contract', c.id, i.lane, i.cause, i.noted_at
    from ids i join public.contracts c on c.quote_id = i.id
    where i.source_table = 'business_quotes' and i.operation <> 'INSERT' and (coalesce(i.changed && '{company_name,customer_id}', true)
      or (i.changed && '{valid_until}' and c.created_at is null))
    union all
    select e.entity_type, e.entity_id, i.lane, i.cause, i.noted_at
    from ids i join zoho_sync.customer_entities(array(select c.id from ids c where c.source_table = 'customers')) e
      on e.customer_id = i.id
    where i.source_table = 'customers' and (i.operation <> 'INSERT' or e.entity_type = 'customer')
      and coalesce(i.changed && '{first_name,last_name,email,business_name,account_type}', true)
    union all
    -- A customer whom a quote or contract names goes to the CRM from then on, and the invoices with them; one without a
    -- business of their own is billed under the company of their newest quote.
    select 'invoice', v.id, o.lane, o.cause, o.noted_at
    from owners o
    join public.customers cu on cu.id = o.id
    join public.customer_invoices v on v.customer_id = cu.id
    where o.source_table in ('contracts', 'business_quotes')
      and coalesce(o.changed && '{customer_id,company_name,created_at}', true)
      and (cu.account_type is distinct from 'business' or coalesce(btrim(cu.business_name), '') = '')
    union all
    -- The quote or contract brings their Contact along, but not while it has no number or its kind is switched off.
    select 'customer', cu.id, o.lane, o.cause, o.noted_at
    from owners o join public.customers cu on cu.id = o.id
    where o.source_table in ('contracts', 'business_quotes') and coalesce(o.changed && '{customer_id}', true)
      and cu.account_type is distinct from 'business'
    union all
    select w.entity_type, w.entity_id, 1::smallint, n.cause, n.noted_at
    from zoho_sync.mended_companies(array(
      select i.id from ids i where i.source_table in ('business_quotes', 'customers')
        and coalesce(i.changed && '{registration_number,vat_number,business_registration,tax_number}', true))) k
    join zoho_sync.account_waits w on w.account_key = k.account_key
    cross join lateral (select i.cause, i.noted_at from ids i where i.id = k.row_id limit 1) n)
  select distinct on (m.entity_type, m.entity_id) m.entity_type, m.entity_id, m.lane, m.cause,
    min(m.noted_at) over (partition by m.entity_type, m.entity_id)
  from marks m
  order by m.entity_type, m.entity_id, m.lane, m.noted_at desc;
end $$;

-- The companies of these quotes and customers that wait for an answer about their Account: a corrected number may
-- answer it.
create or replace function zoho_sync.mended_companies(p_ids uuid[]) returns table (row_id uuid, account_key text)
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
begin
  return query
  select q.id, zoho_sync.account_key(q.company_name, null, null) from public.business_quotes q
  where q.id = any (p_ids) and exists (select from zoho_sync.account_waits)
  union all
  select c.id, zoho_sync.account_key(c.business_name, null, null) from public.customers c
  where c.id = any (p_ids) and exists (select from zoho_sync.account_waits);
end $$;

-- Rows that cannot be identified: the next reconcile compares everything, and records whose row is gone are orphans.
create or replace function zoho_sync.note_unknown_rows(p_notes zoho_sync.outbox[]) returns void
language plpgsql set search_path = '' as $$
begin
  if not exists (select from unnest(p_notes) n where n.ids is null or not n.is_exact) then return; end if;
  update public.zoho_sync_state s set full_reconcile_due = true where s.id;
  insert into public.zoho_notices (kind, message)
  select distinct 'truncated', format('%s was emptied with TRUNCATE; the next reconcile compares everything', n.source_table)
  from unnest(p_notes) n where n.operation = 'TRUNCATE';
  perform zoho_sync.orphan_missing(array_agg(m.circletel_type), array_agg(m.circletel_id), false)
  from (select distinct n.source_table from unnest(p_notes) n where n.ids is null) n
  join zoho_sync.record_types() t on t.source_table = n.source_table
  join public.zoho_entity_mappings m on m.circletel_type = t.entity_type;
end $$;

-- Of these entities, those whose row is gone: the mapping is marked, the change removed, questions and hints are over. The
-- record in Zoho is left alone. Each gets a notice, unless there is one notice for all of them.
create or replace function zoho_sync.orphan_missing(p_types text[], p_ids uuid[], p_with_notices boolean) returns void
language plpgsql set search_path = '' as $$
declare
  v_types text[];
  v_ids uuid[];
begin
  select array_agg(g.entity_type), array_agg(g.entity_id) into v_types, v_ids
  from zoho_sync.missing_entities(p_types, p_ids) g;
  if v_ids is null then return; end if;
  with orphans as (
    select m.id from public.zoho_entity_mappings m
    join unnest(v_types, v_ids) g (entity_type, id) on m.circletel_type = g.entity_type and m.circletel_id = g.id
    where m.state <> 'orphaned'
    order by m.circletel_id for update of m),
  marked as (
    update public.zoho_entity_mappings m set state = 'orphaned' from orphans o where m.id = o.id returning m.*)
  insert into public.zoho_notices (kind, entity_type, entity_id, zoho_type, zoho_id, message)
  select 'orphaned', m.circletel_type, m.circletel_id, m.zoho_type, m.zoho_id,
    concat_ws(' ', t.label, m.snapshot ->> t.reference,
      format('was deleted in CircleTel; its %s was left as it is', t.record))
  from marked m join zoho_sync.record_types() t on t.entity_type = m.circletel_type
  where p_with_notices;
  delete from public.zoho_sync_queue q using unnest(v_types, v_ids) g (entity_type, id)
  where q.entity_type = g.entity_type and q.entity_id = g.id;
  update public.zoho_questions q set closed_at = now(), closed_because = 'over'
  from unnest(v_types, v_ids) g (entity_type, id)
  where q.entity_type = g.entity_type and q.entity_id = g.id and q.closed_at is null
    -- Its records are in Zoho still.
    and q.kind <> 'person_erased';
  update public.zoho_webhook_events e set status = 'ignored', reason = format('The %s was deleted in CircleTel', g.entity_type),
    applied_at = clock_timestamp()
  from unnest(v_types, v_ids) g (entity_type, id)
  where e.entity_type = g.entity_type and e.entity_id = g.id and e.status = 'received';
  delete from zoho_sync.record_holds h using unnest(v_types, v_ids) g (entity_type, id)
  where h.entity_type = g.entity_type and h.entity_id = g.id;
  perform zoho_sync.note_possible_records(v_types, v_ids);
end $$;

-- No mapping, yet an attempt whose outcome is not known: the record may be in Zoho. After the queue row is gone, whose lock
-- an attempt that is just being opened holds.
create or replace function zoho_sync.note_possible_records(p_types text[], p_ids uuid[]) returns void
language plpgsql set search_path = '' as $$
begin
  insert into public.zoho_notices (kind, entity_type, entity_id, zoho_type, message)
  select distinct on (l.entity_id) 'orphaned', l.entity_type, l.entity_id, l.zoho_entity_type,
    format('%s %s was deleted in CircleTel while its %s was being made; look for it in Zoho',
      t.label, l.request_payload ->> t.reference, t.record)
  from unnest(p_types, p_ids) g (entity_type, id)
  join zoho_sync.record_types() t on t.entity_type = g.entity_type
  join public.zoho_sync_logs l on l.entity_type = g.entity_type and l.entity_id = g.id
    and l.zoho_entity_type = t.zoho_type
  where l.request_payload ? t.reference
    and (l.status <> 'failed' or l.error_message ~ '^(INTERRUPTED|TIMEOUT|NETWORK|UNREADABLE|HTTP_5|INTERNAL)')
    and not exists (select from public.zoho_entity_mappings m
      where m.circletel_type = l.entity_type and m.circletel_id = l.entity_id);
end $$;

-- The fold and the sources go through these columns.
do $$
begin
  perform zoho_sync.ensure_index(i.tbl || '_' || i.col || '_idx', i.tbl, i.col)
  from (values ('contracts', 'quote_id'), ('contracts', 'customer_id'), ('contracts', 'kyc_session_id'),
    ('business_quotes', 'customer_id'), ('business_quote_items', 'quote_id'), ('kyc_sessions', 'quote_id'),
    ('rica_submissions', 'kyc_session_id'), ('customer_invoices', 'customer_id')) i (tbl, col);
end $$;

-- schemas/outbox/note_change.sql

-- The trigger of every watched table: appends to the outbox and does nothing else. It never raises: whatever goes wrong
-- inside, all rows of the statement are noted or a notice says why they are not, and the business commits.
--
-- Its arguments are the queries of zoho_sync.change_queries; the first that Postgres accepts is used. They are executed as
-- text, because a statement that names a column of CircleTel's would fail for good once the column is renamed.
-- Security definer: a user who edits a contract needs no right to write the outbox.
create or replace function zoho_sync.note_change() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  v_query text;
  v_ids uuid[];
  v_owners uuid[];
  v_changed text[];
  v_fault text;
  v_is_noted boolean := true;
begin
  -- A cascade runs a statement per parent row, most of them over nothing.
  if tg_op = 'DELETE' then
    if not exists (select from old_rows) then return null; end if;
  elsif tg_op <> 'TRUNCATE' then
    if not exists (select from new_rows) then return null; end if;
  end if;

  foreach v_query in array coalesce(tg_argv, '{}') loop
    begin
      execute v_query into v_ids, v_owners, v_changed;
      exit;
    exception when others then
      -- Messages of class 42 name identifiers; others may quote a value.
      v_fault := coalesce(v_fault, sqlstate || case when sqlstate like '42%' then ' ' || sqlerrm else '' end);
    end;
  end loop;
  if v_ids is null and v_fault is null and tg_op <> 'TRUNCATE' then return null; end if;

  if current_setting('zoho_sync.noted', true) = pg_current_xact_id()::text then
    perform zoho_sync.append_outbox(tg_table_name, tg_op, v_ids, v_owners, v_changed, v_fault is null, false);
  else
    begin
      -- Tried once in a transaction, which proves table and rights for the rest of it. A subtransaction for each of a
      -- thousand statements would slow down every other session (more than 64 overflow a backend's cache of them).
      perform zoho_sync.append_outbox(tg_table_name, tg_op, v_ids, v_owners, v_changed, v_fault is null, true);
      perform set_config('zoho_sync.noted', pg_current_xact_id()::text, true);
    exception when others then
      v_is_noted := false;
      v_fault := 'the outbox refused them: ' || sqlstate;
    end;
  end if;
  if v_fault is not null then
    begin
      v_fault := format('%s on %s: the changed rows could not be compared (%s). %s', tg_op, tg_table_name, v_fault,
        case
          when not v_is_noted then 'They are not marked; start a full reconcile.'
          when v_ids is null then 'They are not known; the next reconcile compares everything.'
          else 'All rows of the statement are marked.' end);
      -- One notice for a table and cause, until a person has read it.
      insert into public.zoho_notices (kind, message)
      select 'trigger_fault', v_fault
      where not exists (
        select from public.zoho_notices n
        where n.kind = 'trigger_fault' and n.message = v_fault and n.acknowledged_at is null);
    exception when others then
      raise warning 'zoho_sync: %', v_fault;
    end;
  end if;
  return null;
end $$;

-- 10,000 ids a row, so that no row is more than one fold can take in the 8 s of the platform's statement timeout.
create or replace function zoho_sync.append_outbox(
  p_table text, p_operation text, p_ids uuid[], p_owners uuid[], p_changed text[], p_is_exact boolean, p_rings boolean)
returns void
language sql set search_path = '' as $$
  insert into zoho_sync.outbox (source_table, operation, ids, owners, changed, is_exact, rings)
  select p_table, p_operation, p_ids[f:f + 9999], p_owners[f:f + 9999], p_changed, p_is_exact, p_rings and f = 1
  from generate_series(1, greatest(1, cardinality(p_ids), cardinality(p_owners)), 10000) f;
$$;

-- schemas/outbox/ring_at_commit.sql

-- At commit, once per transaction: the first outbox row of a transaction rings.
-- No statement timeout ends a COMMIT, so a lock on pg_net's queue or on Vault must not hold it: the sweep rings instead.
create or replace function zoho_sync.ring_at_commit() returns trigger
language plpgsql security definer set search_path = '' set lock_timeout = '100ms' as $$
begin
  perform zoho_sync.ring_doorbell();
  return null;
exception when others then
  raise warning 'zoho_sync: the doorbell did not ring: %', sqlstate;
  return null;
end $$;

-- schemas/outbox/watch_tables.sql

-- Puts the triggers on the watched tables; may be run again at any time.
create or replace function zoho_sync.watch_tables() returns void
language plpgsql set search_path = '' as $$
declare
  w record;
  e record;
begin
  for w in select * from zoho_sync.watched_tables() loop
    for e in select * from (values
      ('insert', 'referencing new table as new_rows'),
      ('update', 'referencing old table as old_rows new table as new_rows'),
      ('delete', 'referencing old table as old_rows'),
      ('truncate', '')) v (event, transition)
    loop
      execute format('create or replace trigger %I after %s on public.%I %s for each statement execute function zoho_sync.note_change(%s)',
        'zoho_sync_' || e.event, e.event, w.source_table, e.transition,
        coalesce((select string_agg(quote_literal(q.query), ', ' order by q.place)
          from unnest(zoho_sync.change_queries(e.event, w.owners, w.compared)) with ordinality q (query, place)), ''));
    end loop;
  end loop;
end $$;

-- The queries by which zoho_sync.note_change reads a statement's rows, from the most exact to the one that needs nothing
-- but an id: where a column was renamed, retyped or dropped, the next one serves. Each answers (ids, owners, changed).
create or replace function zoho_sync.change_queries(p_event text, p_owners text[], p_compared text[]) returns text[]
language sql immutable set search_path = '' as $$
  with columns as (
    select
      (select string_agg(format('n.%I', c), ', ') from unnest(p_compared) c) as new_ones,
      (select string_agg(format('o.%I', c), ', ') from unnest(p_compared) c) as old_ones,
      (select string_agg(format('case when bool_or(n.%1$I is distinct from o.%1$I) then %1$L end', c), ', ')
        from unnest('id'::text || p_compared) c) as changed,
      coalesce((select string_agg(format('array_agg(n.%1$I) filter (where n.%1$I is not null)', c), ' || ')
        from unnest(p_owners) c), 'null::uuid[]') as new_owners,
      coalesce((select string_agg(format('array_agg(o.%1$I) filter (where o.%1$I is not null)', c), ' || ')
        from unnest(p_owners) c), 'null::uuid[]') as old_owners,
      coalesce((select string_agg(format('array_agg(n.%1$I) filter (where n.%1$I is not null)'
          ' || array_agg(o.%1$I) filter (where o.%1$I is distinct from n.%1$I and o.%1$I is not null)', c), ' || ')
        from unnest(p_owners) c), 'null::uuid[]') as both_owners)
  select case p_event
    when 'insert' then array[
      format('select array_agg(n.id), %s, null::text[] from new_rows n', new_owners),
      'select array_agg(n.id), null::uuid[], null::text[] from new_rows n']
    when 'delete' then array[
      format('select array_agg(o.id), %s, null::text[] from old_rows o', old_owners),
      'select array_agg(o.id), null::uuid[], null::text[] from old_rows o']
    when 'update' then array[
      -- A row whose id changed has no partner on the other side, and is there twice: under the old id and the new one.
      format('select array_agg(coalesce(n.id, o.id)), %s, array_remove(array[%s], null) '
        'from new_rows n full join old_rows o on o.id = n.id where (%s) is distinct from (%s)',
        both_owners, changed, new_ones, old_ones),
      format('select array_agg(coalesce(n.id, o.id)), %s, null::text[] from new_rows n full join old_rows o on o.id = n.id',
        both_owners),
      'select array_agg(n.id), null::uuid[], null::text[] from new_rows n']
    else '{}' end
  from columns;
$$;

-- schemas/outbox/watched_tables.sql

-- The columns of CircleTel's tables that a record depends on, once, as data. A change of any other column marks nothing:
-- our own write-backs (contracts.zoho_deal_id, last_synced_at) and updated_at are not here.
--   owners    foreign keys to the row whose record also shows this one
--   compared  an update that changes none of them is not noted
--   lane      0 compliance, 1 ordinary
create or replace function zoho_sync.watched_tables()
returns table (source_table text, lane smallint, owners text[], compared text[])
language sql immutable set search_path = '' as $$
  values
    ('contracts', 0::smallint, '{customer_id}'::text[],
      '{contract_number,status,total_contract_value,start_date,fully_signed_date,created_at,quote_id,customer_id,kyc_session_id}'::text[]),
    ('kyc_sessions', 0, '{quote_id}',
      '{status,verification_result,risk_tier,completed_at,quote_id,created_at}'),
    ('rica_submissions', 0, '{kyc_session_id}',
      '{status,kyc_session_id,created_at}'),
    ('business_quotes', 1, '{customer_id}',
      '{quote_number,company_name,customer_id,status,contract_term,total_monthly,total_installation,valid_until,created_at,registration_number,vat_number}'),
    ('business_quote_items', 1, '{quote_id}',
      '{quote_id,service_name,quantity,monthly_price,installation_price,display_order}'),
    ('customers', 1, '{}',
      '{first_name,last_name,email,business_name,account_type,business_registration,tax_number}'),
    ('customer_invoices', 1, '{}',
      '{customer_id,invoice_number,invoice_date,due_date,total_amount,status}');
$$;

-- schemas/people/zoho_erase_person.sql

-- Takes one customer out of all tables of the sync, and asks a person about the records in Zoho, which the sync cannot delete.
-- The Contact is unlinked, and nothing of the person is sent or searched again while CircleTel's own row is there; that row is
-- CircleTel's to delete. Done again it changes nothing more. p_by is who asked; it is written down. Answers the number of rows by table.
create or replace function public.zoho_erase_person(p_customer_id uuid, p_by text) returns jsonb
language sql set search_path = '' as $$ select zoho_sync.erase_person(p_customer_id, p_by) $$;

-- Definer: the attempt log is append-only for every role of the API, and this is the one exception.
create or replace function zoho_sync.erase_person(p_customer_id uuid, p_by text) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  v_key constant text := 'customer:' || p_customer_id;
  v_rows jsonb := '{}';
  v_count integer;
begin
  insert into public.zoho_admin_actions (actor, action, details)
  values (p_by, 'erase person', jsonb_build_object('entityType', 'customer', 'id', p_customer_id));

  insert into zoho_sync.erased_people (customer_id) values (p_customer_id) on conflict (customer_id) do nothing;
  perform zoho_sync.ask_about_erased(p_customer_id, v_key);
  update public.zoho_entity_mappings m set snapshot = zoho_sync.without_names(m.snapshot), state = 'unlinked'
  where m.circletel_type = 'customer' and m.circletel_id = p_customer_id;
  get diagnostics v_count = row_count;
  v_rows := v_rows || jsonb_build_object('zoho_entity_mappings', v_count);

  v_count := zoho_sync.mask_attempts(p_customer_id);
  v_rows := v_rows || jsonb_build_object('zoho_sync_logs', v_count);

  update public.zoho_questions q set ours = null, theirs = null, closed_at = coalesce(q.closed_at, now()),
    closed_because = coalesce(q.closed_because, 'over')
  where q.kind <> 'person_erased' and (q.account_key = v_key or q.entity_type = 'customer' and q.entity_id = p_customer_id);
  get diagnostics v_count = row_count;
  v_rows := v_rows || jsonb_build_object('zoho_questions', v_count);

  update public.zoho_reconcile_rows r set fields = '{}'
  where r.entity_type = 'customer' and r.entity_id = p_customer_id and r.fields <> '{}';
  update public.zoho_backfill_items i set would = null
  where i.entity_type = 'customer' and i.entity_id = p_customer_id and i.would is not null;
  delete from zoho_sync.account_names n where n.account_key = v_key;
  -- Why a person held it, in their own words.
  delete from zoho_sync.record_holds h where h.entity_type = 'customer' and h.entity_id = p_customer_id;
  delete from zoho_sync.former_rows f using zoho_sync.former_rows_of(p_customer_id, v_key) o where f.id = o.id;
  perform zoho_sync.erase_from_search(p_customer_id);
  return v_rows;
end $$;

-- Everything that shows the customer is written again without the person's data.
create or replace function zoho_sync.erase_from_search(p_customer_id uuid) returns void
language sql set search_path = '' as $$
  select zoho_sync.write_search(e.entity_type, array_agg(e.entity_id)) from (
    select c.entity_type, c.entity_id from zoho_sync.customer_entities(array[p_customer_id]) c
    union
    -- Of a customer whose row is gone only the entry is left.
    select s.entity_type, s.entity_id from zoho_sync.search_entries s where s.entity_id = p_customer_id) e
  group by e.entity_type;
$$;

-- Of these customers, those who were erased while a drain was at work on them: what it writes down is not kept, and the record
-- that it makes is asked about.
create or replace function zoho_sync.forget_erased(p_customer_ids uuid[]) returns void
language plpgsql set search_path = '' as $$
declare
  v_id uuid;
begin
  for v_id in select e.customer_id from zoho_sync.erased_people e where e.customer_id = any (p_customer_ids) loop
    update public.zoho_entity_mappings m set snapshot = zoho_sync.without_names(m.snapshot), state = 'unlinked'
    where m.circletel_type = 'customer' and m.circletel_id = v_id;
    perform zoho_sync.mask_attempts(v_id);
    perform zoho_sync.ask_about_erased(v_id, 'customer:' || v_id);
  end loop;
end $$;

-- Takes what names a person out of the attempts at their Contact; answers of how many.
create or replace function zoho_sync.mask_attempts(p_customer_id uuid) returns integer
language plpgsql set search_path = '' as $$
declare
  v_count integer;
begin
  update public.zoho_sync_logs l set request_payload = zoho_sync.without_names(l.request_payload)
  where l.entity_type = 'customer' and l.entity_id = p_customer_id and l.request_payload is not null
    and l.request_payload is distinct from zoho_sync.without_names(l.request_payload);
  get diagnostics v_count = row_count;
  return v_count;
end $$;

-- What was known of a customer in an org that this database was adopted away from.
create or replace function zoho_sync.former_rows_of(p_customer_id uuid, p_account_key text) returns setof zoho_sync.former_rows
language sql stable set search_path = '' as $$
  select f.* from zoho_sync.former_rows f
  where f.content ->> 'circletel_id' = p_customer_id::text or f.content ->> 'entity_id' = p_customer_id::text
    or f.content ->> 'account_key' = p_account_key;
$$;

-- What may name a person, in a base or a log row.
create or replace function zoho_sync.without_names(p_fields jsonb) returns jsonb
language sql immutable set search_path = '' as $$
  select p_fields - array['First_Name', 'Last_Name', 'Full_Name', 'Email', 'Account_Name'];
$$;

-- One question for the customer, naming the records that are still in Zoho; none if there are none, or if a person was asked
-- about them already. A question that is still open is told of a record that a drain has made since.
create or replace function zoho_sync.ask_about_erased(p_customer_id uuid, p_account_key text) returns void
language plpgsql set search_path = '' as $$
declare
  v_records jsonb := zoho_sync.records_of_erased(p_customer_id, p_account_key);
begin
  if v_records is null then return; end if;
  update public.zoho_questions q set theirs = v_records
  where q.kind = 'person_erased' and q.entity_id = p_customer_id and q.closed_at is null;
  if found or exists (select from public.zoho_questions q
    where q.kind = 'person_erased' and q.entity_id = p_customer_id and q.theirs @> v_records) then return;
  end if;
  insert into public.zoho_questions (kind, entity_type, entity_id, theirs, answers)
  values ('person_erased', 'customer', p_customer_id, v_records, array['done']);
end $$;

-- The records of a person that are in Zoho: [{module, id}]. Of a Contact that may have been made, since its answer is due or was
-- lost, only the reference is known: {module, reference}. Null when there are none.
create or replace function zoho_sync.records_of_erased(p_customer_id uuid, p_account_key text) returns jsonb
language sql stable set search_path = '' as $$
  with linked as (
    select m.zoho_id from public.zoho_entity_mappings m
    where m.circletel_type = 'customer' and m.circletel_id = p_customer_id)
  select jsonb_agg(r.record) from (
    select jsonb_build_object('module', 'Contacts', 'id', m.zoho_id) as record from linked m
    union all
    select jsonb_build_object('module', 'Contacts', 'reference', p_customer_id)
    where not exists (select from linked) and exists (select from public.zoho_sync_logs l
      where l.entity_type = 'customer' and l.entity_id = p_customer_id and l.outcome = 'unknown')
    union all
    select jsonb_build_object('module', 'Accounts', 'id', a.zoho_id) from public.zoho_accounts a
    where a.account_key = p_account_key) r;
$$;

-- schemas/people/zoho_export_person.sql

-- What the tables of the sync hold of one customer, whole rows by table: what CircleTel hands out when the person asks. Written
-- down with who asked (p_by). CircleTel's own rows are not in it.
create or replace function public.zoho_export_person(p_customer_id uuid, p_by text) returns jsonb
language sql set search_path = '' as $$ select zoho_sync.export_person(p_customer_id, p_by) $$;

-- Definer: some tables are closed to the API's roles.
create or replace function zoho_sync.export_person(p_customer_id uuid, p_by text) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  v_key constant text := 'customer:' || p_customer_id;
begin
  insert into public.zoho_admin_actions (actor, action, details)
  values (p_by, 'export person', jsonb_build_object('entityType', 'customer', 'id', p_customer_id));
  return jsonb_build_object(
    'zoho_entity_mappings', (select coalesce(jsonb_agg(to_jsonb(m)), '[]') from public.zoho_entity_mappings m
      where m.circletel_type = 'customer' and m.circletel_id = p_customer_id),
    'zoho_accounts', (select coalesce(jsonb_agg(to_jsonb(a)), '[]') from public.zoho_accounts a where a.account_key = v_key),
    'account_names', (select coalesce(jsonb_agg(to_jsonb(n)), '[]') from zoho_sync.account_names n where n.account_key = v_key),
    'zoho_sync_logs', (select coalesce(jsonb_agg(to_jsonb(l) order by l.created_at), '[]') from public.zoho_sync_logs l
      where l.entity_type = 'customer' and l.entity_id = p_customer_id),
    'zoho_questions', (select coalesce(jsonb_agg(to_jsonb(q) order by q.asked_at), '[]') from public.zoho_questions q
      where q.account_key = v_key or q.entity_type = 'customer' and q.entity_id = p_customer_id),
    'zoho_webhook_events', (select coalesce(jsonb_agg(to_jsonb(e) order by e.seq), '[]') from public.zoho_webhook_events e
      where e.entity_type = 'customer' and e.entity_id = p_customer_id),
    'zoho_notices', (select coalesce(jsonb_agg(to_jsonb(n) order by n.id), '[]') from public.zoho_notices n
      where n.entity_type = 'customer' and n.entity_id = p_customer_id),
    'zoho_reconcile_rows', (select coalesce(jsonb_agg(to_jsonb(r) order by r.id), '[]') from public.zoho_reconcile_rows r
      where r.entity_type = 'customer' and r.entity_id = p_customer_id),
    'zoho_backfill_items', (select coalesce(jsonb_agg(to_jsonb(i)), '[]') from public.zoho_backfill_items i
      where i.entity_type = 'customer' and i.entity_id = p_customer_id),
    'search_entries', (select coalesce(jsonb_agg(to_jsonb(s) - 'haystack'), '[]') from zoho_sync.search_entries s
      where s.entity_type = 'customer' and s.entity_id = p_customer_id),
    'record_holds', (select coalesce(jsonb_agg(to_jsonb(h)), '[]') from zoho_sync.record_holds h
      where h.entity_type = 'customer' and h.entity_id = p_customer_id),
    'former_rows', (select coalesce(jsonb_agg(to_jsonb(f)), '[]') from zoho_sync.former_rows_of(p_customer_id, v_key) f));
end $$;

-- schemas/platform/call_function.sql

-- Calls an edge function after commit, by pg_net.
--
-- Project URL and key come from Vault: `project_url`, and `zoho_sync_key`, a secret API key of the project.
-- pg_net waits for every call of a batch before the next one (up to 200), so the timeout is short and the
-- functions answer at once.
create or replace function zoho_sync.call_function(p_function text, p_body jsonb) returns void
language plpgsql security definer set search_path = '' as $$
declare
  v_url text;
  v_key text;
  v_request bigint;
begin
  select decrypted_secret into v_url from vault.decrypted_secrets where name = 'project_url';
  select decrypted_secret into v_key from vault.decrypted_secrets where name = 'zoho_sync_key';
  if v_url is null or v_key is null then
    raise warning 'zoho_sync: Vault has no secret "%", so % was not called',
      case when v_url is null then 'project_url' else 'zoho_sync_key' end, p_function
      using hint = 'select vault.create_secret(''<value>'', ''<name>'')';
    return;
  end if;
  v_request := net.http_post(
    url := rtrim(v_url, '/') || '/functions/v1/' || p_function,
    body := p_body,
    headers := jsonb_build_object('Content-Type', 'application/json', 'apikey', v_key),
    timeout_milliseconds := 5000);
  insert into zoho_sync.rings (request_id, function, body) values (v_request, p_function, p_body);
exception when others then
  -- A doorbell that cannot ring must never undo the business transaction it is part of.
  raise warning 'zoho_sync: could not call %: % (%)', p_function, sqlerrm, sqlstate;
end $$;

-- Repeats a function's last call, after the cause of its failure has been corrected.
create or replace function zoho_sync.ring_again(p_function text) returns void
language sql set search_path = '' as $$
  select zoho_sync.call_function(r.function, r.body)
  from zoho_sync.rings r where r.function = p_function order by r.id desc limit 1;
$$;

-- schemas/platform/clock_ms.sql

-- The real clock, in epoch ms.
create or replace function zoho_sync.clock_ms() returns bigint
language sql volatile set search_path = '' as $$
  select (extract(epoch from clock_timestamp()) * 1000)::bigint;
$$;

-- schemas/platform/hour_of.sql

-- A function that sets its search_path is never inlined: whatever is done for each of thousands of rows is spelled out.
create or replace function zoho_sync.hour_of(p_at timestamptz) returns timestamptz
language sql immutable set search_path = '' as $$
  select date_bin('1 hour', p_at, timestamptz '2000-01-01 00:00:00+00');
$$;

-- schemas/platform/micros.sql

-- Microseconds since 1970: a moment in a cursor comes back exactly as it was.
create or replace function zoho_sync.to_micros(p_at timestamptz) returns bigint
language sql immutable set search_path = '' as $$ select (extract(epoch from p_at) * 1000000)::bigint $$;

create or replace function zoho_sync.from_micros(p_micros bigint) returns timestamptz
language sql immutable set search_path = '' as $$
  select timestamptz '1970-01-01 00:00:00+00' + p_micros * interval '1 microsecond';
$$;

-- schemas/platform/page.sql

-- { items, next } of rows that were read with one more than the page takes; each row carries its `cursor`.
create or replace function zoho_sync.page(p_rows jsonb, p_limit integer) returns jsonb
language sql immutable set search_path = '' as $$
  select jsonb_build_object(
    'items', coalesce((
      select jsonb_agg(r.value - 'cursor' order by r.place)
      from jsonb_array_elements(p_rows) with ordinality r (value, place) where r.place <= p_limit), '[]'),
    'next', case when jsonb_array_length(p_rows) > p_limit then p_rows -> (p_limit - 1) ->> 'cursor' end);
$$;

-- schemas/products/zoho_known_products.sql

-- { key: Zoho id } of the keys that are known.
create or replace function public.zoho_known_products(p_keys text[]) returns jsonb
language sql stable set search_path = '' as $$
  select coalesce(jsonb_object_agg(p.product_key, p.zoho_id), '{}')
  from public.zoho_products p where p.product_key = any (p_keys);
$$;

-- schemas/products/zoho_remember_products.sql

-- [{product_key, zoho_id, matched_by}]; what is known already stays.
create or replace function public.zoho_remember_products(p_products jsonb) returns void
language sql set search_path = '' as $$
  insert into public.zoho_products (product_key, zoho_id, matched_by)
  select p.product_key, p.zoho_id, p.matched_by
  from jsonb_to_recordset(p_products) p (product_key text, zoho_id text, matched_by text)
  order by p.product_key
  on conflict (product_key) do nothing;
$$;

-- schemas/questions/ask.sql

-- Those of these questions that are not open with the very same values. Questions about one entity, or, where it is null, about
-- the companies that they name.
create or replace function zoho_sync.unasked(p_entity_type text, p_entity_id uuid, p_questions jsonb)
returns setof public.zoho_questions
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
begin
  return query
  select n.* from jsonb_populate_recordset(null::public.zoho_questions, p_questions) n
  where not exists (
    select from zoho_sync.open_question(p_entity_type, p_entity_id, n) q
    where (q.ours, q.theirs, q.asks, q.reason, q.shown)
      is not distinct from (n.ours, n.theirs, n.asks, n.reason, coalesce(n.shown, '{}')));
end $$;

-- The open question of the same kind and field about the same entity or company.
create or replace function zoho_sync.open_question(p_entity_type text, p_entity_id uuid, p_new public.zoho_questions)
returns setof public.zoho_questions
language sql stable set search_path = '' as $$
  select q.* from public.zoho_questions q
  where q.closed_at is null and q.kind = p_new.kind and q.field = coalesce(p_new.field, '')
    and (q.entity_type = p_entity_type and q.entity_id = p_entity_id or q.account_key = p_new.account_key);
$$;

-- Asks each question once. What is to be shown otherwise is another question: the one that was open is over, with the answer
-- that it may have had.
create or replace function zoho_sync.ask(p_entity_type text, p_entity_id uuid, p_questions jsonb) returns void
language sql set search_path = '' as $$
  update public.zoho_questions q set closed_at = now(), closed_because = 'over'
  from zoho_sync.unasked(p_entity_type, p_entity_id, p_questions) n
  cross join lateral zoho_sync.open_question(p_entity_type, p_entity_id, n) o
  where q.id = o.id and q.closed_at is null;
  insert into public.zoho_questions
    (kind, entity_type, entity_id, account_key, field, ours, theirs, reason, asks, answers, shown, changed_by, changed_at)
  select n.kind, p_entity_type, p_entity_id, n.account_key, coalesce(n.field, ''), n.ours, n.theirs, n.reason, n.asks,
    n.answers, coalesce(n.shown, '{}'), n.changed_by, n.changed_at
  from zoho_sync.unasked(p_entity_type, p_entity_id, p_questions) n
  on conflict do nothing;
$$;

-- The questions of settled entities: what the merge asks is asked, and what it asked before and does not any more is over.
-- A conflict stays until a person has seen it, and so does that a person was erased. The answer to a taken record was to look again, which was done: what is taken
-- still is asked again.
create or replace function zoho_sync.ask_settled(p_results jsonb, p_ready uuid[]) returns void
language plpgsql set search_path = '' as $$
begin
  update public.zoho_questions q set closed_at = now(), closed_because = case when q.answer is null then 'over' else 'answered' end
  from jsonb_to_recordset(p_results) r (entity_type text, entity_id uuid, questions jsonb)
  where q.entity_type = r.entity_type and q.entity_id = r.entity_id and q.closed_at is null and q.kind not in ('conflict', 'person_erased')
    and r.questions is not null and r.entity_id = any (p_ready)
    and (q.kind = 'record_taken' and q.answer is not null or not exists (
      select from jsonb_to_recordset(r.questions) n (kind text, field text)
      where n.kind = q.kind and coalesce(n.field, '') = q.field));
  perform zoho_sync.ask(r.entity_type, r.entity_id, r.questions)
  from jsonb_to_recordset(p_results) r (entity_type text, entity_id uuid, questions jsonb)
  where jsonb_array_length(r.questions) > 0 and r.entity_id = any (p_ready);
end $$;

-- schemas/questions/ask_about_contacts.sql

-- Asks which Contact a customer has, unless one was found meanwhile (p_asked: [{entity_id, questions}]), and ends what was asked
-- about customers who have one now (p_links).
create or replace function zoho_sync.ask_about_contacts(p_links jsonb, p_asked jsonb) returns void
language sql set search_path = '' as $$
  update public.zoho_questions q set closed_at = now(), closed_because = case when q.answer is null then 'over' else 'answered' end
  from jsonb_to_recordset(p_links) l (circletel_type text, circletel_id uuid)
  where q.entity_type = l.circletel_type and q.entity_id = l.circletel_id and q.kind = 'contact_match' and q.closed_at is null;
  select zoho_sync.ask('customer', a.entity_id, a.questions)
  from jsonb_to_recordset(p_asked) a (entity_id uuid, questions jsonb)
  where exists (select from public.customers cu where cu.id = a.entity_id) and not exists (
    select from public.zoho_entity_mappings m where m.circletel_type = 'customer' and m.circletel_id = a.entity_id);
$$;

-- schemas/questions/zoho_answer_questions.sql

-- A person's answer to open questions, one or many; p_chosen_id is the Account that is chosen for a company or the Contact for a
-- customer; where it is not given, the only one that was shown. The answer is kept, the records are read again, and it acts if
-- they still show what was shown. Done at once: a conflict's status is taken over,
-- a company is linked. Answers { answered, closed, unknown, woken, refused: [{id, code, message}] }: `closed` were answered
-- before or are over, `woken` is the number of entities that are due again, `refused` stay open since a business trigger or a
-- check refused the status.
create or replace function public.zoho_answer_questions(
  p_ids uuid[], p_choice text, p_answered_by text, p_chosen_id text default null) returns jsonb
language plpgsql set search_path = '' as $$
declare
  v_answered uuid[];
  v_woken integer;
  v_refused jsonb;
begin
  if p_choice = 'link' and p_chosen_id is null and exists (
    select from public.zoho_questions q
    where q.id = any (p_ids) and q.closed_at is null and q.kind in ('account', 'contact_match')
      and jsonb_array_length(q.theirs) is distinct from 1)
  then
    raise exception 'A question shows several records, or none; give the id of the one that is chosen'
      using errcode = 'invalid_parameter_value';
  end if;
  -- Contracts, then the queue, then questions, as a settlement does; companies before the queue, as they are asked about.
  perform from public.contracts c
  where c.id in (select q.entity_id from public.zoho_questions q where q.id = any (p_ids) and q.kind = 'conflict')
  order by c.id for no key update;
  perform from public.zoho_questions q where q.id = any (p_ids) and q.kind = 'account' order by q.account_key for update;
  v_woken := zoho_sync.enqueue_answered(p_ids, p_choice);
  with open as (
    select q.id from public.zoho_questions q
    where q.id = any (p_ids) and q.closed_at is null and p_choice = any (q.answers)
    order by q.id for update),
  answered as (
    update public.zoho_questions q set answer = p_choice, answered_at = clock_timestamp(), answered_by = p_answered_by,
      chosen_id = case when q.kind in ('account', 'contact_match') and p_choice = 'link'
        then coalesce(p_chosen_id, q.theirs -> 0 ->> 'id') end
    from open o where q.id = o.id returning q.id)
  select coalesce(array_agg(a.id), '{}') into v_answered from answered a;
  perform zoho_sync.answer_accounts(v_answered);
  -- A Contact that stays merged.
  update public.zoho_questions q set closed_at = now(), closed_because = 'answered'
  where q.id = any (v_answered) and q.kind = 'contact_match' and q.answer = 'keep';
  v_refused := zoho_sync.answer_conflicts(v_answered);
  v_answered := array(select unnest(v_answered) except select (r ->> 'id')::uuid from jsonb_array_elements(v_refused) r);
  if cardinality(v_answered) > 0 then perform zoho_sync.ring_doorbell(); end if;
  return jsonb_build_object('answered', cardinality(v_answered), 'woken', v_woken, 'refused', v_refused,
    'closed', (select count(*) from public.zoho_questions q where q.id = any (p_ids) and q.id <> all (v_answered))
      - jsonb_array_length(v_refused),
    'unknown', (select count(*) from unnest(p_ids) i (id)
      where not exists (select from public.zoho_questions q where q.id = i.id)));
end $$;

-- What the questions are about, what shows the customer or waits for the company, is due again with a look.
create or replace function zoho_sync.enqueue_answered(p_ids uuid[], p_choice text) returns integer
language sql set search_path = '' as $$
  with open as (
    select * from public.zoho_questions q where q.id = any (p_ids) and q.closed_at is null and p_choice = any (q.answers))
  select zoho_sync.enqueue(array_agg(e.entity_type), array_agg(e.entity_id), array_agg(1::smallint),
    array_agg('question answered'::text), p_look => true)
  from (
    select o.entity_type, o.entity_id from open o where o.kind not in ('conflict', 'account', 'person_erased')
    union
    select c.entity_type, c.entity_id from zoho_sync.customer_entities(array(
      select o.entity_id from open o where o.kind = 'contact_match')) c
    union
    select w.entity_type, w.entity_id from zoho_sync.waiting_for(array(select o.account_key from open o)) w) e;
$$;

-- A company's Account was chosen, or is to be made: what waited finds or makes it.
create or replace function zoho_sync.answer_accounts(p_ids uuid[]) returns void
language sql set search_path = '' as $$
  insert into public.zoho_accounts (account_key, zoho_id, matched_by)
  select q.account_key, q.chosen_id, 'chosen' from public.zoho_questions q
  where q.id = any (p_ids) and q.kind = 'account' and q.chosen_id is not null
  on conflict (account_key) do update set zoho_id = excluded.zoho_id, matched_by = excluded.matched_by;
  delete from zoho_sync.account_waits w using public.zoho_questions q
  where q.id = any (p_ids) and w.account_key = q.account_key;
  update public.zoho_questions q set closed_at = now(), closed_because = 'answered' where q.id = any (p_ids) and q.kind in ('account', 'person_erased');
$$;

-- Taking Zoho's side sets the status that its stage asked for, if the contract still has the status that was shown; from there on
-- it is a change of CircleTel's like any other. Each in a savepoint of its own, constraint triggers included: a question whose
-- status the database refuses stays open. Answers those.
create or replace function zoho_sync.answer_conflicts(p_ids uuid[]) returns jsonb
language plpgsql set search_path = '' as $$
declare
  q public.zoho_questions;
  v_refused jsonb := '[]';
begin
  -- A business trigger finds its tables as in a statement of the Data API.
  perform set_config('search_path', 'public, extensions', true);
  for q in
    select * from public.zoho_questions n where n.id = any (p_ids) and n.kind = 'conflict' order by n.entity_id, n.id
  loop
    begin
      if q.answer = 'zoho' and q.entity_type = 'contract' and q.asks is not null then
        update public.contracts c set status = q.asks
        where c.id = q.entity_id and coalesce(c.status, 'draft') = q.shown ->> 'status';
        set constraints all immediate;
      end if;
      update public.zoho_questions n set closed_at = now(), closed_because = 'answered' where n.id = q.id;
    exception when others then
      update public.zoho_questions n set answer = null, answered_at = null, answered_by = null where n.id = q.id;
      v_refused := v_refused || jsonb_build_object('id', q.id, 'code', sqlstate, 'message', sqlerrm);
    end;
  end loop;
  return v_refused;
end $$;

-- The open questions, oldest first, a page at a time; of one entity and the company that it waits for, or of all.
create or replace function public.zoho_open_questions(
  p_entity_type text default null, p_entity_id uuid default null, p_after text default null, p_limit integer default 50)
returns jsonb
language sql stable set search_path = '' as $$
  select zoho_sync.page(coalesce(jsonb_agg(jsonb_build_object(
    'id', q.id, 'kind', q.kind, 'entityType', q.entity_type, 'entityId', q.entity_id,
    'number', zoho_sync.entity_number(q.entity_type, q.entity_id),
    'accountKey', q.account_key, 'reason', q.reason, 'field', nullif(q.field, ''), 'ours', q.ours,
    'theirs', case when q.reason is null then q.theirs end,
    'candidates', case when q.reason is null then '[]' else q.theirs end,
    'waiting', (select count(*) from zoho_sync.waiting_for(array[q.account_key])),
    'asks', q.asks, 'answers', to_jsonb(q.answers),
    'changedBy', q.changed_by, 'changedAt', q.changed_at, 'askedAt', q.asked_at, 'answer', q.answer,
    'answeredBy', zoho_sync.actor_name(q.answered_by),
    'cursor', zoho_sync.to_micros(q.asked_at) || '.' || q.id) order by q.asked_at, q.id), '[]'), p_limit)
  from (
    select * from public.zoho_questions o
    where o.closed_at is null
      and (p_entity_id is null or (o.entity_type = p_entity_type and o.entity_id = p_entity_id)
        or o.account_key in (select w.account_key from zoho_sync.account_waits w
          where w.entity_type = p_entity_type and w.entity_id = p_entity_id))
      and (p_after is null or (o.asked_at, o.id) >
        (zoho_sync.from_micros(split_part(p_after, '.', 1)::bigint), split_part(p_after, '.', 2)::uuid))
    order by o.asked_at, o.id limit p_limit + 1) q;
$$;

-- schemas/questions/zoho_ask_about_accounts.sql

-- Asks which Accounts companies have, and closes the questions that answered themselves: the Accounts were merged or a number
-- was corrected, and now one is certain.
--   p_questions [{kind: account, account_key, ours, theirs, reason, answers, waiting: [{entity_type, entity_id}]}]
--   p_certain   the keys of companies whose Account is certain
-- Answers the keys that a person answered in the meantime; what waited for them is simply to be tried again.
create or replace function public.zoho_ask_about_accounts(p_questions jsonb, p_certain text[] default '{}') returns text[]
language plpgsql set search_path = '' set plan_cache_mode = 'force_custom_plan' as $$
declare
  v_asked jsonb;
begin
  -- An answer that is being given is waited for. Then the queue, as an answer does.
  perform from public.zoho_questions q
  where q.closed_at is null and (q.account_key = any (p_certain)
    or q.account_key in (select k ->> 'account_key' from jsonb_array_elements(p_questions) k))
  order by q.account_key for update;
  update public.zoho_questions q set closed_at = now(), closed_because = 'over'
  where q.account_key = any (p_certain) and q.closed_at is null;
  perform zoho_sync.enqueue(array_agg(w.entity_type), array_agg(w.entity_id), array_agg(1::smallint),
    array_agg('question answered'::text))
  from (select distinct w.entity_type, w.entity_id from zoho_sync.waiting_for(p_certain) w) w;
  delete from zoho_sync.account_waits w where w.account_key = any (p_certain);

  select coalesce(jsonb_agg(k.question order by k.question ->> 'account_key'), '[]') into v_asked
  from jsonb_array_elements(p_questions) k (question)
  where not exists (select from public.zoho_accounts a where a.account_key = k.question ->> 'account_key')
    and not array(select c ->> 'id' from jsonb_array_elements(k.question -> 'theirs') c)
      <@ zoho_sync.declined_accounts(k.question ->> 'account_key');
  perform zoho_sync.ask(null, null, v_asked);
  insert into zoho_sync.account_waits (account_key, entity_type, entity_id)
  select x.account_key, w.entity_type, w.entity_id
  from jsonb_to_recordset(v_asked) x (account_key text, waiting jsonb)
  cross join jsonb_to_recordset(x.waiting) w (entity_type text, entity_id uuid)
  on conflict do nothing;
  return array(
    select k ->> 'account_key' from jsonb_array_elements(p_questions) k
    except select k ->> 'account_key' from jsonb_array_elements(v_asked) k);
end $$;

-- Accounts of which a person said that they are not this company's, and of none since that it is.
create or replace function zoho_sync.declined_accounts(p_account_key text) returns text[]
language sql stable set search_path = '' as $$
  select array(
    select distinct c ->> 'id' from public.zoho_questions q cross join jsonb_array_elements(q.theirs) c
    where q.account_key = p_account_key and q.answer = 'make_new' and not exists (
      select from public.zoho_questions l
      where l.account_key = p_account_key and l.chosen_id = c ->> 'id' and l.answered_at > q.answered_at)
    order by 1);
$$;

-- The entities that wait for the Accounts of these companies; none, when a company was renamed since.
create or replace function zoho_sync.waiting_for(p_keys text[]) returns table (entity_type text, entity_id uuid)
language sql stable set search_path = '' as $$
  select w.entity_type, w.entity_id from zoho_sync.account_waits w
  join public.zoho_sync_queue s on s.entity_type = w.entity_type and s.entity_id = w.entity_id
  where w.account_key = any (p_keys);
$$;

-- schemas/queue/note_waits.sql

-- Writes down how long the changes of a settlement took.
create or replace function zoho_sync.note_waits() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  -- A row that no drain held went because its contract did.
  insert into zoho_sync.settled_waits (settled, waits_ms)
  select count(*), coalesce(array_agg(least(2147483647, greatest(0,
      extract(epoch from clock_timestamp() - o.enqueued_at) * 1000))::integer) filter (where o.lane < 2), '{}')
  from old_rows o where o.status = 'in_flight'
  having count(*) > 0;
  return null;
end $$;

-- schemas/queue/purge_expired.sql

-- What is kept how long: attempts, incidents, closed questions and acknowledged notices 13 months (a year's audit and a month to
-- do it), acts of operators two years, names of customers that are gone 30 days, events 90 days, refusals as long,
-- reconcile runs, the lists of backfills and holds that are over 30 days, the credit ledger a week, cron's own history a week
-- (pg_cron never cleans it: a job every 30 s is 2,880 rows a day). By index on the time, so that the size of the rest does not
-- matter; p_most rows of a table at a time, so that the first night after a long while does not hold it for minutes. A night
-- has to remove what a day brings (docs/scale.md).
create or replace function zoho_sync.purge_expired(p_most integer default 500000) returns void
language plpgsql security definer set search_path = '' as $$
begin
  delete from public.zoho_sync_logs l where l.ctid = any (array(
    select o.ctid from public.zoho_sync_logs o where o.created_at < now() - interval '13 months'
    order by o.created_at limit p_most));
  delete from public.zoho_webhook_events e where e.ctid = any (array(
    select o.ctid from public.zoho_webhook_events o where o.received_at < now() - interval '90 days'
    order by o.received_at limit p_most));
  -- What a person said of a company's Accounts, or of a Contact that stays merged, is remembered for good.
  delete from public.zoho_questions q
  where q.closed_at < now() - interval '13 months' and q.kind <> 'account'
    and (q.kind <> 'contact_match' or q.answer is distinct from 'keep');
  perform zoho_sync.purge_names();
  delete from public.zoho_notices n where n.acknowledged_at < now() - interval '13 months';
  delete from public.zoho_admin_actions a where a.id = any (array(
    select o.id from public.zoho_admin_actions o where o.at < now() - interval '25 months' order by o.at limit p_most));
  delete from zoho_sync.record_holds h where h.until < now() - interval '30 days';
  delete from zoho_sync.former_rows f where f.adopted_at < now() - interval '30 days';
  delete from zoho_sync.incidents i where i.began_at < now() - interval '13 months';
  delete from public.zoho_webhook_refusals r where r.minute < now() - interval '90 days';
  delete from public.zoho_credit_ledger l where l.quarter < now() - interval '7 days';
  perform zoho_sync.purge_reconcile_runs();
  perform zoho_sync.purge_backfill_items(p_most);
  if to_regclass('cron.job_run_details') is not null then
    execute 'delete from cron.job_run_details where coalesce(end_time, start_time) < now() - interval ''7 days''';
  end if;
end $$;

-- The lists of backfills that ended 30 days ago; their runs and counts stay.
create or replace function zoho_sync.purge_backfill_items(p_most integer) returns void
language sql set search_path = '' as $$
  delete from public.zoho_backfill_items i where i.ctid = any (array(
    select o.ctid from public.zoho_backfill_runs r join public.zoho_backfill_items o on o.run_id = r.id
    where r.finished_at < now() - interval '30 days' limit p_most));
$$;

-- Names and e-mail of customers whose row is gone, 30 days after: the mapping keeps which record it was. Who was erased is
-- remembered until then, too.
create or replace function zoho_sync.purge_names() returns void
language sql set search_path = '' as $$
  update public.zoho_entity_mappings m set snapshot = zoho_sync.without_names(m.snapshot)
  where m.zoho_type = 'Contacts' and m.state in ('orphaned', 'unlinked') and m.last_synced_at < now() - interval '30 days'
    and m.snapshot is distinct from zoho_sync.without_names(m.snapshot);
  delete from zoho_sync.account_names n
  where n.account_key like 'customer:%' and not exists (
    select from public.customers c where 'customer:' || c.id = n.account_key);
  delete from zoho_sync.erased_people e
  where e.erased_at < now() - interval '30 days' and not exists (select from public.customers c where c.id = e.customer_id);
$$;

-- schemas/queue/record_types.sql

-- What an entity is called, its table, and its record in Zoho; `reference` is the unique field that a lost create is found
-- by.
create or replace function zoho_sync.record_types()
returns table (
  entity_type text, source_table text, label text, zoho_type text, module text, record text, reference text)
language plpgsql immutable rows 4 set search_path = '' as $$
begin
  return query values
    ('contract', 'contracts', 'Contract', 'Deals', 'Deals', 'Deal', 'Contract_Number'),
    ('quote', 'business_quotes', 'Quote', 'Estimates', 'Quotes', 'Estimate', 'Quote_Reference'),
    ('customer', 'customers', 'Customer', 'Contacts', 'Contacts', 'Contact', 'Customer_Reference'),
    ('invoice', 'customer_invoices', 'Invoice', 'Invoices', 'Invoices', 'Invoice', 'Invoice_Reference');
end $$;

create or replace function zoho_sync.zoho_type_of(p_entity_type text) returns text
language plpgsql immutable set search_path = '' as $$
begin
  return (select t.zoho_type from zoho_sync.record_types() t where t.entity_type = p_entity_type);
end $$;

-- schemas/queue/sweep.sql

-- The guarantee: what a lost doorbell, a killed isolate or a pause left behind is found within 30 s. Folds during a pause,
-- too, so that the outbox does not grow for as long as a person keeps it.
create or replace function zoho_sync.sweep() returns void
language plpgsql security definer set search_path = '' as $$
declare
  v_held_ids constant uuid[] := zoho_sync.held_entities();
  v_held_types constant text[] := zoho_sync.held_types();
begin
  delete from zoho_sync.rings r where r.called_at < now() - interval '1 hour';
  perform zoho_sync.fold_outbox();
  -- A hint and the settlement that links its record do not see each other when both commit at once.
  perform public.zoho_mark_hints(p_from => now() - interval '10 minutes', p_to => 'infinity', p_status => 'unmapped');
  if not exists (select from public.zoho_sync_state s where s.paused_until > now())
    and not zoho_sync.is_observing()
    and (exists (select from public.zoho_sync_queue q where q.status = 'pending' and q.next_attempt_at <= now()
        and q.entity_id <> all (v_held_ids) and q.entity_type <> all (v_held_types))
      or exists (select from public.zoho_sync_queue q where q.status = 'in_flight' and q.lease_until < now())
      or exists (select from zoho_sync.outbox))
  then
    perform zoho_sync.call_function('zoho-sync', '{"reason":"sweep"}'::jsonb);
  end if;
  perform zoho_sync.follow_incidents();
end $$;

-- schemas/queue/zoho_change_outcome.sql

-- How a change ended, for a by-hand call that waits: its queue row (null when settled), mapping and newest attempt
-- (what a look came to is in the log, too, and is none).
create or replace function public.zoho_change_outcome(p_entity_type text, p_entity_id uuid) returns jsonb
language sql volatile set search_path = '' as $$
  select jsonb_build_object(
    'queued', (
      select jsonb_build_object('status', q.status, 'failed_rounds', q.failed_rounds, 'due', q.next_attempt_at <= clock_timestamp(),
        'next_attempt_at', q.next_attempt_at, 'error_code', q.error_code, 'error_field', q.error_field,
        'error_message', q.error_message)
      from public.zoho_sync_queue q where q.entity_type = p_entity_type and q.entity_id = p_entity_id),
    'held', zoho_sync.hold_of(p_entity_type, p_entity_id),
    'mapping', (
      select jsonb_build_object('zoho_type', m.zoho_type, 'zoho_id', m.zoho_id)
      from public.zoho_entity_mappings m
      where m.circletel_type = p_entity_type and m.circletel_id = p_entity_id),
    'question', (
      select jsonb_build_object('kind', a.kind, 'field', nullif(a.field, ''))
      from public.zoho_questions a
      where a.entity_type = p_entity_type and a.entity_id = p_entity_id and a.closed_at is null and a.kind <> 'conflict'
      order by a.asked_at limit 1),
    'log', (
      select jsonb_build_object('id', l.id, 'status', l.status, 'error_message', l.error_message)
      from public.zoho_sync_logs l join zoho_sync.record_types() t on t.entity_type = l.entity_type
      where l.entity_type = p_entity_type and l.entity_id = p_entity_id and l.zoho_entity_type = t.zoho_type
        and l.drain_id is not null
      order by l.created_at desc limit 1),
    'paused', coalesce(
      (select jsonb_build_object('until', nullif(s.paused_until, 'infinity'), 'code', s.pause_code,
        'message', s.pause_message)
      from public.zoho_sync_state s where s.paused_until > now()),
      (select jsonb_build_object('until', h.held_until, 'code', h.code, 'message', h.message)
      from zoho_sync.module_holds h join zoho_sync.record_types() t on t.module = h.module
      where t.entity_type = p_entity_type and h.held_until > clock_timestamp())));
$$;

-- schemas/queue/zoho_claim_changes.sql

-- Claim, attempts, settlement and hints keep their plans, since planning cost more than running: a claim of one change took
-- 4.6 ms when every helper was planned again, 1.7 ms with plans that a session keeps (decision 34). A plan may be older than
-- the burst it meets, so these functions allow index scans only; with a full scan kept from an empty queue, a burst of
-- 6,000 rows was read from end to end for each of 400 results (9 s a settlement). Helpers are in plpgsql, which keeps plans;
-- a function in SQL is planned at each call.

-- Takes the drain lease (one active drain at a time) and up to p_limit due changes with it. Answers
-- { acquired, paused: {until, code, message} | null, was_paused, concurrency, look_again_ms, due_in_ms, revisions, identity,
-- holds, changes: [...] }. After a pause Zoho is asked whether it answers, before anything else; `holds` are modules that rest.
-- p_project_url is the SUPABASE_URL of who claims: another project's functions get nothing.
-- Nothing due releases the lease in the same transaction, so no change can fall between the last look and the release.
-- look_again_ms is 0 when no change trusts an earlier promise any more, due_in_ms when a change
-- comes due that waits for a second of Zoho's clock to pass (0: none does).
create or replace function public.zoho_claim_changes(
  p_worker uuid, p_limit integer, p_lease_seconds integer,
  p_entity_type text default null, p_entity_id uuid default null, p_project_url text default null) returns jsonb
language plpgsql set search_path = '' set plan_cache_mode = 'force_generic_plan' set enable_seqscan = off as $$
declare
  v_state public.zoho_sync_state;
  v_now timestamptz;
  v_identity jsonb;
  v_rest jsonb;
  v_changes jsonb;
  v_revisions jsonb;
  v_look_again_ms bigint;
begin
  v_state := zoho_sync.lock_state();
  if zoho_sync.pin_project(p_project_url) then v_state := zoho_sync.lock_state(); end if;
  -- Not now(): while we waited for the row, changes may have been committed with a later one.
  v_now := clock_timestamp();
  v_identity := public.zoho_identity(p_project_url);
  v_rest := zoho_sync.reason_to_rest(v_identity, v_state, v_now);
  if v_rest is not null then
    update public.zoho_sync_state set drain_owner = null, drain_until = null where drain_owner = p_worker;
    return jsonb_build_object('acquired', false, 'changes', '[]'::jsonb, 'paused', v_rest);
  end if;
  if v_state.drain_owner <> p_worker and v_state.drain_until > v_now then
    return jsonb_build_object('acquired', false, 'changes', '[]'::jsonb, 'paused', null);
  end if;

  -- Before this claim draws any: a number that a restored database gives again must not pass for one it remembers.
  v_revisions := zoho_sync.revision_space();
  -- Before the look: where it answers 0, the look sees whatever was committed under the promise.
  v_look_again_ms := zoho_sync.look_again_ms();
  -- Before any row of the queue is locked: a sweep holds the fold's lock while it waits for those.
  perform zoho_sync.fold_for_claim(p_limit);
  perform zoho_sync.release_expired(p_worker);
  v_changes := zoho_sync.take_due(v_state, p_worker, p_limit, p_lease_seconds, p_entity_type, p_entity_id);

  if v_changes is null then
    update public.zoho_sync_state set drain_owner = null, drain_until = null, last_drain_at = v_now where id;
  else
    update public.zoho_sync_state
    set drain_owner = p_worker, drain_until = v_now + make_interval(secs => p_lease_seconds), last_drain_at = v_now,
      last_revision = (select case when w.is_called then w.last_value else 0 end from zoho_sync.write_revision w)
    where id;
    perform zoho_sync.promise_to_look();
  end if;
  return jsonb_build_object('acquired', true, 'paused', null, 'concurrency', v_state.concurrency,
    'was_paused', v_state.pause_count > 0, 'holds', zoho_sync.known_holds(),
    'look_again_ms', v_look_again_ms, 'due_in_ms', zoho_sync.next_due_ms(v_now),
    'revisions', v_revisions, 'identity', v_identity, 'changes', coalesce(v_changes, '[]'::jsonb));
end $$;

-- When the next change comes due, in milliseconds from now, if that is within three seconds; else 0. One that came due since
-- the claim looked counts: no other drain would pick it up.
create or replace function zoho_sync.next_due_ms(p_looked_at timestamptz) returns bigint
language plpgsql volatile set search_path = '' as $$
declare
  v_until constant timestamptz := clock_timestamp() + interval '3 seconds';
begin
  return (
    select coalesce(min(greatest(ceil(extract(epoch from d.next_attempt_at - clock_timestamp()) * 1000)::bigint, 1)), 0)
    -- Lane by lane, as the index is; otherwise each claim reads all that is pending.
    from unnest('{0,1,2}'::smallint[]) l (lane)
    cross join lateral (
      select q.next_attempt_at from public.zoho_sync_queue q
      where q.status = 'pending' and q.lane = l.lane
        and q.next_attempt_at > p_looked_at and q.next_attempt_at < v_until
      order by q.next_attempt_at limit 1) d);
end $$;

-- What this database knows of its own write revisions. `checked_seconds_ago` is null when they were never compared with
-- Zoho's.
create or replace function zoho_sync.revision_space() returns jsonb
language plpgsql volatile set search_path = '' as $$
begin
  return (
    select jsonb_build_object('epoch', s.revision_epoch, 'last', s.last_revision, 'earlier', to_jsonb(s.earlier_epochs),
      'checked_seconds_ago', case when s.revisions_checked_at > '-infinity'
        then extract(epoch from clock_timestamp() - s.revisions_checked_at) end,
      -- A restore restarts Postgres; an earlier check by the process is then void.
      'database_started_at', pg_postmaster_start_time())
    from public.zoho_sync_state s);
end $$;

-- The state row, locked.
create or replace function zoho_sync.lock_state() returns public.zoho_sync_state
language plpgsql set search_path = '' as $$
declare
  v_state public.zoho_sync_state;
begin
  perform zoho_sync.ensure_state();
  select * into v_state from public.zoho_sync_state for update;
  return v_state;
end $$;

-- Makes the state row again if it was deleted: without it no kind of record is synced, and marks would be passed over. The
-- identity's too. Definer, because no role of the Data API may add or delete them.
create or replace function zoho_sync.ensure_state() returns void
language plpgsql security definer set search_path = '' as $$
begin
  if not exists (select from public.zoho_sync_state) then
    insert into public.zoho_sync_state default values on conflict do nothing;
  end if;
  if not exists (select from zoho_sync.identity) then
    insert into zoho_sync.identity default values on conflict do nothing;
  end if;
end $$;

-- Folds until the outbox is empty or there is enough for this claim. A fold may bring nothing to the queue (consumers, kinds
-- that are switched off), so the drain does not end on the first one.
create or replace function zoho_sync.fold_for_claim(p_limit integer) returns void
language plpgsql set search_path = '' as $$
declare
  v_folds integer := 0;
begin
  while zoho_sync.fold_outbox() > 0 loop
    v_folds := v_folds + 1;
    exit when v_folds = 5
      or (select count(*) from (select from public.zoho_sync_queue q where q.status = 'pending' limit p_limit) d) >= p_limit;
  end loop;
  -- The rest is folded by the next claim, so the bell is rung for one.
  if v_folds = 5 and exists (select from zoho_sync.outbox) then
    perform zoho_sync.call_function('zoho-sync', '{"reason":"outbox"}'::jsonb);
  end if;
end $$;

-- What an isolate that was killed left behind: whether Zoho got its call is not known.
create or replace function zoho_sync.release_expired(p_worker uuid) returns void
language plpgsql set search_path = '' as $$
begin
  update public.zoho_sync_queue q
  set status = 'pending', lease_owner = null, lease_until = null
  where (q.entity_type, q.entity_id) in (
    select i.entity_type, i.entity_id from public.zoho_sync_queue i
    where i.status = 'in_flight' and i.lease_until < clock_timestamp()
    for update skip locked);
  -- Its attempts are closed by their drain and not by what is queued: a Contact's attempt is its customer's, and a
  -- contract may have been deleted since. A drain that lives all the same writes the true end over this one.
  update public.zoho_sync_logs l
  set status = 'failed', finished_at = now(),
    error_message = 'INTERRUPTED: the drain ended before Zoho''s answer was stored; the change is tried again'
  where l.status = 'pending' and l.drain_id <> p_worker;
end $$;

-- Leases due changes, by lane and age, and answers each with its rows and its mapping; null when there are none.
create or replace function zoho_sync.take_due(
  p_state public.zoho_sync_state, p_worker uuid, p_limit integer, p_lease_seconds integer,
  p_entity_type text, p_entity_id uuid) returns jsonb
language plpgsql set search_path = '' set plan_cache_mode = 'force_generic_plan' set enable_seqscan = off as $$
declare
  v_now constant timestamptz := clock_timestamp();
  v_open_lane constant smallint := zoho_sync.open_lane(p_state.daily_credits);
  v_held_ids constant uuid[] := zoho_sync.held_entities();
  v_held_types constant text[] := zoho_sync.held_types();
  v_types text[];
  v_ids uuid[];
begin
  with due as (
    select q.entity_type, q.entity_id from public.zoho_sync_queue q
    where q.status = 'pending' and q.next_attempt_at <= v_now and q.lane <= v_open_lane
      and q.entity_id <> all (v_held_ids) and q.entity_type <> all (v_held_types)
      and (p_entity_id is null or (q.entity_type = p_entity_type and q.entity_id = p_entity_id))
    order by q.lane, q.next_attempt_at, q.entity_id
    limit least(p_limit, p_state.concurrency * 100)
    for update skip locked),
  claimed as (
    update public.zoho_sync_queue q
    set status = 'in_flight', lease_owner = p_worker,
      lease_until = v_now + make_interval(secs => p_lease_seconds)
    from due
    where q.entity_type = due.entity_type and q.entity_id = due.entity_id
    returning q.entity_type, q.entity_id)
  select array_agg(c.entity_type), array_agg(c.entity_id) into v_types, v_ids from claimed c;

  -- A statement of its own, and so a snapshot of its own: `for update` gives the newest version of a queue row, with
  -- the version of a commit that the statement above was too early to see. Read there, the sources could be older
  -- than the version they are settled with, and the change would be lost.
  return (
    select jsonb_agg(jsonb_build_object(
      'entity_type', c.entity_type, 'entity_id', c.entity_id, 'version', c.version, 'lane', c.lane,
      'failed_rounds', c.failed_rounds, 'look', c.look, 'forced', c.forced, 'cause', c.cause, 'enqueued_at', c.enqueued_at,
      'source', s.source, 'mapping', k.mapping, 'in_doubt', k.in_doubt, 'answers', k.answers,
      'row_version', k.row_version,
      -- Hints that came before it are answered by what is read now.
      'claimed_at', clock_timestamp(),
      -- One for a planned write of the stage, kept over its tries.
      'planned_revision', case when c.entity_type = 'contract'
        then (p_state.revision_epoch * 10000000000 + nextval('zoho_sync.write_revision'))::text end)
      order by c.lane, c.next_attempt_at, c.entity_id)
    from unnest(v_types, v_ids) claimed (entity_type, entity_id)
    join public.zoho_sync_queue c on c.entity_type = claimed.entity_type and c.entity_id = claimed.entity_id
    left join zoho_sync.sources(v_types, v_ids) s
      on s.entity_type = c.entity_type and s.entity_id = c.entity_id
    left join zoho_sync.known_of(v_types, v_ids) k
      on k.entity_type = c.entity_type and k.entity_id = c.entity_id);
end $$;

-- schemas/queue/zoho_end_drain.sql

-- Ends a drain early (a fault, a spent budget), so that the next one need not wait for the lease.
create or replace function public.zoho_end_drain(p_worker uuid) returns void
language sql set search_path = '' as $$
  update public.zoho_sync_state set drain_owner = null, drain_until = null where drain_owner = p_worker;
$$;

-- schemas/queue/zoho_enqueue.sql

-- Puts entities in the queue, each named once; those that do not go to the CRM are passed over. p_at says since when each
-- has been stale; null is now. p_look: Zoho's record must be read.
create or replace function zoho_sync.enqueue(
  p_types text[], p_ids uuid[], p_lanes smallint[], p_causes text[], p_forced boolean default false,
  p_at timestamptz[] default null, p_look boolean default false) returns integer
language plpgsql set search_path = '' set plan_cache_mode = 'force_generic_plan' set enable_seqscan = off as $$
begin
  if cardinality(coalesce(p_ids, '{}')) = 0 then return 0; end if;
  return (
    select zoho_sync.mark(array_agg(e.entity_type), array_agg(e.id), array_agg(e.lane), array_agg(e.cause), p_forced,
      array_agg(e.at), p_look)
    from unnest(p_types, p_ids, p_lanes, p_causes, p_at) e (entity_type, id, lane, cause, at)
    where (e.entity_type, e.id) in (select c.entity_type, c.entity_id from zoho_sync.crm_entities(p_types, p_ids) c));
end $$;

-- Marks entities, whether or not they go to the CRM: one that does not is settled without a call. In the order of the key, so
-- that two transactions over the same entities cannot deadlock. A dead letter comes back to life: the change may be the very
-- one that fixes it.
create or replace function zoho_sync.mark(
  p_types text[], p_ids uuid[], p_lanes smallint[], p_causes text[], p_forced boolean, p_at timestamptz[], p_look boolean)
returns integer
language plpgsql set search_path = '' as $$
declare
  v_count integer;
begin
  insert into public.zoho_sync_queue as queue (entity_type, entity_id, lane, cause, forced, look, enqueued_at)
  select e.entity_type, e.id, e.lane, e.cause, p_forced, p_look, coalesce(e.at, now())
  from unnest(p_types, p_ids, p_lanes, p_causes, p_at) e (entity_type, id, lane, cause, at)
  order by e.entity_type, e.id
  on conflict (entity_type, entity_id) do update set
    version = queue.version + 1,
    lane = least(queue.lane, excluded.lane),
    cause = excluded.cause,
    forced = queue.forced or excluded.forced,
    look = queue.look or excluded.look,
    status = case when queue.status = 'in_flight' then queue.status else 'pending' end,
    failed_rounds = 0,
    next_attempt_at = case when queue.status = 'pending' then least(queue.next_attempt_at, now()) else now() end;
  get diagnostics v_count = row_count;
  return v_count;
end $$;

-- The same for one kind, with one lane and one cause.
create or replace function public.zoho_enqueue(
  p_entity_type text, p_ids uuid[], p_lane smallint default 1, p_cause text default 'by hand',
  p_forced boolean default false, p_look boolean default false) returns integer
language sql set search_path = '' as $$
  select zoho_sync.enqueue(array_agg(p_entity_type), array_agg(i.id), array_agg(p_lane), array_agg(p_cause), p_forced, p_look => p_look)
  from (select distinct unnest(p_ids)) i (id);
$$;

-- schemas/queue/zoho_entities_of.sql

-- Which entities a row speaks for (by-hand calls, database webhooks). { found, entities: [{entity_type, entity_id}] }
create or replace function public.zoho_entities_of(p_entity text, p_id uuid) returns jsonb
language sql stable set search_path = '' as $$
  with sessions as (
    select s.id, s.quote_id from public.kyc_sessions s
    where (p_entity = 'kyc_session' and s.id = p_id)
      or (p_entity = 'rica_submission'
        and s.id = (select r.kyc_session_id from public.rica_submissions r where r.id = p_id))),
  entities as (
    select p_entity as entity_type, p_id as entity_id
    where p_entity in ('contract', 'quote', 'customer', 'invoice')
    union
    select e.entity_type, e.entity_id from zoho_sync.customer_entities(array[p_id]) e where p_entity = 'customer'
    union
    select 'contract', c.id from public.contracts c where p_entity = 'quote' and c.quote_id = p_id
    union
    select 'contract', c.id from public.contracts c join sessions s
      on c.kyc_session_id = s.id or (c.kyc_session_id is null and c.quote_id = s.quote_id)
    union
    select 'quote', s.quote_id from sessions s where p_entity = 'kyc_session')
  select jsonb_build_object(
    'found', case p_entity
      when 'kyc_session' then exists (select from public.kyc_sessions s where s.id = p_id)
      when 'rica_submission' then exists (select from public.rica_submissions r where r.id = p_id)
      else not exists (select from zoho_sync.missing_entities(array[p_entity], array[p_id])) end,
    'entities', coalesce((
      select jsonb_agg(to_jsonb(e) order by e.entity_type, c.created_at desc nulls last, e.entity_id)
      from entities e left join public.contracts c on e.entity_type = 'contract' and c.id = e.entity_id), '[]'));
$$;

-- schemas/queue/zoho_hold_module.sql

-- Holds a module for 30 s, then longer, as a pause is: 15 minutes at most. Calls that failed together are one hold. Answers how
-- many seconds are left.
create or replace function public.zoho_hold_module(p_module text, p_code text, p_message text) returns double precision
language plpgsql set search_path = '' as $$
declare
  v_now constant timestamptz := clock_timestamp();
  v_until timestamptz;
begin
  insert into zoho_sync.module_holds as h (module, code, message, held_until)
  values (p_module, p_code, p_message, v_now + zoho_sync.rest_of(0))
  on conflict (module) do update set
    code = excluded.code, message = excluded.message,
    since = case when zoho_sync.is_recent_hold(h.held_until) then h.since else v_now end,
    count = case when h.held_until > v_now then h.count when zoho_sync.is_recent_hold(h.held_until) then h.count + 1 else 1 end,
    held_until = case when h.held_until > v_now then h.held_until
      when zoho_sync.is_recent_hold(h.held_until) then v_now + zoho_sync.rest_of(h.count) else excluded.held_until end
  returning h.held_until into v_until;
  return extract(epoch from v_until - v_now);
end $$;

-- How long a pause or a hold lasts after so many in a row.
create or replace function zoho_sync.rest_of(p_before integer) returns interval
language sql immutable set search_path = '' as $$
  select make_interval(secs => least(30 * 2 ^ least(p_before, 5), 900));
$$;

create or replace function zoho_sync.is_recent_hold(p_held_until timestamptz) returns boolean
language sql stable set search_path = '' as $$ select p_held_until > clock_timestamp() - interval '1 hour' $$;

-- Entities whose own module is held: no claim takes them.
create or replace function zoho_sync.held_types() returns text[]
language plpgsql stable set search_path = '' as $$
begin
  return (
    select coalesce(array_agg(t.entity_type), '{}')
    from zoho_sync.module_holds h join zoho_sync.record_types() t on t.module = h.module
    where h.held_until > clock_timestamp());
end $$;

-- The holds that a drain has to know of; of one that is over no seconds are left, and the module is asked first.
create or replace function zoho_sync.known_holds() returns jsonb
language plpgsql stable set search_path = '' as $$
begin
  return (
    select coalesce(jsonb_agg(jsonb_build_object('module', h.module, 'code', h.code, 'message', h.message,
      'seconds_left', greatest(0, extract(epoch from h.held_until - clock_timestamp())))), '[]')
    from zoho_sync.module_holds h where zoho_sync.is_recent_hold(h.held_until));
end $$;

-- The modules that rest now, for people.
create or replace function zoho_sync.resting_modules() returns jsonb
language sql stable set search_path = '' as $$
  select coalesce(jsonb_agg(jsonb_build_object('module', h.module, 'code', h.code, 'message', h.message, 'since', h.since,
    'until', h.held_until) order by h.since, h.module), '[]')
  from zoho_sync.module_holds h where h.held_until > clock_timestamp();
$$;

-- schemas/queue/zoho_pause.sql

-- Pauses the sync. A fault must neither end nor limit a pause by a person that still lasts, nor one that only a person ends.
-- p_by is that person; null is the sync itself.
create or replace function public.zoho_pause(
  p_code text, p_message text, p_seconds integer default null, p_until_resumed boolean default false, p_by text default null)
returns timestamptz
language plpgsql set search_path = '' as $$
begin
  update public.zoho_sync_state s set
    pause_code = p_code, pause_message = p_message, pause_count = s.pause_count + 1,
    paused_by = p_by, paused_at = case when s.paused_until > now() and s.paused_by is not distinct from p_by
      then s.paused_at else clock_timestamp() end,
    concurrency = case when p_code in ('TOO_MANY_REQUESTS', 'RATE_LIMIT_EXCEEDED', 'HTTP_429')
      then greatest(1, s.concurrency / 2) else s.concurrency end,
    paused_until = case
      when p_until_resumed then 'infinity'
      else now() + coalesce(make_interval(secs => p_seconds), zoho_sync.rest_of(s.pause_count)) end
  where s.id and (p_code = 'PAUSED_BY_HAND' or s.paused_until is null or s.paused_until <= now()
    or s.pause_code is distinct from 'PAUSED_BY_HAND' and (s.paused_until < 'infinity' or p_until_resumed));
  return (select s.paused_until from public.zoho_sync_state s);
end $$;

-- Forgets a pause; the next one starts small.
create or replace function zoho_sync.end_pause() returns void
language plpgsql set search_path = '' as $$
begin
  update public.zoho_sync_state s
  set paused_until = null, pause_code = null, pause_message = null, pause_count = 0, paused_by = null, paused_at = null
  where s.id and (s.paused_until is not null or s.pause_count > 0);
end $$;

-- Ends a pause and all holds of modules, since the person who resumes has corrected the cause.
create or replace function public.zoho_resume() returns void
language sql set search_path = '' as $$
  select zoho_sync.end_pause();
  -- What waited for a module waits in the queue, by the hold's code.
  with ended as (delete from zoho_sync.module_holds h where h.count > 0 returning h.code)
  update public.zoho_sync_queue q set next_attempt_at = now()
  where q.status = 'pending' and q.next_attempt_at > now() and q.error_code in (select e.code from ended e);
  -- What waited need not wait for the sweep as well.
  select zoho_sync.call_function('zoho-sync', '{"reason":"resumed"}'::jsonb);
$$;

-- The present pause, with the person who set it; null when nothing is paused.
create or replace function public.zoho_pause_state() returns jsonb
language sql stable set search_path = '' as $$
  select jsonb_build_object('code', s.pause_code, 'message', s.pause_message, 'until', nullif(s.paused_until, 'infinity'),
    'byHand', coalesce(s.pause_code = 'PAUSED_BY_HAND', false), 'by', s.paused_by,
    'byName', zoho_sync.name_of_actor(s.paused_by), 'since', s.paused_at)
  from public.zoho_sync_state s where s.paused_until > now();
$$;

-- schemas/queue/zoho_peek_changes.sql

-- What a claim would give a drain for these entities, without taking anything: for a dry run.
--   p_entities [{entity_type, entity_id}]
create or replace function public.zoho_peek_changes(p_entities jsonb) returns jsonb
language plpgsql stable set search_path = '' set plan_cache_mode = 'force_custom_plan' as $$
declare
  v_types text[] := array(select e.entity_type from jsonb_to_recordset(p_entities) e (entity_type text));
  v_ids uuid[] := array(select e.entity_id from jsonb_to_recordset(p_entities) e (entity_id uuid));
begin
  return (
    select coalesce(jsonb_agg(jsonb_build_object(
      'entity_type', k.entity_type, 'entity_id', k.entity_id, 'version', 0, 'lane', 1, 'failed_rounds', 0,
      'look', true, 'forced', false, 'cause', 'dry run', 'source', s.source, 'mapping', k.mapping,
      'in_doubt', k.in_doubt, 'answers', k.answers, 'row_version', k.row_version, 'planned_revision', null)), '[]')
    from zoho_sync.known_of(v_types, v_ids) k
    left join zoho_sync.sources(v_types, v_ids) s on s.entity_type = k.entity_type and s.entity_id = k.entity_id);
end $$;

-- schemas/queue/zoho_record_attempts.sql

-- Opens a log row per attempt (ids are the caller's), closes the ones that are being tried again, and renews
-- both leases. A conflict, and a person who was erased meanwhile, are asked about with the opening, since the worker may die in
-- between. Answers the entity ids among
-- the attempts whose lease is no longer ours; they have no row.
create or replace function public.zoho_record_attempts(
  p_worker uuid, p_lease_seconds integer, p_opened jsonb default '[]', p_closed jsonb default '[]')
returns uuid[]
language plpgsql set search_path = '' set plan_cache_mode = 'force_generic_plan'
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set enable_material = off as $$
declare
  v_lost uuid[];
begin
  perform zoho_sync.renew_leases(p_worker, p_lease_seconds);
  select coalesce(array_agg(distinct o.lease_id), '{}') into v_lost
  from jsonb_to_recordset(p_opened) o (lease_type text, lease_id uuid)
  where not exists (
    select from public.zoho_sync_queue q
    where q.entity_type = o.lease_type and q.entity_id = o.lease_id
      and q.status = 'in_flight' and q.lease_owner = p_worker);

  insert into public.zoho_sync_logs
    (id, entity_type, entity_id, zoho_entity_type, zoho_entity_id, status, attempt_number,
     request_payload, drain_id, cause, revision, made_for, outcome)
  select o.id, o.entity_type, o.entity_id, o.zoho_entity_type, o.zoho_entity_id, 'pending', o.attempt_number,
    o.request_payload, p_worker, o.cause, o.revision, o.made_for,
    -- An Account or Product is no entity's own record.
    case when o.zoho_entity_type = zoho_sync.zoho_type_of(o.entity_type) then 'unknown' end
  from jsonb_to_recordset(p_opened) o (
    id uuid, lease_id uuid, entity_type text, entity_id uuid, zoho_entity_type text, zoho_entity_id text,
    attempt_number integer, request_payload jsonb, cause text, revision text, made_for text)
  where o.lease_id <> all (v_lost);
  perform zoho_sync.ask(o.entity_type, o.entity_id, jsonb_build_array(o.conflict))
  from jsonb_to_recordset(p_opened) o (entity_type text, entity_id uuid, lease_id uuid, conflict jsonb)
  where o.conflict is not null and o.lease_id <> all (v_lost);

  perform zoho_sync.close_attempts(p_closed);
  perform zoho_sync.forget_erased(array(
    select o.entity_id from jsonb_to_recordset(p_opened) o (entity_type text, entity_id uuid) where o.entity_type = 'customer'));
  return v_lost;
end $$;

-- Rows locked at this moment are renewed the next time: a claim that folds locks the state row and waits for a
-- mapping, and a business transaction may lock a queue row for minutes.
create or replace function zoho_sync.renew_leases(p_worker uuid, p_lease_seconds integer) returns void
language sql set search_path = '' as $$
  update public.zoho_sync_state s
  set drain_until = now() + make_interval(secs => p_lease_seconds)
  where s.id in (select f.id from public.zoho_sync_state f where f.drain_owner = p_worker for update skip locked);
  update public.zoho_sync_queue q
  set lease_until = now() + make_interval(secs => p_lease_seconds)
  where (q.entity_type, q.entity_id) in (
    select h.entity_type, h.entity_id from public.zoho_sync_queue h
    where h.status = 'in_flight' and h.lease_owner = p_worker
      -- A wave of ten calls would otherwise write each of its rows ten times.
      and h.lease_until < now() + make_interval(secs => p_lease_seconds * 0.8)
    for update skip locked);
$$;

-- A refusal is certain; whatever else was answered is unknown until it is settled.
create or replace function zoho_sync.close_attempts(p_closed jsonb) returns void
language sql set search_path = '' as $$
  update public.zoho_sync_logs l
  set status = c.status,
    zoho_entity_id = coalesce(c.zoho_entity_id, l.zoho_entity_id),
    error_message = c.error_message,
    response_payload = c.response_payload,
    duration_ms = c.duration_ms,
    finished_at = now(),
    outcome = case when l.outcome = 'unknown' and c.is_refused then 'refused' else l.outcome end
  from jsonb_to_recordset(p_closed) c (
    id uuid, status text, zoho_entity_id text, error_message text, response_payload jsonb, duration_ms integer,
    is_refused boolean)
  where l.id = c.id;
$$;

-- schemas/queue/zoho_revisions_checked.sql

-- Of these revisions, those that no attempt of this database's log sent.
create or replace function public.zoho_unknown_revisions(p_revisions text[]) returns text[]
language sql stable set search_path = '' as $$
  select coalesce(array_agg(r.revision), '{}') from unnest(p_revisions) r (revision)
  where not exists (select from public.zoho_sync_logs l where l.revision = r.revision);
$$;

-- No record in Zoho carries a revision that this database did not give: made sure of at this moment.
create or replace function public.zoho_revisions_checked() returns void
language sql set search_path = '' as $$
  update public.zoho_sync_state s set revisions_checked_at = clock_timestamp() where s.id;
$$;

-- A person resumes after a restore, or beside another deployment: the present epoch is closed, those of the other writer are
-- known from now on, and a new one begins. Every linked Deal is looked at, behind all live changes: those that carry a write
-- which this database does not remember and that disagree are asked about, one by one or all at once. Answers the new epoch.
create or replace function public.zoho_adopt_revisions(p_other_epochs integer[] default '{}') returns integer
language plpgsql set search_path = '' as $$
declare
  v_epoch integer;
begin
  v_epoch := zoho_sync.draw_epoch(p_other_epochs);
  if exists (select from public.zoho_sync_state s where s.pause_code in ('UNKNOWN_WRITES', 'WRONG_ORG')) then
    perform zoho_sync.end_pause();
  end if;
  perform zoho_sync.look_at_contracts();
  perform zoho_sync.call_function('zoho-sync', '{"reason":"resumed"}'::jsonb);
  return v_epoch;
end $$;

-- Closes the present epoch, unless no revision of it was given, and begins another one. Answers it.
create or replace function zoho_sync.draw_epoch(p_other_epochs integer[] default '{}') returns integer
language plpgsql set search_path = '' as $$
declare
  v_closed integer[] := (select array_agg(s.revision_epoch) from public.zoho_sync_state s where s.last_revision > 0);
  v_epoch integer;
begin
  update public.zoho_sync_state s set
    earlier_epochs = array(select distinct unnest(s.earlier_epochs || v_closed || p_other_epochs) order by 1),
    revision_epoch = zoho_sync.new_epoch(), revisions_checked_at = '-infinity'
  where s.id returning s.revision_epoch into v_epoch;
  return v_epoch;
end $$;

create or replace function zoho_sync.look_at_contracts() returns void
language plpgsql set search_path = '' as $$
declare
  v_ids constant uuid[] := array(select m.circletel_id from public.zoho_entity_mappings m
    where m.circletel_type = 'contract' and m.state = 'linked');
  v_count constant integer := cardinality(v_ids);
begin
  perform zoho_sync.enqueue(array_fill('contract'::text, array[v_count]), v_ids, array_fill(2::smallint, array[v_count]),
    array_fill('look after a restore'::text, array[v_count]), p_look => true);
end $$;

-- schemas/queue/zoho_settle_changes.sql

-- Settles a batch of results in one transaction:
--   p_results  [{entity_type, entity_id, version, claimed_at, outcome: done|retry|dead|release, retry_in_seconds, look,
--                in_part, error: {code, field, message},
--                record: {zoho_type, zoho_id, fields, agreed_status, revision, loops, modified_at},
--                take_in: {status, row_version, fields, agreed_status, revision}, state, questions,
--                seen: {outcome, reason, details}}]
--   p_links    [{circletel_type, circletel_id, zoho_type, zoho_id, fields, modified_at}]   (Contacts)
--   p_accounts [{account_key, zoho_id, matched_by}]
--   p_closed   [{id, status, zoho_entity_id, error_message, response_payload, duration_ms, is_refused}]
--   p_credits  [{lane, credits, calls, left}]   (left: what Zoho said is left of the day's)
--   p_gone     [{zoho_type, zoho_id}]   (Accounts and Contacts that Zoho no longer has: merged or deleted there)
--   p_asked    [{entity_id, questions}]   (customers whose Contact a person has to choose)
--   p_lacking  [{entity_type, entity_id, customer_id, lane}]   (records that go without the customer's Contact)
-- `record` is what was learned of the base, `take_in` a status for CircleTel with the same once it is taken in, `seen` what a
-- look came to.
-- Answers { settled, again, lost, busy, taken, left }: `again` changed while in flight and are due at once, `lost` are
-- no longer ours, `busy` are the entity ids that a business transaction holds at this moment (settle them again a
-- little later, or let their lease run out), `taken` name a Zoho record that belongs to another entity, `left` are the
-- entity ids whose status was not taken in since their row had changed.
create or replace function public.zoho_settle_changes(
  p_worker uuid, p_results jsonb, p_links jsonb default '[]', p_accounts jsonb default '[]',
  p_closed jsonb default '[]', p_credits jsonb default '[]', p_gone jsonb default '[]', p_asked jsonb default '[]',
  p_lacking jsonb default '[]')
returns jsonb
language plpgsql set search_path = '' set plan_cache_mode = 'force_generic_plan'
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set enable_material = off as $$
declare
  v_ours uuid[];
  v_locked zoho_sync.settlement_locks;
  v_busy uuid[];
  v_taken uuid[];
  v_left jsonb := '{}';
  v_settled integer;
  v_again integer;
begin
  -- What is empty is passed over: planning a statement costs more than running most of these.
  if p_closed <> '[]' then perform zoho_sync.close_attempts(p_closed); end if;
  -- First of all, while this transaction holds no queue row yet.
  if p_links <> '[]' then perform zoho_sync.enqueue_found(p_links); end if;
  if p_lacking <> '[]' then perform zoho_sync.enqueue_lacking(p_lacking); end if;
  if p_gone <> '[]' then perform zoho_sync.forget_records(p_gone); end if;
  if p_credits <> '[]' then perform zoho_sync.book_credits(p_credits); end if;
  if p_accounts <> '[]' then perform zoho_sync.remember_accounts(p_accounts); end if;
  if p_links <> '[]' then perform zoho_sync.remember_links(p_links); end if;

  v_ours := array(
    select q.entity_id from public.zoho_sync_queue q
    join jsonb_to_recordset(p_results) r (entity_type text, entity_id uuid)
      on q.entity_type = r.entity_type and q.entity_id = r.entity_id
    where q.status = 'in_flight' and q.lease_owner = p_worker);
  v_locked := zoho_sync.lock_for_settlement(p_worker, p_results);
  v_busy := array(select unnest(v_ours) except select unnest(v_locked.ready));
  v_taken := zoho_sync.taken_records(p_results);

  if p_results @? '$[*] ? (exists (@.record) || exists (@.state))' then
    perform zoho_sync.learn_late_records(p_results, v_ours, v_taken);
    perform zoho_sync.store_bases(p_results, v_locked.ready, v_taken);
    perform zoho_sync.settle_attempts(p_results, v_locked.ready, v_taken);
    perform zoho_sync.look_at_early_hints(p_results, v_locked.ready, v_taken);
  end if;
  if p_results @? '$[*].take_in' then v_left := zoho_sync.take_in_statuses(p_results, v_locked, v_taken); end if;
  perform zoho_sync.orphan_settled(p_results);
  perform zoho_sync.stamp_contracts(p_results, v_locked, v_taken || zoho_sync.refused_statuses(v_left));
  perform zoho_sync.close_hints(p_results, v_locked.ready, v_taken, v_left);
  v_settled := zoho_sync.finish_changes(p_results, v_locked.ready, v_taken, v_left);
  select v_settled + r.settled, r.again into v_settled, v_again
  from zoho_sync.return_changes(p_results, v_locked.ready, v_taken, v_left) r;
  perform zoho_sync.note_success(p_results);
  -- An answer that was not carried out stays, with its question.
  perform zoho_sync.ask_settled(p_results, array(select i.id from unnest(v_locked.ready) i (id)
    where i.id <> all (v_taken) and not v_left ? i.id::text));
  if p_links <> '[]' or p_asked <> '[]' then perform zoho_sync.ask_about_contacts(p_links, p_asked); end if;
  return jsonb_build_object(
    'settled', v_settled, 'again', v_again, 'busy', to_jsonb(v_busy),
    'lost', jsonb_array_length(p_results) - cardinality(v_ours), 'taken', cardinality(v_taken),
    'left', (select coalesce(jsonb_agg(k), '[]') from jsonb_object_keys(v_left) k));
end $$;

-- Customers with a new or another Contact: records written without it, or with the previous one, are requeued.
create or replace function zoho_sync.enqueue_found(p_links jsonb) returns void
language plpgsql set search_path = '' set enable_hashjoin = on as $$
begin
  -- A list beside a list: neither has an index.
  perform zoho_sync.enqueue(array_agg(e.entity_type), array_agg(e.entity_id), array_agg(1::smallint), array_agg('Contact found'::text))
  from (
    with found as materialized (
      select l.circletel_id, l.zoho_id from jsonb_to_recordset(p_links) l (circletel_id uuid, zoho_id text)
      where not exists (select from public.zoho_entity_mappings k
        where k.circletel_type = 'customer' and k.circletel_id = l.circletel_id and k.zoho_id = l.zoho_id))
    select distinct c.entity_type, c.entity_id
    from zoho_sync.customer_entities(array(select f.circletel_id from found f)) c
    join found f on f.circletel_id = c.customer_id
    join public.zoho_entity_mappings m on m.circletel_type = c.entity_type and m.circletel_id = c.entity_id
    where c.entity_type <> 'customer' and m.state = 'linked'
      and m.snapshot #>> '{Contact_Name,id}' is distinct from f.zoho_id) e;
end $$;

-- A record sent without its customer's Contact is requeued when there is one, which the customer's own change decides:
-- to begin now, unless it has failed and waits, or a person is asked. One that has ended meanwhile knew nothing of the record.
create or replace function zoho_sync.enqueue_lacking(p_lacking jsonb) returns void
language plpgsql set search_path = '' as $$
begin
  perform zoho_sync.enqueue(array_agg(e.entity_type), array_agg(e.entity_id), array_agg(e.lane), array_agg('Contact not there yet'::text))
  from (
    with lacking as materialized (
      select l.*, exists (select from public.zoho_entity_mappings m
        where m.circletel_type = 'customer' and m.circletel_id = l.customer_id) as is_there
      from jsonb_to_recordset(p_lacking) l (entity_type text, entity_id uuid, customer_id uuid, lane smallint))
    select l.entity_type, l.entity_id, l.lane from lacking l where l.is_there
    union all
    select 'customer', l.customer_id, min(l.lane) from lacking l
    where not l.is_there
      and not exists (select from public.zoho_sync_queue q where q.entity_type = 'customer' and q.entity_id = l.customer_id)
      and not exists (select from public.zoho_questions n where n.entity_type = 'customer' and n.entity_id = l.customer_id
        and n.kind = 'contact_match' and n.closed_at is null)
    group by l.customer_id) e;
end $$;

-- What Zoho no longer has: merged or deleted there.
create or replace function zoho_sync.forget_records(p_gone jsonb) returns void
language sql set search_path = '' as $$
  delete from public.zoho_accounts a using jsonb_to_recordset(p_gone) g (zoho_type text, zoho_id text)
  where g.zoho_type = 'Accounts' and a.zoho_id = g.zoho_id;
  delete from public.zoho_entity_mappings m using jsonb_to_recordset(p_gone) g (zoho_type text, zoho_id text)
  where g.zoho_type = 'Contacts' and m.zoho_type = 'Contacts' and m.zoho_id = g.zoho_id;
  delete from public.zoho_products p using jsonb_to_recordset(p_gone) g (zoho_type text, zoho_id text)
  where g.zoho_type = 'Products' and p.zoho_id = g.zoho_id;
$$;

-- A locked state row is skipped, here and below: a claim that folds locks it and may wait for our queue
-- rows, and the next settlement makes up for it.
create or replace function zoho_sync.book_credits(p_credits jsonb) returns void
language plpgsql set search_path = '' as $$
begin
  perform zoho_sync.record_credits(c.lane, sum(c.credits)::integer, sum(c.calls)::integer)
  from jsonb_to_recordset(p_credits) c (lane smallint, credits integer, calls integer) group by c.lane;
  update public.zoho_sync_state s set credits_left = c.credits_left, credits_left_at = clock_timestamp()
  from (select min(k."left") as credits_left from jsonb_to_recordset(p_credits) k ("left" integer)) c
  where c.credits_left is not null and s.id in (select f.id from public.zoho_sync_state f for update skip locked);
end $$;

create or replace function zoho_sync.remember_accounts(p_accounts jsonb) returns void
language plpgsql set search_path = '' as $$
begin
  insert into public.zoho_accounts (account_key, zoho_id, matched_by)
  select a.account_key, a.zoho_id, a.matched_by
  from jsonb_to_recordset(p_accounts) a (account_key text, zoho_id text, matched_by text)
  on conflict (account_key) do nothing;
end $$;

-- What is known of a Contact from Zoho is true whichever drain holds the lease. A Contact whose customer was deleted is skipped.
create or replace function zoho_sync.remember_links(p_links jsonb) returns void
language plpgsql set search_path = '' as $$
begin
  delete from public.zoho_entity_mappings m
  using jsonb_to_recordset(p_links) l (circletel_id uuid, zoho_type text, zoho_id text)
  where m.zoho_type = l.zoho_type and m.zoho_id = l.zoho_id and m.circletel_id <> l.circletel_id and m.state = 'orphaned';
  insert into public.zoho_entity_mappings as m
    (circletel_type, circletel_id, zoho_type, zoho_id, snapshot, zoho_modified_at)
  select l.circletel_type, l.circletel_id, l.zoho_type, l.zoho_id, l.fields, l.modified_at
  from (
    -- One row for a customer and one for a Contact, whatever a batch brings.
    select distinct on (c.circletel_type, c.circletel_id) c.* from (
      select distinct on (l.zoho_type, l.zoho_id) l.*
      from jsonb_to_recordset(p_links) l (
        circletel_type text, circletel_id uuid, zoho_type text, zoho_id text, fields jsonb, modified_at timestamptz)
      where not exists (
        select from public.zoho_entity_mappings o
        where o.zoho_type = l.zoho_type and o.zoho_id = l.zoho_id and o.circletel_id <> l.circletel_id)
      order by l.zoho_type, l.zoho_id, l.circletel_id) c
    order by c.circletel_type, c.circletel_id, c.zoho_id) l
  on conflict (circletel_type, circletel_id) do update set
    zoho_id = excluded.zoho_id,
    snapshot = case when m.zoho_id = excluded.zoho_id then m.snapshot || excluded.snapshot else excluded.snapshot end,
    zoho_modified_at = greatest(m.zoho_modified_at, excluded.zoho_modified_at), state = 'linked';
  perform zoho_sync.forget_erased(array(select l.circletel_id from jsonb_to_recordset(p_links) l (circletel_id uuid)));
  update public.zoho_sync_logs l set outcome = case l.status when 'success' then 'confirmed' else 'judged' end
  from jsonb_to_recordset(p_links) k (circletel_type text, circletel_id uuid)
  where l.entity_type = k.circletel_type and l.entity_id = k.circletel_id and l.outcome = 'unknown';
end $$;

-- Locks what a settlement writes and answers the entities that are ready: ours, and held by no other transaction.
create or replace function zoho_sync.lock_for_settlement(p_worker uuid, p_results jsonb) returns zoho_sync.settlement_locks
language plpgsql set search_path = '' as $$
declare
  v_held_types text[];
  v_held uuid[];
  v_writable uuid[];
  v_ready uuid[];
begin
  -- Rows that another transaction holds are not waited for: a business one may stay open for minutes. Nothing here
  -- waits for a lock on an entity, so nothing here can deadlock with one.
  select coalesce(array_agg(q.entity_type), '{}'), coalesce(array_agg(q.entity_id), '{}') into v_held_types, v_held
  from (
    select q.entity_type, q.entity_id from public.zoho_sync_queue q
    join jsonb_to_recordset(p_results) r (entity_type text, entity_id uuid)
      on q.entity_type = r.entity_type and q.entity_id = r.entity_id
    where q.status = 'in_flight' and q.lease_owner = p_worker
    order by q.entity_type, q.entity_id
    for update of q skip locked) q;
  select coalesce(array_agg(c.id), '{}') into v_writable from (
    select c.id from public.contracts c where c.id = any (v_held) order by c.id
    for no key update skip locked) c;
  -- The others are not written to: their rows are only protected from deletion until the mapping is stored.
  with quotes as (
    select q.id from public.business_quotes q where q.id = any (v_held) for key share skip locked),
  customers as (
    select cu.id from public.customers cu where cu.id = any (v_held) for key share skip locked),
  invoices as (
    select i.id from public.customer_invoices i where i.id = any (v_held) for key share skip locked)
  select v_writable || array(select q.id from quotes q union all select cu.id from customers cu
    union all select i.id from invoices i) into v_ready;
  -- A row that is gone cannot be locked; it is settled all the same.
  v_ready := v_ready || array(select g.entity_id from zoho_sync.missing_entities(v_held_types, v_held) g);
  -- The same for mappings, which a fold holds while it marks the records of deleted rows.
  with theirs as (
    select m.id, m.circletel_id from public.zoho_entity_mappings m
    join unnest(v_held_types, v_held) h (entity_type, entity_id)
      on m.circletel_type = h.entity_type and m.circletel_id = h.entity_id
    where m.circletel_id = any (v_ready)),
  free as (
    select m.id from public.zoho_entity_mappings m
    where m.id in (select t.id from theirs t)
    order by m.circletel_id
    for update skip locked)
  select array(select unnest(v_ready) except
    select t.circletel_id from theirs t where t.id not in (select f.id from free f)) into v_ready;
  return row(v_ready, v_writable)::zoho_sync.settlement_locks;
end $$;

-- Results that name a record which belongs to another entity.
create or replace function zoho_sync.taken_records(p_results jsonb) returns uuid[]
language plpgsql stable set search_path = '' as $$
begin
  return (
    select coalesce(array_agg(r.entity_id), '{}')
    from (
      -- Of two in one batch that name the same record, the one that has it already, else the first.
      select r.*, row_number() over (
        partition by r.record ->> 'zoho_type', r.record ->> 'zoho_id' order by m.id is null, r.entity_id) as place
      from jsonb_to_recordset(p_results) r (entity_type text, entity_id uuid, record jsonb)
      left join public.zoho_entity_mappings m on m.circletel_type = r.entity_type and m.circletel_id = r.entity_id
        and m.zoho_type = r.record ->> 'zoho_type' and m.zoho_id = r.record ->> 'zoho_id'
      where r.record is not null) r
    where (
      r.place > 1
      or exists (
        select from public.zoho_entity_mappings o
        where o.zoho_type = r.record ->> 'zoho_type' and o.zoho_id = r.record ->> 'zoho_id'
          and (o.circletel_type, o.circletel_id) is distinct from (r.entity_type, r.entity_id))
      or exists (
        select from public.contracts c
        where c.zoho_deal_id = r.record ->> 'zoho_id' and c.id <> r.entity_id)));
end $$;

-- A worker whose lease ran out may still teach us the id of a record that it made, never what the record holds now.
create or replace function zoho_sync.learn_late_records(p_results jsonb, p_ours uuid[], p_taken uuid[]) returns void
language plpgsql set search_path = '' as $$
begin
  insert into public.zoho_entity_mappings (circletel_type, circletel_id, zoho_type, zoho_id)
  select r.entity_type, r.entity_id, r.record ->> 'zoho_type', r.record ->> 'zoho_id'
  from jsonb_to_recordset(p_results) r (entity_type text, entity_id uuid, record jsonb)
  where r.record is not null and r.entity_id <> all (p_ours) and r.entity_id <> all (p_taken)
  on conflict do nothing;
end $$;

-- What was learned of each record is its new base; for other fields the old base remains, if it is the same record.
create or replace function zoho_sync.store_bases(p_results jsonb, p_ready uuid[], p_taken uuid[]) returns void
language plpgsql set search_path = '' as $$
begin
  insert into public.zoho_entity_mappings as m
    (circletel_type, circletel_id, zoho_type, zoho_id, snapshot, agreed_status, revision, loops, zoho_modified_at)
  select r.entity_type, r.entity_id, b.zoho_type, b.zoho_id, b.fields, b.agreed_status, b.revision, b.loops, b.modified_at
  from jsonb_to_recordset(p_results) r (entity_type text, entity_id uuid, record jsonb)
  cross join jsonb_to_record(r.record) b (
    zoho_type text, zoho_id text, fields jsonb, agreed_status text, revision text, loops jsonb, modified_at timestamptz)
  where r.record is not null and r.entity_id = any (p_ready) and r.entity_id <> all (p_taken)
  on conflict (circletel_type, circletel_id) do update set
    zoho_id = excluded.zoho_id, state = 'linked', agreed_status = excluded.agreed_status,
    revision = excluded.revision, loops = excluded.loops,
    snapshot = case when m.zoho_id = excluded.zoho_id then m.snapshot else '{}' end || excluded.snapshot,
    zoho_modified_at = greatest(m.zoho_modified_at, excluded.zoho_modified_at);
  -- Deleted in Zoho, or to be left alone from now on.
  update public.zoho_entity_mappings m set state = r.state
  from jsonb_to_recordset(p_results) r (entity_type text, entity_id uuid, state text)
  where m.circletel_type = r.entity_type and m.circletel_id = r.entity_id and r.state is not null
    and m.state is distinct from r.state and r.entity_id = any (p_ready);
end $$;

-- A status is taken in only if the row is the very one that was decided about: it may have gone there and back. Each in a
-- savepoint of its own, for a business trigger may refuse it. Answers the entities whose status was not taken in:
-- {"<id>": null} where the row had changed, {"<id>": "23514"} where the database refused it.
create or replace function zoho_sync.take_in_statuses(
  p_results jsonb, p_locked zoho_sync.settlement_locks, p_taken uuid[]) returns jsonb
language plpgsql set search_path = '' as $$
declare
  r record;
  v_left jsonb := '{}';
begin
  -- A business trigger finds its tables as in a statement of the Data API.
  perform set_config('search_path', 'public, extensions', true);
  for r in
    select x.entity_id, t.* from jsonb_to_recordset(p_results) x (entity_type text, entity_id uuid, take_in jsonb)
    cross join jsonb_to_record(x.take_in) t (status text, row_version text, fields jsonb, agreed_status text, revision text)
    where x.entity_type = 'contract' and x.take_in is not null and x.entity_id = any (p_locked.ready)
      and x.entity_id <> all (p_taken)
    order by x.entity_id
  loop
    begin
      update public.contracts c set status = r.status, last_synced_at = now()
      where c.id = r.entity_id and c.id = any (p_locked.writable) and c.xmin::text = r.row_version;
      if found then
        update public.zoho_entity_mappings m
        set snapshot = m.snapshot || r.fields, agreed_status = r.agreed_status, revision = r.revision
        where m.circletel_type = 'contract' and m.circletel_id = r.entity_id;
      else
        v_left := v_left || jsonb_build_object(r.entity_id, null);
      end if;
    exception when others then
      -- The message of a check or a trigger may quote the row.
      v_left := v_left || jsonb_build_object(r.entity_id, sqlstate);
    end;
  end loop;
  return v_left;
end $$;

create or replace function zoho_sync.refused_statuses(p_left jsonb) returns uuid[]
language plpgsql immutable set search_path = '' as $$
begin
  return (select coalesce(array_agg(l.key::uuid), '{}') from jsonb_each_text(p_left) l where l.value is not null);
end $$;

-- The base now knows of every attempt so far: a write that Zoho confirmed is in it, and one that a look did not show did not
-- arrive; if it arrives late, its revision shows it.
create or replace function zoho_sync.settle_attempts(p_results jsonb, p_ready uuid[], p_taken uuid[]) returns void
language plpgsql set search_path = '' as $$
begin
  update public.zoho_sync_logs l set outcome = case l.status when 'success' then 'confirmed' else 'judged' end
  from jsonb_to_recordset(p_results) r (entity_type text, entity_id uuid, record jsonb)
  where l.entity_type = r.entity_type and l.entity_id = r.entity_id and l.outcome = 'unknown'
    and r.record is not null and r.entity_id = any (p_ready) and r.entity_id <> all (p_taken);
end $$;

-- Hints of a record that came before its mapping stood: it is looked at.
create or replace function zoho_sync.look_at_early_hints(p_results jsonb, p_ready uuid[], p_taken uuid[]) returns void
language plpgsql set search_path = '' as $$
begin
  with early as (
    update public.zoho_webhook_events e set status = 'received', reason = null, entity_type = r.entity_type, entity_id = r.entity_id
    from jsonb_to_recordset(p_results) r (entity_type text, entity_id uuid, record jsonb)
    join zoho_sync.record_types() t on t.entity_type = r.entity_type
    where r.record is not null and r.entity_id = any (p_ready) and r.entity_id <> all (p_taken)
      and e.record_id = r.record ->> 'zoho_id' and e.module = t.module and e.status = 'unmapped'
    returning e.entity_type, e.entity_id)
  update public.zoho_sync_queue q set version = q.version + 1, look = true
  from (select distinct * from early) e where q.entity_type = e.entity_type and q.entity_id = e.entity_id;
end $$;

-- What the hints came to. One that arrived after the claim, often the echo of the very write that is settled here, is not
-- told by it, nor one whose status is to be looked at again.
create or replace function zoho_sync.close_hints(p_results jsonb, p_ready uuid[], p_taken uuid[], p_left jsonb) returns void
language plpgsql set search_path = '' as $$
begin
  with closed as materialized (
    select r.entity_type, r.entity_id, r.record, r.seen, r.questions, e.ending as outcome, e.fault as error, q.cause,
      q.version <> r.version as is_changed, r.claimed_at,
      e.ending = 'dead' and (e.ending <> r.outcome or coalesce(r.seen ->> 'outcome', '') <> 'applied') as has_failed
    from jsonb_to_recordset(p_results) r (
      entity_type text, entity_id uuid, version bigint, claimed_at timestamptz, outcome text, record jsonb, error jsonb,
      seen jsonb, questions jsonb)
    join public.zoho_sync_queue q on q.entity_type = r.entity_type and q.entity_id = r.entity_id
    cross join lateral zoho_sync.end_of(r.entity_id, r.outcome, r.error, r.record, p_taken, p_left) e
    where r.entity_id = any (p_ready)
      -- What was to be written was not, if it is tried again; a status was taken in all the same.
      and (r.seen is not null and e.ending = r.outcome and (r.outcome in ('done', 'dead') or r.seen ->> 'outcome' = 'applied')
        or e.ending in ('done', 'dead') and q.version = r.version)),
  told as (
    update public.zoho_webhook_events e set
      status = case when c.has_failed then 'failed' else coalesce(nullif(c.seen ->> 'outcome', 'linked'), 'nothing_new') end,
      reason = coalesce(case when c.has_failed then c.error ->> 'message' end, c.seen ->> 'reason',
        'Zoho already has CircleTel''s values'),
      applied_at = clock_timestamp()
    from closed c
    where e.entity_type = c.entity_type and e.entity_id = c.entity_id and e.status = 'received'
      and (not c.is_changed or not c.has_failed and e.received_at <= c.claimed_at)
    returning e.id, e.entity_id)
  insert into public.zoho_sync_logs
    (entity_type, entity_id, zoho_entity_type, zoho_entity_id, status, attempt_number, error_message,
     response_payload, cause, finished_at)
  select c.entity_type, c.entity_id, zoho_sync.zoho_type_of(c.entity_type), c.record ->> 'zoho_id', 'success', 1,
    c.seen ->> 'reason', (c.seen -> 'details') || jsonb_build_object('outcome', c.seen ->> 'outcome'), c.cause, now()
  from closed c
  where c.seen is not null and c.seen ->> 'outcome' not in ('nothing_new', 'ignored') and not c.has_failed
    -- A question is logged when it is asked, not at each look that finds it open.
    and (c.seen ->> 'outcome' not in ('question', 'gone')
      or exists (select from zoho_sync.unasked(c.entity_type, c.entity_id, c.questions)));
end $$;

-- Rows that were deleted while their record was being made: the fold found no mapping to mark.
create or replace function zoho_sync.orphan_settled(p_results jsonb) returns void
language plpgsql set search_path = '' as $$
begin
  with found as (
    select m.id
    from zoho_sync.missing_entities(
      array(select r.entity_type from jsonb_to_recordset(p_results) r (entity_type text)),
      array(select r.entity_id from jsonb_to_recordset(p_results) r (entity_id uuid))) g
    join public.zoho_entity_mappings m
      on m.circletel_type = g.entity_type and m.circletel_id = g.entity_id and m.state = 'linked'
    -- One that a fold holds is marked by that fold, which waits for our queue row next.
    for update of m skip locked),
  orphaned as (
    update public.zoho_entity_mappings m set state = 'orphaned' from found f where m.id = f.id
    returning m.circletel_type, m.circletel_id, m.zoho_type, m.zoho_id),
  -- The deletion could only say that there may be a record; now there is one.
  guess as (
    delete from public.zoho_notices n using orphaned o
    where n.kind = 'orphaned' and n.entity_id = o.circletel_id and n.zoho_id is null)
  insert into public.zoho_notices (kind, entity_type, entity_id, zoho_type, zoho_id, message)
  select 'orphaned', o.circletel_type, o.circletel_id, o.zoho_type, o.zoho_id,
    format('%s %s was deleted in CircleTel while its %s was being written; the %3$s was left as it is',
      case when t.entity_type = 'invoice' then 'An' else 'A' end, t.entity_type, t.record)
  from orphaned o join zoho_sync.record_types() t on t.entity_type = o.circletel_type;
end $$;

-- All in one update; if a business trigger refuses that, one by one, with a notice for those that stay without the id.
create or replace function zoho_sync.stamp_contracts(p_results jsonb, p_locked zoho_sync.settlement_locks, p_taken uuid[])
returns void
language plpgsql set search_path = '' as $$
declare
  v_ids uuid[] := array(
    select r.entity_id from jsonb_to_recordset(p_results) r (entity_type text, entity_id uuid, outcome text, in_part boolean)
    where r.entity_type = 'contract' and (r.outcome = 'done' or r.in_part) and r.entity_id = any (p_locked.writable)
      and r.entity_id = any (p_locked.ready) and r.entity_id <> all (p_taken));
  v_id uuid;
begin
  perform zoho_sync.stamp(v_ids);
exception when others then
  foreach v_id in array v_ids loop
    begin
      perform zoho_sync.stamp(array[v_id]);
    exception when others then
      perform zoho_sync.notice_refused_deal_id(v_id, sqlstate);
    end;
  end loop;
end $$;

create or replace function zoho_sync.stamp(p_ids uuid[]) returns void
language plpgsql set search_path = '' as $$
begin
  -- A business trigger finds its tables as in a statement of the Data API.
  perform set_config('search_path', 'public, extensions', true);
  update public.contracts c
  set zoho_deal_id = m.zoho_id, last_synced_at = now()
  from public.zoho_entity_mappings m
  where m.circletel_type = 'contract' and m.circletel_id = c.id and m.zoho_type = 'Deals' and m.state = 'linked'
    and c.id = any (p_ids);
end $$;

-- Changes that are done leave the queue, unless they were marked again since the claim. Answers how many.
create or replace function zoho_sync.finish_changes(p_results jsonb, p_ready uuid[], p_taken uuid[], p_left jsonb)
returns integer
language plpgsql set search_path = '' as $$
declare
  v_count integer;
begin
  delete from public.zoho_sync_queue q
  using jsonb_to_recordset(p_results) r (entity_type text, entity_id uuid, version bigint, outcome text)
  where q.entity_type = r.entity_type and q.entity_id = r.entity_id and q.version = r.version
    and r.outcome = 'done' and q.entity_id = any (p_ready) and q.entity_id <> all (p_taken)
    and not p_left ? q.entity_id::text;
  get diagnostics v_count = row_count;
  return v_count;
end $$;

-- How a change ends once it is known which records are taken and which statuses were not taken in: one whose row had
-- changed is looked at again, one whose status the database refused is for a person.
create or replace function zoho_sync.end_of(
  p_entity_id uuid, p_outcome text, p_error jsonb, p_record jsonb, p_taken uuid[], p_left jsonb,
  out ending text, out fault jsonb)
language sql immutable set search_path = '' as $$
  select
    case
      when p_entity_id = any (p_taken) or p_left ->> p_entity_id::text is not null then 'dead'
      when p_left ? p_entity_id::text then 'release'
      else p_outcome end,
    case
      when p_entity_id = any (p_taken) then jsonb_build_object('code', 'RECORD_TAKEN', 'message',
        'Zoho record ' || (p_record ->> 'zoho_id') || ' already belongs to another entity')
      when p_left ->> p_entity_id::text is not null then jsonb_build_object('code', 'STATUS_REFUSED', 'message', format(
        'The database refused the status that the Deal''s stage asks for (%s). See docs/errors/STATUS_REFUSED.md',
        p_left ->> p_entity_id::text))
      -- Of one that is handed back, why it waits.
      else p_error end;
$$;

-- The others go back with their outcome: again, later, or for a person.
create or replace function zoho_sync.return_changes(
  p_results jsonb, p_ready uuid[], p_taken uuid[], p_left jsonb, out settled integer, out again integer)
language plpgsql set search_path = '' as $$
begin
  with ends as (
    select r.*, q.version <> r.version as is_changed, e.ending, e.fault
    from jsonb_to_recordset(p_results) r (
      entity_type text, entity_id uuid, version bigint, outcome text, retry_in_seconds double precision, look boolean,
      error jsonb, record jsonb)
    join public.zoho_sync_queue q on q.entity_type = r.entity_type and q.entity_id = r.entity_id
    cross join lateral zoho_sync.end_of(r.entity_id, r.outcome, r.error, r.record, p_taken, p_left) e
    where q.entity_id = any (p_ready)),
  returned as (
    update public.zoho_sync_queue q
    set lease_owner = null, lease_until = null,
      status = case when not e.is_changed and e.ending = 'dead' then 'dead' else 'pending' end,
      failed_rounds = case
        when e.is_changed then 0
        when e.ending in ('retry', 'dead') then q.failed_rounds + 1
        else q.failed_rounds end,
      next_attempt_at = case
        when e.is_changed or p_left ? q.entity_id::text then now()
        when e.retry_in_seconds is not null or e.ending = 'retry'
          then now() + make_interval(secs => coalesce(e.retry_in_seconds, 60))
        else q.next_attempt_at end,
      look = q.look and (e.is_changed or e.ending <> 'done') or coalesce(e.look, false) or p_left ? q.entity_id::text,
      forced = q.forced and (e.is_changed or e.ending <> 'done'),
      error_code = coalesce(e.fault ->> 'code', q.error_code),
      error_field = case when e.fault is null then q.error_field else e.fault ->> 'field' end,
      error_message = coalesce(e.fault ->> 'message', q.error_message)
    from ends e
    where q.entity_type = e.entity_type and q.entity_id = e.entity_id
    returning e.is_changed as changed)
  select count(*), count(*) filter (where s.changed) into settled, again from returned s;
end $$;

-- A call went well: one more at a time, and a pause that is over is forgotten.
create or replace function zoho_sync.note_success(p_results jsonb) returns void
language plpgsql set search_path = '' as $$
begin
  if not p_results @> '[{"outcome": "done"}]' then return; end if;
  update public.zoho_sync_state s set concurrency = s.concurrency + 1
  where s.id in (select f.id from public.zoho_sync_state f where f.concurrency < 10 for update skip locked);
  perform from public.zoho_sync_state s where s.pause_count > 0 and s.paused_until <= now() for update skip locked;
  if found then perform zoho_sync.end_pause(); end if;
end $$;

-- schemas/reconcile/look_at_differences.sql

-- The guarantee behind lost hints: what a run of the schedule, or one over the latest changes, found to differ or gone is
-- looked at. The first run of the schedule, and one after a TRUNCATE, is over everything.
create or replace function zoho_sync.look_at_differences(p_run uuid) returns void
language sql set search_path = '' as $$
  select zoho_sync.reconcile_enqueue(d.entity_type, d.ids, 'reconcile')
  from (
    select r.entity_type, array_agg(distinct r.entity_id order by r.entity_id) as ids
    from public.zoho_reconcile_rows r join public.zoho_reconcile_runs u on u.id = r.run_id
    where r.run_id = p_run and (u.kind = 'incremental' or u.actor = 'schedule') and r.entity_id is not null
      and (r.verdict, r.reason) in (('differs', 'fields'), ('missing', 'gone'))
    group by r.entity_type) d;
$$;

-- schemas/reconcile/reconcile_enqueue.sql

-- In the ordinary lane, with a look, and the bell rings: who repairs is waiting.
create or replace function zoho_sync.reconcile_enqueue(p_entity_type text, p_ids uuid[], p_cause text) returns integer
language plpgsql set search_path = '' as $$
declare
  v_count integer := coalesce(public.zoho_enqueue(p_entity_type, p_ids, 1::smallint, p_cause, false, true), 0);
begin
  if v_count > 0 then perform zoho_sync.ring_doorbell(); end if;
  return v_count;
end $$;

-- schemas/reconcile/reconcile_entities.sql

-- Rows of a kind that own a record in Zoho, or must never have one (is_internal: a test customer's, a consumer's, or an erased person's); all of
-- them, or those of these ids or numbers. Without a number there is nothing yet that a record could be
-- found by; a customer's is its id.
create or replace function zoho_sync.reconcile_entities(
  p_entity_type text, p_ids uuid[] default null, p_references text[] default null)
returns table (entity_id uuid, reference text, known_id text, changed_at timestamptz, is_internal boolean)
language plpgsql stable set search_path = '' set plan_cache_mode = 'force_custom_plan' as $$
begin
  if cardinality(p_ids) = 0 or cardinality(p_references) = 0 then return; end if;
  if p_entity_type = 'contract' then
    return query select c.id, c.contract_number::text, c.zoho_deal_id::text, c.updated_at,
      coalesce(cu.account_type = 'internal_test', false) or coalesce(qcu.account_type = 'internal_test', false)
    from public.contracts c
    join public.business_quotes q on q.id = c.quote_id
    left join public.customers cu on cu.id = c.customer_id
    left join public.customers qcu on qcu.id = q.customer_id
    where (p_ids is null or c.id = any (p_ids)) and (p_references is null or c.contract_number = any (p_references));
  elsif p_entity_type = 'quote' then
    return query select q.id, q.quote_number::text, null::text, q.updated_at, coalesce(cu.account_type = 'internal_test', false)
    from public.business_quotes q left join public.customers cu on cu.id = q.customer_id
    where btrim(q.quote_number) <> ''
      and (p_ids is null or q.id = any (p_ids)) and (p_references is null or q.quote_number = any (p_references));
  elsif p_entity_type = 'invoice' then
    return query with found as materialized (
      select i.* from public.customer_invoices i
      where btrim(i.invoice_number) <> ''
        and (p_ids is null or i.id = any (p_ids)) and (p_references is null or i.invoice_number = any (p_references)))
    select i.id, i.invoice_number::text, null::text, i.updated_at, crm.id is null
    from found i
    left join zoho_sync.crm_customers(array(select f.customer_id from found f)) crm (id) on crm.id = i.customer_id;
  elsif p_entity_type = 'customer' then
    return query with found as materialized (
      select cu.id, cu.updated_at from public.customers cu
      where (p_ids is null or cu.id = any (p_ids))
        and (p_references is null or cu.id = any (array(select zoho_sync.uuid_of(r) from unnest(p_references) r))))
    select cu.id, cu.id::text, null::text, cu.updated_at, crm.id is null
    from found cu
    left join zoho_sync.crm_contacts(array(select f.id from found f)) crm (id) on crm.id = cu.id;
  end if;
end $$;

-- schemas/reconcile/scheduled.sql

-- A step that was killed, or that waits for Zoho to answer again.
create or replace function zoho_sync.sweep_reconcile() returns void
language plpgsql security definer set search_path = '' as $$
begin
  if exists (select from public.zoho_reconcile_runs r
    where r.status = 'running' and r.next_step_at <= now() and coalesce(r.lease_until, '-infinity') < now()) then
    perform zoho_sync.call_function('zoho-admin/reconcile/step', '{"reason":"sweep"}'::jsonb);
  end if;
end $$;

-- Where nothing was ever synced there is nothing to compare. Everything is compared once in full_reconcile_days, at the same
-- hour: a run that began a little late yesterday does not put tonight's off.
create or replace function zoho_sync.schedule_reconcile(p_kind text) returns void
language plpgsql security definer set search_path = '' as $$
begin
  if exists (select from public.zoho_entity_mappings)
    and not (p_kind = 'full' and exists (
      select from public.zoho_reconcile_runs r, public.zoho_sync_state s
      where r.kind = 'full' and r.status = 'finished' and s.full_reconcile_days > 1
        and r.started_at > now() - make_interval(days => s.full_reconcile_days, hours => -12)))
  then
    perform zoho_sync.call_function('zoho-admin/reconcile', jsonb_build_object('kind', p_kind, 'reason', 'schedule'));
  end if;
end $$;

-- The lists of runs that are over.
create or replace function zoho_sync.purge_reconcile_runs() returns void
language plpgsql set search_path = '' as $$
begin
  -- The newest run of each kind stays, however old: the next one starts from it.
  delete from public.zoho_reconcile_runs r
  where r.started_at < now() - interval '30 days' and r.status <> 'running'
    and exists (select from public.zoho_reconcile_runs n
      where n.kind = r.kind and n.status = r.status and n.started_at > r.started_at);
  delete from zoho_sync.reconcile_seen s
  where not exists (select from public.zoho_reconcile_runs r where r.id = s.run_id and r.status = 'running');
end $$;

-- schemas/reconcile/zoho_gone_links.sql

-- Accounts, Contacts and Products that were deleted or merged away: the stored id becomes the master's if it is
-- known (p_gone: [{zoho_id, master}]), else it is removed and found or made again; records that point there are requeued.
create or replace function public.zoho_gone_links(p_zoho_type text, p_gone jsonb) returns integer
language plpgsql set search_path = '' as $$
declare
  v_gone text[] := array(select g.zoho_id from jsonb_to_recordset(p_gone) g (zoho_id text) order by 1);
  v_pointing jsonb;
begin
  if p_zoho_type = 'Products' then
    -- Lines keep the product's name in Zoho; the next write of a quote makes the product again.
    delete from public.zoho_products p where p.zoho_id = any (v_gone);
    return 0;
  end if;
  select jsonb_agg(jsonb_build_object('entity_type', m.circletel_type, 'entity_id', m.circletel_id)) into v_pointing
  from (
    select a.* from public.zoho_entity_mappings a
    where p_zoho_type = 'Accounts' and a.snapshot #>> '{Account_Name,id}' = any (v_gone) and a.state = 'linked'
    union all
    select c.* from public.zoho_entity_mappings c
    where p_zoho_type = 'Contacts' and c.snapshot #>> '{Contact_Name,id}' = any (v_gone) and c.state = 'linked'
    union all
    select o.* from public.zoho_entity_mappings o
    where p_zoho_type = 'Contacts' and o.zoho_type = 'Contacts' and o.zoho_id = any (v_gone)) m;

  if p_zoho_type = 'Accounts' then
    update public.zoho_accounts a set zoho_id = g.master
    from jsonb_to_recordset(p_gone) g (zoho_id text, master text)
    where a.zoho_id = g.zoho_id and g.master is not null;
    delete from public.zoho_accounts a using jsonb_to_recordset(p_gone) g (zoho_id text, master text)
    where a.zoho_id = g.zoho_id and g.master is null;
  else
    perform from public.zoho_entity_mappings m
    where m.zoho_type = 'Contacts' and m.zoho_id = any (v_gone) order by m.circletel_id for update;
    update public.zoho_entity_mappings m
    set zoho_id = g.master, snapshot = '{}', zoho_modified_at = null, state = case m.state when 'unlinked' then m.state else 'linked' end
    from (
      -- Zoho merges up to three at once: of several customers' Contacts one customer gets the master.
      select distinct on (r.master) k.id, r.master
      from jsonb_to_recordset(p_gone) r (zoho_id text, master text)
      join public.zoho_entity_mappings k on k.zoho_type = 'Contacts' and k.zoho_id = r.zoho_id
      where r.master is not null and not exists (select from public.zoho_entity_mappings o
        where o.zoho_type = 'Contacts' and o.zoho_id = r.master)
      order by r.master, k.state <> 'linked', k.circletel_id) g
    where m.id = g.id;
    -- One that was merged into another customer's is looked at by its customer's own change, where there is one: it asks.
    delete from public.zoho_entity_mappings m using jsonb_to_recordset(p_gone) g (zoho_id text, master text)
    where m.zoho_type = 'Contacts' and m.zoho_id = g.zoho_id and (g.master is null
      or not exists (select from public.zoho_sync_state s where 'customer' = any (s.synced_types)));
  end if;
  return coalesce((
    select sum(zoho_sync.reconcile_enqueue(t.entity_type, t.ids, 'merged or deleted in Zoho: ' || p_zoho_type))
    from (
      select e.entity_type, array_agg(e.entity_id) as ids
      from jsonb_to_recordset(v_pointing) e (entity_type text, entity_id uuid)
      group by e.entity_type order by e.entity_type) t), 0);
end $$;

-- schemas/reconcile/zoho_known_records.sql

-- Which of these Zoho ids are ours, in whatever state, and what their entities are called. A contract that only names its Deal
-- (state named), as the original service left it, owns it, too.
create or replace function public.zoho_known_records(p_zoho_type text, p_ids text[]) returns jsonb
language sql stable set search_path = '' as $$
  with owners as (
    select m.zoho_id, m.circletel_type as entity_type, m.circletel_id as entity_id, m.state, m.snapshot
    from public.zoho_entity_mappings m where m.zoho_type = p_zoho_type and m.zoho_id = any (p_ids)
    union all
    select c.zoho_deal_id, 'contract', c.id, 'named', '{}' from public.contracts c
    where p_zoho_type = 'Deals' and c.zoho_deal_id = any (p_ids) and not exists (
      select from public.zoho_entity_mappings m
      where m.zoho_type = 'Deals' and m.zoho_id = c.zoho_deal_id and m.circletel_id = c.id)),
  names as (
    select k.entity_type, e.entity_id, e.reference
    from (select o.entity_type, array_agg(o.entity_id) as ids from owners o group by o.entity_type) k
    cross join lateral zoho_sync.reconcile_entities(k.entity_type, k.ids) e)
  select coalesce(jsonb_agg(jsonb_build_object('zoho_id', o.zoho_id, 'entity_type', o.entity_type, 'entity_id', o.entity_id,
    'state', o.state, 'reference', coalesce(e.reference, o.snapshot ->> t.reference)) order by o.state = 'named', o.entity_id), '[]')
  from owners o
  join zoho_sync.record_types() t on t.entity_type = o.entity_type
  left join names e on e.entity_type = o.entity_type and e.entity_id = o.entity_id;
$$;

-- schemas/reconcile/zoho_move_record.sql

-- The record of an entity is another one now: Zoho merged it into that one, or it was found by its reference. What the
-- new one holds is not known, so the next drain reads it. False when the record belongs to another entity.
create or replace function public.zoho_move_record(
  p_entity_type text, p_entity_id uuid, p_zoho_id text, p_cause text) returns boolean
language plpgsql set search_path = '' as $$
declare
  v_zoho_type text := zoho_sync.zoho_type_of(p_entity_type);
  v_old text;
begin
  if p_entity_type = 'contract' then
    perform from public.contracts c where c.id = p_entity_id for no key update;
    if not found or exists (
      select from public.contracts c where c.zoho_deal_id = p_zoho_id and c.id <> p_entity_id) then
      return false;
    end if;
  end if;
  if exists (select from public.zoho_entity_mappings m where m.zoho_type = v_zoho_type and m.zoho_id = p_zoho_id
    and m.circletel_id <> p_entity_id) then
    return false;
  end if;
  select m.zoho_id into v_old from public.zoho_entity_mappings m
  where m.circletel_type = p_entity_type and m.circletel_id = p_entity_id for update;
  insert into public.zoho_entity_mappings as m (circletel_type, circletel_id, zoho_type, zoho_id)
  values (p_entity_type, p_entity_id, v_zoho_type, p_zoho_id)
  on conflict (circletel_type, circletel_id) do update set
    zoho_id = excluded.zoho_id, state = 'linked', snapshot = '{}', agreed_status = null, revision = null,
    zoho_modified_at = null;
  if p_entity_type = 'contract' then perform zoho_sync.note_deal_id(array[p_entity_id], p_zoho_id); end if;
  if v_old <> p_zoho_id then
    insert into public.zoho_notices (kind, entity_type, entity_id, zoho_type, zoho_id, message)
    values ('merged_in_zoho', p_entity_type, p_entity_id, v_zoho_type, p_zoho_id,
      'Record ' || v_old || ' is gone from Zoho and ' || p_zoho_id || ' carries its reference: merged there; linked to it');
  end if;
  perform zoho_sync.reconcile_enqueue(p_entity_type, array[p_entity_id], p_cause);
  return true;
end $$;

-- schemas/reconcile/zoho_reconcile_again.sql

-- Rows to compare once more at the end of the run: those that were queued, and those that differed (an edit of that
-- moment may have been settled since). Their new results are stored behind p_until. Answers { until, rows }.
create or replace function public.zoho_reconcile_again(
  p_run uuid, p_entity_type text, p_after bigint, p_limit integer, p_until bigint default null) returns jsonb
language sql stable set search_path = '' as $$
  with bound as (
    select coalesce(p_until, (select max(r.id) from public.zoho_reconcile_rows r), 0) as until)
  select jsonb_build_object('until', b.until, 'rows', coalesce((
    select jsonb_agg(jsonb_build_object('id', r.id, 'entity_id', r.entity_id) order by r.id)
    from (
      select r.id, r.entity_id from public.zoho_reconcile_rows r
      where r.run_id = p_run and r.entity_type = p_entity_type and r.id > p_after and r.id <= b.until
        and r.entity_id is not null and r.verdict in ('queued', 'differs') and r.reason <> 'not_linked'
      order by r.id limit p_limit) r), '[]'))
  from bound b;
$$;

-- schemas/reconcile/zoho_reconcile_claim.sql

-- Claims the run that is due. Null: there is none, another step is working, the sync is paused, or the day's credits are so
-- low that only changes may be sent. read_at is the database's clock before anything is read from Zoho; poll_since, when
-- Zoho was last asked what was deleted.
create or replace function public.zoho_reconcile_claim(p_worker uuid, p_lease_seconds integer) returns jsonb
language plpgsql set search_path = '' as $$
declare
  v_run public.zoho_reconcile_runs;
  v_state public.zoho_sync_state;
begin
  select * into v_run from public.zoho_reconcile_runs r where r.status = 'running' for update skip locked;
  if not found or v_run.next_step_at > clock_timestamp()
    or (v_run.lease_until > clock_timestamp() and v_run.lease_owner <> p_worker) then
    return null;
  end if;
  select * into v_state from public.zoho_sync_state;
  if v_state.paused_until > clock_timestamp() or zoho_sync.lane_by_credits(v_state.daily_credits) < 2 then
    update public.zoho_reconcile_runs r
    set next_step_at = least(clock_timestamp() + interval '5 minutes',
      case when v_state.paused_until > clock_timestamp() then v_state.paused_until else 'infinity' end)
    where r.id = v_run.id;
    return null;
  end if;
  update public.zoho_reconcile_runs r
  set lease_owner = p_worker, lease_until = clock_timestamp() + make_interval(secs => p_lease_seconds),
    steps = r.steps + 1
  where r.id = v_run.id;
  return jsonb_build_object('id', v_run.id, 'kind', v_run.kind, 'entity_types', v_run.entity_types,
    'since', v_run.since, 'cursor', v_run.cursor, 'read_at', clock_timestamp(),
    'poll_since', (select max(r.started_at) from public.zoho_reconcile_runs r where r.status = 'finished'));
end $$;

-- schemas/reconcile/zoho_reconcile_doubled.sql

-- Of several records that carry the reference of one entity, the one it is linked to is its record (else the oldest);
-- the others are for a person.
create or replace function public.zoho_reconcile_doubled(p_run uuid, p_entity_type text) returns integer
language plpgsql set search_path = '' set plan_cache_mode = 'force_custom_plan' as $$
declare
  v_count integer;
  v_ids constant uuid[] := array(
    select distinct o.entity_id from public.zoho_reconcile_rows o
    where o.run_id = p_run and o.entity_type = p_entity_type and o.verdict = 'differs' and o.reason = 'not_linked'
      and o.entity_id is not null);
begin
  update public.zoho_reconcile_rows r set verdict = 'extra', reason = 'doubled', fields = '{}'
  from (
    select o.id, o.zoho_id, coalesce(m.zoho_id, e.known_id, '') as linked_id,
      row_number() over (partition by o.entity_id order by length(o.zoho_id), o.zoho_id) as place
    from public.zoho_reconcile_rows o
    join zoho_sync.reconcile_entities(p_entity_type, v_ids) e on e.entity_id = o.entity_id
    left join public.zoho_entity_mappings m on m.circletel_type = p_entity_type and m.circletel_id = o.entity_id
      and m.zoho_type = zoho_sync.zoho_type_of(p_entity_type)
    where o.run_id = p_run and o.entity_type = p_entity_type and o.verdict = 'differs' and o.reason = 'not_linked') f
  where r.id = f.id and r.run_id = p_run
    and (f.place > 1 or f.linked_id <> f.zoho_id and f.linked_id in (
      select s.key from zoho_sync.reconcile_seen s where s.run_id = p_run and s.entity_type = p_entity_type));
  get diagnostics v_count = row_count;
  return v_count;
end $$;

-- schemas/reconcile/zoho_reconcile_look.sql

-- What CircleTel knows of records as Zoho has just answered them (p_records: [{zoho_id, reference}]) and of entities
-- (p_ids). One element for each record that is ours, by mapping or by reference, and for each entity:
--   { zoho_id, entity_id, exists, is_internal, reference, mapped_id, mapping, is_busy, dead_code, source }
-- is_busy: on its way at this moment, or written since p_read_at, so that what was read may be older than what is known.
-- A record that was deleted in Zoho and is there again was restored: its entity is sent.
create or replace function public.zoho_reconcile_look(
  p_entity_type text, p_read_at timestamptz, p_records jsonb default '[]', p_ids uuid[] default '{}') returns jsonb
language plpgsql set search_path = '' set plan_cache_mode = 'force_custom_plan' as $$
declare
  v_zoho_type text := zoho_sync.zoho_type_of(p_entity_type);
  v_restored uuid[];
  v_zoho_ids text[];
  v_ids uuid[];
  v_answer jsonb;
begin
  with back as (
    select m.id from public.zoho_entity_mappings m
    join jsonb_to_recordset(p_records) r (zoho_id text) on r.zoho_id = m.zoho_id
    where m.zoho_type = v_zoho_type and m.state = 'deleted_in_zoho' and m.last_synced_at <= p_read_at
    order by m.circletel_id for update of m),
  linked as (
    update public.zoho_entity_mappings m set state = 'linked' from back b where m.id = b.id returning m.circletel_id)
  select array_agg(l.circletel_id) into v_restored from linked l;
  if v_restored is not null then
    perform zoho_sync.reconcile_enqueue(p_entity_type, v_restored, 'restored in Zoho');
  end if;

  with asked as (
    select r.zoho_id, r.reference from jsonb_to_recordset(p_records) r (zoho_id text, reference text)),
  mapped as (
    select a.zoho_id, m.circletel_id as entity_id from asked a
    join public.zoho_entity_mappings m on m.zoho_type = v_zoho_type and m.zoho_id = a.zoho_id
    where m.circletel_type = p_entity_type),
  -- Only of these the number is looked for: an invoice's has no index in CircleTel.
  strange as (
    select a.zoho_id, a.reference from asked a
    where a.reference is not null and not exists (select from mapped m where m.zoho_id = a.zoho_id)),
  pairs as (
    select m.zoho_id, m.entity_id from mapped m
    union all
    select a.zoho_id, e.entity_id from strange a
    join zoho_sync.reconcile_entities(p_entity_type, p_references => array(select r.reference from strange r)) e
      on e.reference = a.reference
    union all
    select null, i.id from unnest(p_ids) i (id))
  select array_agg(p.zoho_id), array_agg(p.entity_id) into v_zoho_ids, v_ids from pairs p;

  select jsonb_agg(jsonb_build_object(
    'zoho_id', p.zoho_id, 'entity_id', p.entity_id, 'exists', e.entity_id is not null,
    'is_internal', coalesce(e.is_internal, false), 'reference', e.reference,
    'mapped_id', coalesce(m.zoho_id, e.known_id),
    'mapping', case when m.id is not null then jsonb_build_object(
      'zoho_id', m.zoho_id, 'state', m.state, 'snapshot', m.snapshot, 'agreed_status', m.agreed_status,
      'revision', m.revision, 'loops', m.loops) end,
    'is_busy', coalesce(q.status in ('pending', 'in_flight'), false) or coalesce(m.last_synced_at > p_read_at, false),
    'dead_code', case when q.status = 'dead' then q.error_code end,
    'source', s.source))
  into v_answer
  from unnest(v_zoho_ids, v_ids) p (zoho_id, entity_id)
  left join zoho_sync.reconcile_entities(p_entity_type, coalesce(v_ids, '{}')) e on e.entity_id = p.entity_id
  left join public.zoho_entity_mappings m
    on m.circletel_type = p_entity_type and m.circletel_id = p.entity_id and m.zoho_type = v_zoho_type
  left join public.zoho_sync_queue q on q.entity_type = p_entity_type and q.entity_id = p.entity_id
  left join zoho_sync.sources(array_fill(p_entity_type, array[coalesce(cardinality(v_ids), 0)]), v_ids) s
    on s.entity_id = p.entity_id;
  return coalesce(v_answer, '[]');
end $$;

-- schemas/reconcile/zoho_reconcile_note.sql

-- Stores a page of verdicts and the cursor behind it, in one transaction. p_results:
--   [{zoho_id, entity_id, reference, verdict, reason, fields}]
-- p_replaces: rows that these results take the place of. Answers the database's clock for the next read, or null when
-- another step has the run.
create or replace function public.zoho_reconcile_note(
  p_run uuid, p_worker uuid, p_lease_seconds integer, p_results jsonb, p_cursor jsonb,
  p_spent jsonb default '{"calls": 0, "credits": 0}', p_entity_type text default null,
  p_replaces bigint[] default '{}', p_finished boolean default false)
returns timestamptz
language plpgsql set search_path = '' set plan_cache_mode = 'force_custom_plan' as $$
declare
  v_matched integer;
  v_by_type jsonb;
begin
  perform from public.zoho_reconcile_runs r
  where r.id = p_run and r.status = 'running' and r.lease_owner = p_worker for update;
  if not found then return null; end if;

  delete from public.zoho_reconcile_rows r where r.run_id = p_run and r.id = any (p_replaces);
  with results as (
    select r.*, coalesce(r.zoho_id, r.entity_id::text) as key
    from jsonb_to_recordset(p_results) r (
      zoho_id text, entity_id uuid, reference text, verdict text, reason text, fields jsonb)),
  fresh as (
    insert into zoho_sync.reconcile_seen (run_id, entity_type, key)
    select distinct p_run, p_entity_type, r.key from results r where r.key is not null
    on conflict do nothing returning key),
  counted as (
    select r.* from results r
    where cardinality(p_replaces) > 0 or exists (select from fresh f where f.key = r.key)),
  stored as (
    insert into public.zoho_reconcile_rows
      (run_id, entity_type, entity_id, zoho_type, zoho_id, reference, verdict, reason, fields)
    select p_run, p_entity_type, c.entity_id, zoho_sync.zoho_type_of(p_entity_type), c.zoho_id, c.reference, c.verdict,
      c.reason, coalesce(c.fields, '{}')
    from counted c where c.verdict <> 'match')
  select count(*) filter (where c.verdict = 'match') into v_matched from counted c;

  perform zoho_sync.record_credits(2::smallint, (p_spent ->> 'credits')::integer, (p_spent ->> 'calls')::integer);

  update public.zoho_reconcile_runs r set
    cursor = p_cursor, faults = 0, error_code = null, error_message = null,
    matched = r.matched + v_matched,
    counts = case when p_entity_type is null then r.counts else r.counts || jsonb_build_object(p_entity_type,
      jsonb_build_object('match', coalesce((r.counts #>> array[p_entity_type, 'match'])::integer, 0) + v_matched)) end,
    calls = r.calls + (p_spent ->> 'calls')::integer, credits = r.credits + (p_spent ->> 'credits')::integer,
    lease_until = clock_timestamp() + make_interval(secs => p_lease_seconds)
  where r.id = p_run;
  if not p_finished then return clock_timestamp(); end if;

  select coalesce(jsonb_object_agg(t.entity_type, t.verdicts), '{}') into v_by_type from (
    select v.entity_type, jsonb_object_agg(v.verdict, v.n) as verdicts from (
      select r.entity_type, r.verdict, count(*) as n from public.zoho_reconcile_rows r
      where r.run_id = p_run group by r.entity_type, r.verdict) v group by v.entity_type) t;
  update public.zoho_reconcile_runs r set
    status = 'finished', finished_at = clock_timestamp(), lease_owner = null, lease_until = null,
    counts = (select jsonb_object_agg(e.type, coalesce(r.counts -> e.type, '{"match": 0}')
      || coalesce(v_by_type -> e.type, '{}')) from unnest(r.entity_types) e (type)),
    differs = n.differs, missing = n.missing, extra = n.extra, queued = n.queued
  from (
    select count(*) filter (where w.verdict = 'differs') as differs,
      count(*) filter (where w.verdict = 'missing') as missing,
      count(*) filter (where w.verdict = 'extra') as extra,
      count(*) filter (where w.verdict = 'queued') as queued
    from public.zoho_reconcile_rows w where w.run_id = p_run) n
  where r.id = p_run;
  delete from zoho_sync.reconcile_seen s where s.run_id = p_run;
  perform zoho_sync.look_at_differences(p_run);
  return clock_timestamp();
end $$;

-- schemas/reconcile/zoho_reconcile_release.sql

-- Ends a step early: the next one is rung for at once, or comes after a while when Zoho could not be asked. A fault that
-- does not pass, or the tenth in a row, ends the run.
create or replace function public.zoho_reconcile_release(
  p_run uuid, p_worker uuid, p_code text default null, p_message text default null, p_final boolean default false)
returns void
language plpgsql set search_path = '' as $$
begin
  update public.zoho_reconcile_runs r set
    lease_owner = null, lease_until = null,
    faults = case when p_code is null then r.faults else r.faults + 1 end,
    error_code = p_code, error_message = p_message,
    status = case when p_code is not null and (p_final or r.faults >= 9) then 'failed' else r.status end,
    finished_at = case when p_code is not null and (p_final or r.faults >= 9) then clock_timestamp() end,
    next_step_at = case when p_code is null then clock_timestamp()
      else clock_timestamp() + make_interval(secs => least(30 * 2 ^ least(r.faults, 5), 900)) end
  where r.id = p_run and r.lease_owner = p_worker;
  update public.zoho_sync_state s set full_reconcile_due = true
  from public.zoho_reconcile_runs r where r.id = p_run and r.status = 'failed' and r.is_due;
  if p_code is null then
    perform zoho_sync.call_function('zoho-admin/reconcile/step', '{"reason":"spent"}'::jsonb);
  end if;
  delete from zoho_sync.reconcile_seen s where s.run_id = p_run
    and exists (select from public.zoho_reconcile_runs r where r.id = p_run and r.status = 'failed');
end $$;

-- schemas/reconcile/zoho_reconcile_repair.sql

-- Repairs what a run found. p_rows are of one run. `differs` is queued and read from Zoho before anything is sent;
-- `missing` loses its link, so that it is made; one that was deleted in Zoho only with p_recreate_deleted, for that was
-- a person's act. `extra` is never touched, and `not_linked` is zoho_move_record's. Answers { enqueued }.
create or replace function public.zoho_reconcile_repair(p_rows bigint[], p_recreate_deleted boolean default false)
returns jsonb
language plpgsql set search_path = '' as $$
declare
  v_type text;
  v_differs uuid[];
  v_missing uuid[];
  v_enqueued integer := 0;
begin
  for v_type in
    select distinct r.entity_type from public.zoho_reconcile_rows r where r.id = any (p_rows) order by 1
  loop
    select array_agg(distinct r.entity_id) filter (where r.verdict = 'differs' and r.reason <> 'not_linked'),
      array_agg(distinct r.entity_id) filter (where r.verdict = 'missing'
        and (r.reason <> 'deleted_in_zoho' or p_recreate_deleted))
    into v_differs, v_missing
    from public.zoho_reconcile_rows r where r.id = any (p_rows) and r.entity_type = v_type and r.entity_id is not null;
    -- The business rows, then the mappings, then the queue.
    if v_type = 'contract' then
      perform from public.contracts c where c.id = any (v_missing) order by c.id for no key update;
    end if;
    perform from public.zoho_entity_mappings m
    where m.circletel_type = v_type and m.circletel_id = any (coalesce(v_differs, '{}') || coalesce(v_missing, '{}'))
    order by m.circletel_id for update;
    -- A Contact is not read before it is written: what Zoho was found not to hold is not known any more.
    update public.zoho_entity_mappings m set snapshot = m.snapshot - array(
      select f.name from public.zoho_reconcile_rows r cross join lateral jsonb_object_keys(r.fields) f (name)
      where r.id = any (p_rows) and r.entity_type = v_type and r.entity_id = m.circletel_id)
    where v_type = 'customer' and m.circletel_type = v_type and m.circletel_id = any (v_differs);
    delete from public.zoho_entity_mappings m where m.circletel_type = v_type and m.circletel_id = any (v_missing);
    if v_type = 'contract' and v_missing is not null then perform zoho_sync.note_deal_id(v_missing, null); end if;
    v_enqueued := v_enqueued + zoho_sync.reconcile_enqueue(
      v_type, coalesce(v_differs, '{}') || coalesce(v_missing, '{}'), 'reconcile');
    update public.zoho_reconcile_rows r set repaired_at = clock_timestamp()
    where r.id = any (p_rows) and r.entity_type = v_type and r.verdict in ('differs', 'missing');
  end loop;
  return jsonb_build_object('enqueued', v_enqueued);
end $$;

-- schemas/reconcile/zoho_reconcile_repairable.sql

-- Rows of a run that can be put right and were not yet, oldest first.
create or replace function public.zoho_reconcile_repairable(
  p_run uuid, p_verdicts text[], p_rows bigint[] default null, p_recreate_deleted boolean default false,
  p_limit integer default 500)
returns setof public.zoho_reconcile_rows
language sql stable set search_path = '' as $$
  select * from public.zoho_reconcile_rows r
  where r.run_id = p_run and r.verdict = any (p_verdicts) and r.verdict in ('differs', 'missing')
    and r.repaired_at is null and r.entity_id is not null and (p_rows is null or r.id = any (p_rows))
    and (r.reason <> 'deleted_in_zoho' or p_recreate_deleted)
  order by r.id limit p_limit;
$$;

-- schemas/reconcile/zoho_reconcile_report.sql

-- A run as a report begins: the row, and what it has found so far. Without p_run the newest. Null when there is none.
create or replace function public.zoho_reconcile_report(p_run uuid default null) returns jsonb
language sql stable set search_path = '' as $$
  select to_jsonb(r) - array['cursor', 'lease_owner', 'lease_until', 'is_due'] || case when r.status = 'finished' then '{}'::jsonb
    else (select jsonb_build_object(
        'differs', count(*) filter (where w.verdict = 'differs'), 'missing', count(*) filter (where w.verdict = 'missing'),
        'extra', count(*) filter (where w.verdict = 'extra'), 'queued', count(*) filter (where w.verdict = 'queued'))
      from public.zoho_reconcile_rows w where w.run_id = r.id) end
  from public.zoho_reconcile_runs r
  where (p_run is null or r.id = p_run)
  order by r.started_at desc limit 1;
$$;

-- schemas/reconcile/zoho_reconcile_start.sql

-- Starts a run, unless one is under way. Without a finished run to start from, or when rows changed that could not
-- be named, an incremental one looks at everything.
-- Types that are switched off (zoho_sync_state.synced_types) are left out. Answers { id, started }; null when none is left.
create or replace function public.zoho_reconcile_start(p_kind text, p_entity_types text[], p_actor text) returns jsonb
language plpgsql set search_path = '' as $$
declare
  v_types text[];
  v_since timestamptz;
  v_id uuid;
begin
  select array_agg(t.type order by t.place) into v_types
  from public.zoho_sync_state s, unnest(p_entity_types) with ordinality t (type, place)
  where t.type = any (s.synced_types);
  if v_types is null then return null; end if;
  if p_kind = 'incremental' and not (select s.full_reconcile_due from public.zoho_sync_state s) then
    select max(r.started_at) into v_since from public.zoho_reconcile_runs r
    where r.status = 'finished' and r.entity_types @> v_types;
  end if;
  insert into public.zoho_reconcile_runs (kind, entity_types, actor, since)
  values (case when v_since is null then 'full' else 'incremental' end, v_types, p_actor, v_since)
  on conflict (status) where status = 'running' do nothing
  returning id into v_id;
  if v_id is not null then
    -- A run over some kinds leaves the others due.
    if v_since is null then
      with due as (
        update public.zoho_sync_state s set full_reconcile_due = false
        where s.full_reconcile_due and s.synced_types <@ v_types returning s.id)
      update public.zoho_reconcile_runs r set is_due = true from due where r.id = v_id;
    end if;
    return jsonb_build_object('id', v_id, 'started', true);
  end if;
  return (select jsonb_build_object('id', r.id, 'started', false)
    from public.zoho_reconcile_runs r where r.status = 'running');
end $$;

-- schemas/reconcile/zoho_reconcile_unseen.sql

-- Entities whose record has not come, in the order of ids: all of them in a full run; in an incremental one those that
-- changed here or never had a record. is_found says that another record with their reference came. One window of p_window
-- entities a call, each some six reads of a cold disk, so that its time does not grow with the table. Answers
-- { entities: [{entity_id, is_found}], next }: behind `next` the following call continues; null after the last window.
create or replace function public.zoho_reconcile_unseen(
  p_run uuid, p_entity_type text, p_since timestamptz default null, p_after uuid default null,
  p_limit integer default 500, p_window integer default 2000) returns jsonb
language plpgsql stable set search_path = '' set plan_cache_mode = 'force_custom_plan' as $$
declare
  v_ids constant uuid[] := zoho_sync.entities_after(p_entity_type, p_after, p_window);
  v_found jsonb;
begin
  v_found := zoho_sync.unseen_of(p_run, p_entity_type, p_since, v_ids, p_limit);
  return jsonb_build_object('entities', v_found, 'next', case
    when jsonb_array_length(v_found) = p_limit then v_found -> -1 -> 'entity_id'
    when cardinality(v_ids) = p_window then to_jsonb(v_ids[p_window]) end);
end $$;

-- The ids of the next rows of a kind, in order.
create or replace function zoho_sync.entities_after(p_entity_type text, p_after uuid, p_limit integer) returns uuid[]
language plpgsql stable set search_path = '' as $$
declare
  v_ids uuid[];
begin
  execute format('select array(select r.id from public.%I r where $1 is null or r.id > $1 order by r.id limit $2)',
    (select t.source_table from zoho_sync.record_types() t where t.entity_type = p_entity_type))
  into v_ids using p_after, p_limit;
  return v_ids;
end $$;

-- Of these entities those that the run has not judged. `in` and `not in`, which are hashed whatever the planner thinks of a
-- table that was empty a minute ago: as `not exists` this took 38 s for 10,000 entities (2 cores). The keys are asked for by
-- name, since a hash of all that a large run has seen does not fit into work_mem, and then every row is compared with every key.
create or replace function zoho_sync.unseen_of(
  p_run uuid, p_entity_type text, p_since timestamptz, p_ids uuid[], p_limit integer) returns jsonb
language plpgsql stable set search_path = '' set plan_cache_mode = 'force_custom_plan' as $$
declare
  v_zoho_type constant text := zoho_sync.zoho_type_of(p_entity_type);
  v_keys text[];
  v_seen text[];
begin
  v_keys := p_ids::text[] || array(
    select m.zoho_id from public.zoho_entity_mappings m
    where m.circletel_type = p_entity_type and m.circletel_id = any (p_ids) and m.zoho_type = v_zoho_type)
    || array(select e.known_id from zoho_sync.reconcile_entities(p_entity_type, p_ids) e where e.known_id is not null);
  v_seen := array(
    select s.key from zoho_sync.reconcile_seen s
    where s.run_id = p_run and s.entity_type = p_entity_type and s.key = any (v_keys));
  return (
    select coalesce(jsonb_agg(jsonb_build_object('entity_id', u.entity_id, 'is_found', u.is_found)
      order by u.entity_id), '[]')
    from (
      select w.entity_id, w.is_found
      from (
        select e.entity_id, e.changed_at, m.id as mapping_id, m.last_synced_at,
          coalesce(m.zoho_id, e.known_id, '') as zoho_id,
          e.entity_id in (
            select r.entity_id from public.zoho_reconcile_rows r
            where r.run_id = p_run and r.verdict = 'differs' and r.reason = 'not_linked'
              and r.entity_type = p_entity_type and r.entity_id is not null) as is_found
        from zoho_sync.reconcile_entities(p_entity_type, p_ids) e
        left join public.zoho_entity_mappings m on m.circletel_type = p_entity_type and m.circletel_id = e.entity_id
          and m.zoho_type = v_zoho_type
        where not e.is_internal) w
      where (p_since is null or w.changed_at >= p_since or w.last_synced_at >= p_since or w.mapping_id is null
          or w.is_found)
        and w.zoho_id not in (select unnest(v_seen)) and w.entity_id::text not in (select unnest(v_seen))
      order by w.entity_id limit p_limit) u);
end $$;

-- schemas/reconcile/zoho_records_of_links.sql

-- Which of these Accounts or Contacts are remembered, and records that point to them: in a merge Zoho moves those to the master,
-- which is how the master is known. [{zoho_id, records: [{module, id}]}]
create or replace function public.zoho_records_of_links(p_zoho_type text, p_ids text[]) returns jsonb
language sql stable set search_path = '' as $$
  select coalesce(jsonb_agg(jsonb_build_object('zoho_id', l.zoho_id, 'records', l.records)), '[]')
  from (
    select i.zoho_id, coalesce(jsonb_agg(jsonb_build_object('module', p.module, 'id', p.zoho_id))
      filter (where p.zoho_id is not null), '[]') as records
    from unnest(p_ids) i (zoho_id)
    left join lateral (
      select m.zoho_id, t.module from (
        select a.* from public.zoho_entity_mappings a
        where p_zoho_type = 'Accounts' and a.snapshot #>> '{Account_Name,id}' = i.zoho_id
        union all
        select c.* from public.zoho_entity_mappings c
        where p_zoho_type = 'Contacts' and c.snapshot #>> '{Contact_Name,id}' = i.zoho_id) m
      join zoho_sync.record_types() t on t.entity_type = m.circletel_type
      where m.state = 'linked' limit 10) p on true
    where case p_zoho_type
      when 'Accounts' then exists (select from public.zoho_accounts a where a.zoho_id = i.zoho_id)
      else exists (select from public.zoho_entity_mappings m where m.zoho_type = 'Contacts' and m.zoho_id = i.zoho_id)
      end
    group by i.zoho_id) l;
$$;

-- schemas/schedule/jobs.sql

-- Every scheduled job, once. `minutes` is the schedule for pg_cron before 1.5, which knows no seconds; `late_after_minutes`
-- is how long the doctor waits for a run before it says that one is late. Times are UTC: 00:23 is 02:23 in Johannesburg.
create or replace function zoho_sync.jobs()
returns table (name text, schedule text, minutes text, late_after_minutes integer, command text)
language sql immutable set search_path = '' as $$
  values
    ('zoho-sync-sweep', '30 seconds', '* * * * *', 5, 'select zoho_sync.sweep()'),
    ('zoho-backfill-sweep', '30 seconds', '* * * * *', 5, 'select zoho_sync.sweep_backfill()'),
    ('zoho-search-keep', '30 seconds', '* * * * *', 10, 'select zoho_sync.keep_search()'),
    ('zoho-reconcile-sweep', '* * * * *', '* * * * *', 10, 'select zoho_sync.sweep_reconcile()'),
    ('zoho-alerts-check', '* * * * *', '* * * * *', 10,
      'select zoho_sync.call_function(''zoho-admin/alerts/check'', ''{"reason":"schedule"}''::jsonb)'),
    ('zoho-token-refresh', '*/5 * * * *', '*/5 * * * *', 15, 'select zoho_sync.refresh_token_ahead()'),
    ('zoho-reconcile-changes', '7 * * * *', '7 * * * *', 150, 'select zoho_sync.schedule_reconcile(''incremental'')'),
    ('zoho-admin-hours', '11 * * * *', '11 * * * *', 150, 'select zoho_sync.roll_hours()'),
    ('zoho-reconcile-all', '23 0 * * *', '23 0 * * *', 1560, 'select zoho_sync.schedule_reconcile(''full'')'),
    ('zoho-sync-purge', '17 1 * * *', '17 1 * * *', 1560, 'select zoho_sync.purge_expired()'),
    ('zoho-channels-renew', '41 3 * * *', '41 3 * * *', 1560,
      'select zoho_sync.call_function(''zoho-admin/watch'', ''{"action":"renew"}''::jsonb)');
$$;

-- schemas/schedule/schedule_all.sql

-- Schedules every job of zoho_sync.jobs(); other jobs stay as they are. May be run again at any time.
-- After pg_cron was switched on, re-created or restored, this one call brings everything back:
--   select * from zoho_sync.schedule_all();
-- Answers each job with its schedule and what was done: scheduled, changed or kept. None without pg_cron.
-- Definer: jobs belong to the role that schedules them, and those of two owners would both run.
create or replace function zoho_sync.schedule_all() returns table (job text, schedule text, done text)
language plpgsql security definer set search_path = '' as $$
declare
  v_has_seconds boolean;
  j record;
begin
  if to_regprocedure('cron.schedule(text,text,text)') is null then
    raise warning 'zoho_sync: pg_cron is not switched on, so nothing is scheduled'
      using hint = 'Dashboard → Database → Extensions → pg_cron, then: select * from zoho_sync.schedule_all()';
    return;
  end if;
  -- Debian's is called "1.4-1".
  select regexp_match(x.extversion, '^(\d+)\.(\d+)')::integer[] >= array[1, 5] into v_has_seconds
  from pg_catalog.pg_extension x where x.extname = 'pg_cron';

  for j in execute format($sql$
    select w.name, w.wanted, w.command,
      case
        when c.jobname is null then 'scheduled'
        when (c.schedule, c.command, c.active) is distinct from (w.wanted, w.command, true) then 'changed'
        else 'kept' end as done
    from (
      select j.name, j.command, case when %L then j.schedule else j.minutes end as wanted from zoho_sync.jobs() j) w
    left join cron.job c on c.jobname = w.name and c.username = current_user
    order by 1$sql$, v_has_seconds)
  loop
    job := j.name;
    schedule := j.wanted;
    done := j.done;
    if j.done <> 'kept' then
      execute format('select cron.schedule(%L, %L, %L)', j.name, j.wanted, j.command);
    end if;
    -- cron.schedule leaves a job that was switched off as it is before pg_cron 1.6.
    if j.done = 'changed' then
      execute format('select cron.alter_job(o.jobid, active => true) from cron.job o where o.jobname = %L and o.username = current_user and not o.active', j.name);
    end if;
    insert into zoho_sync.scheduled_jobs as s (name) values (j.name)
    on conflict (name) do update set scheduled_at = now() where j.done <> 'kept';
    return next;
  end loop;
end $$;

-- schemas/search/keep_search.sql

-- Keeps the search entries current: those that are due, and a walk over all rows once a day, which fills the table at first
-- and finds rows without a note. Run by the schedule; a search first updates what is due. One session at a time, and none waits:
-- a session that does not get the lock leaves the work to the one that has it.
create or replace function zoho_sync.keep_search() returns void
language plpgsql security definer set search_path = '' as $$
declare
  -- About a tenth of the time between two rings.
  v_until constant timestamptz := clock_timestamp() + interval '3 seconds';
begin
  while clock_timestamp() < v_until and zoho_sync.refresh_search(1000) > 0 loop null; end loop;
  while clock_timestamp() < v_until and zoho_sync.walk_search(1000) loop null; end loop;
end $$;

-- Brings the entries that are due up to date, p_most of them; answers how many it took. A search waits for 100, a few
-- milliseconds: what a large statement left is the schedule's work.
create or replace function zoho_sync.refresh_search(p_most integer default 100) returns integer
language plpgsql set search_path = '' set plan_cache_mode = 'force_custom_plan' as $$
declare
  v_count integer := 0;
  d record;
begin
  if not exists (select from zoho_sync.search_due)
    or not pg_try_advisory_xact_lock(hashtextextended('zoho_sync.keep_search', 0)) then return 0; end if;
  for d in
    with taken as (
      delete from zoho_sync.search_due o
      where o.id in (select i.id from zoho_sync.search_due i order by i.id limit p_most) returning o.*)
    select t.entity_type, array_agg(distinct t.entity_id) as ids, count(*)::integer as notes from taken t group by t.entity_type
  loop
    perform zoho_sync.write_search(d.entity_type, d.ids);
    v_count := v_count + d.notes;
  end loop;
  return v_count;
exception when syntax_error_or_access_rule_violation then
  -- A column that it reads was renamed or dropped: what is due stays, and a search finds what it found before.
  perform zoho_sync.note_search_fault(sqlstate, sqlerrm);
  return 0;
end $$;

-- The next step over the rows of a kind whose walk has not ended within the last 20 hours; false when there is none.
create or replace function zoho_sync.walk_search(p_most integer) returns boolean
language plpgsql set search_path = '' set plan_cache_mode = 'force_custom_plan' as $$
declare
  v_type text;
  v_after uuid;
  v_ids uuid[];
  v_last uuid;
begin
  if not pg_try_advisory_xact_lock(hashtextextended('zoho_sync.keep_search', 0)) then return false; end if;
  select t.entity_type, w.after into v_type, v_after
  from zoho_sync.record_types() t left join zoho_sync.search_walk w on w.entity_type = t.entity_type
  where w.ended_at is null or w.ended_at < now() - interval '20 hours'
  order by w.after is null, t.entity_type limit 1;
  if v_type is null then return false; end if;
  v_ids := zoho_sync.entities_after(v_type, v_after, p_most);
  v_last := case when cardinality(v_ids) = p_most then v_ids[p_most] end;
  perform zoho_sync.write_search(v_type, v_ids);
  -- Between this step's ends there are entries of rows that are gone.
  delete from zoho_sync.search_entries s
  where s.entity_type = v_type and (v_after is null or s.entity_id > v_after) and (v_last is null or s.entity_id <= v_last)
    and not exists (select from unnest(v_ids) i (id) where i.id = s.entity_id);
  insert into zoho_sync.search_walk as w (entity_type, after, ended_at)
  values (v_type, v_last, case when v_last is null then now() end)
  on conflict (entity_type) do update set after = excluded.after, ended_at = excluded.ended_at;
  -- Where pg_trgm was switched on later.
  if v_last is null then perform zoho_sync.index_search(); end if;
  return true;
exception when syntax_error_or_access_rule_violation then
  perform zoho_sync.note_search_fault(sqlstate, sqlerrm);
  return false;
end $$;

-- Class 42: the message names identifiers, never a value.
create or replace function zoho_sync.note_search_fault(p_state text, p_message text) returns void
language sql set search_path = '' as $$
  insert into public.zoho_notices (kind, message)
  select 'search_fault', m.message
  from (select format('the search cannot be kept current (%s %s); it finds what it found before', p_state, p_message)) m (message)
  where not exists (
    select from public.zoho_notices n
    where n.kind = 'search_fault' and n.message = m.message and n.acknowledged_at is null);
$$;

-- The index that finds a part of a word. Without pg_trgm a search reads the table from end to end and finds the same.
create or replace function zoho_sync.index_search() returns void
language plpgsql set search_path = '' as $$
declare
  v_schema name := (select n.nspname from pg_catalog.pg_extension e
    join pg_catalog.pg_namespace n on n.oid = e.extnamespace where e.extname = 'pg_trgm');
begin
  if v_schema is null then return; end if;
  execute format('create index if not exists search_entries_haystack_idx on zoho_sync.search_entries
    using gin (haystack %I.gin_trgm_ops)', v_schema);
end $$;

-- schemas/search/note_searched.sql

-- Which search entries are out of date because of notes from the outbox. Appends and does nothing else: the fold is waited
-- for by every drain. Most notes (KYC, RICA, a status, a price) concern none.
create or replace function zoho_sync.note_searched(p_notes zoho_sync.outbox[]) returns void
language plpgsql set search_path = '' as $$
declare
  v_notes zoho_sync.outbox[] := array(
    select n from unnest(p_notes) n
    join (values
      ('contracts', '{id,contract_number,quote_id,customer_id}'::text[]),
      ('business_quotes', '{id,quote_number,company_name,customer_id}'),
      ('customers', '{id,first_name,last_name,business_name,account_type}'),
      ('customer_invoices', '{id,customer_id,invoice_number}')) t (source_table, shown)
      on t.source_table = n.source_table
    where coalesce(n.changed && t.shown, true));
begin
  if cardinality(v_notes) = 0 then return; end if;
  insert into zoho_sync.search_due (entity_type, entity_id)
  select s.entity_type, s.entity_id from zoho_sync.searched_by(v_notes) s;
  -- A TRUNCATE does not name its rows.
  if exists (select from unnest(v_notes) n where n.ids is null) then
    delete from zoho_sync.search_walk w where w.entity_type is not null;
  end if;
end $$;

create or replace function zoho_sync.searched_by(p_notes zoho_sync.outbox[]) returns table (entity_type text, entity_id uuid)
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
begin
  return query
  with ids as materialized (
    select n.source_table, n.operation, i.id from unnest(p_notes) n cross join lateral unnest(n.ids) i (id)),
  owners as materialized (
    select o.id from unnest(p_notes) n cross join lateral unnest(n.owners) o (id)
    where n.source_table in ('contracts', 'business_quotes'))
  select t.entity_type, i.id from ids i join zoho_sync.record_types() t on t.source_table = i.source_table
  union
  select 'contract', c.id from ids i join public.contracts c on c.quote_id = i.id
  where i.source_table = 'business_quotes' and i.operation <> 'INSERT'
  union
  select e.entity_type, e.entity_id
  from zoho_sync.customer_entities(array(
    select i.id from ids i where i.source_table = 'customers' and i.operation <> 'INSERT')) e
  union
  -- A customer named by a quote or contract belongs to the CRM from then on, with the invoices; the previous one may not be
  -- any more.
  select 'customer', o.id from owners o
  union
  select 'invoice', i.id from owners o join public.customer_invoices i on i.customer_id = o.id;
end $$;

-- A record was linked, moved or unlinked. Definer: an admin may delete a mapping, and writes nothing of ours.
create or replace function zoho_sync.note_mapped() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  if tg_level = 'STATEMENT' then
    insert into zoho_sync.search_due (entity_type, entity_id) select r.circletel_type, r.circletel_id from mapped r;
  else
    insert into zoho_sync.search_due (entity_type, entity_id)
    select distinct v.* from (values (old.circletel_type, old.circletel_id), (new.circletel_type, new.circletel_id)) v (t, id);
  end if;
  return null;
end $$;

-- schemas/search/search_rows.sql

-- What can be looked for of these entities, as their rows are now. Of customers and invoices only those of the CRM: a
-- consumer's name is not copied, nor is anything of a person who was erased (POPIA).
create or replace function zoho_sync.search_rows(p_entity_type text, p_ids uuid[])
returns table (entity_id uuid, number text, company text, person text, account_key text, is_erased boolean)
language plpgsql stable set search_path = '' set plan_cache_mode = 'force_custom_plan' as $$
begin
  if p_entity_type = 'contract' then
    return query select c.id, c.contract_number::text, n.company, n.person, n.account_key, n.is_erased
    from public.contracts c
    join public.business_quotes q on q.id = c.quote_id
    left join public.customers cu on cu.id = coalesce(c.customer_id, q.customer_id)
    cross join lateral zoho_sync.search_names(q.company_name, cu.business_name, cu.first_name, cu.last_name, cu.id) n
    where c.id = any (p_ids);
  elsif p_entity_type = 'quote' then
    return query select q.id, q.quote_number::text, n.company, n.person, n.account_key, n.is_erased
    from public.business_quotes q
    left join public.customers cu on cu.id = q.customer_id
    cross join lateral zoho_sync.search_names(q.company_name, cu.business_name, cu.first_name, cu.last_name, cu.id) n
    where q.id = any (p_ids);
  elsif p_entity_type = 'invoice' then
    return query select i.id, i.invoice_number::text, n.company, n.person, n.account_key, n.is_erased
    from public.customer_invoices i
    join zoho_sync.crm_customers(array(select v.customer_id from public.customer_invoices v where v.id = any (p_ids))) crm (id)
      on crm.id = i.customer_id
    join public.customers cu on cu.id = i.customer_id
    -- One without a business of their own is billed under the company of their newest quote.
    left join lateral (
      select bq.company_name from public.business_quotes bq where bq.customer_id = cu.id
      order by bq.created_at desc nulls last, bq.id desc limit 1) q on true
    cross join lateral zoho_sync.search_names(cu.business_name, q.company_name, cu.first_name, cu.last_name, cu.id) n
    where i.id = any (p_ids);
  elsif p_entity_type = 'customer' then
    return query select cu.id, null::text, n.company, n.person, n.account_key, n.is_erased
    from public.customers cu
    cross join lateral zoho_sync.search_names(cu.business_name, null, cu.first_name, cu.last_name, cu.id) n
    where cu.id in (select crm.id from zoho_sync.crm_contacts(p_ids) crm (id));
  end if;
end $$;

-- A company as it is shown, the customer's name, and the key of the company's Account. Of a person who was erased only the company
-- that they bought for.
create or replace function zoho_sync.search_names(
  p_company text, p_other_company text, p_first_name text, p_last_name text, p_customer_id uuid,
  out company text, out person text, out account_key text, out is_erased boolean)
language plpgsql stable set search_path = '' as $$
begin
  company := coalesce(nullif(btrim(p_company), ''), nullif(btrim(p_other_company), ''));
  account_key := zoho_sync.account_key(p_company, p_other_company, p_customer_id);
  person := nullif(btrim(concat_ws(' ', btrim(p_first_name), btrim(p_last_name))), '');
  is_erased := false;
  if exists (select from zoho_sync.erased_people e where e.customer_id = p_customer_id) then
    is_erased := coalesce(lower(company) = lower(person), false);
    if is_erased then company := null; end if;
    person := null;
    if company is null then account_key := null; end if;
  end if;
end $$;

-- Writes the entries of these entities, those that differ only, and removes those of entities that are not to be found. Of a text
-- that a person types by the page only what a reader looks for is kept.
create or replace function zoho_sync.write_search(p_entity_type text, p_ids uuid[]) returns void
language sql set search_path = '' as $$
  with wanted as materialized (
    select r.entity_id, left(r.number, 200) as number, case when not x.is_erased then left(r.company, 200) end as company,
      case when not x.is_erased then left(r.person, 200) end as person,
      case when not x.is_erased then r.account_key end as account_key, m.zoho_id, x.is_erased
    from zoho_sync.search_rows(p_entity_type, p_ids) r
    cross join lateral (select r.is_erased or exists (select from zoho_sync.search_entries o
      where o.entity_type = p_entity_type and o.entity_id = r.entity_id and o.is_erased)) x (is_erased)
    left join public.zoho_entity_mappings m on m.circletel_type = p_entity_type and m.circletel_id = r.entity_id),
  gone as (
    delete from zoho_sync.search_entries s
    where s.entity_type = p_entity_type and s.entity_id = any (p_ids)
      and not exists (select from wanted w where w.entity_id = s.entity_id))
  insert into zoho_sync.search_entries as s (entity_type, entity_id, number, company, person, zoho_id, account_key, is_erased)
  select p_entity_type, w.entity_id, w.number, w.company, w.person, w.zoho_id, w.account_key, w.is_erased from wanted w
  left join zoho_sync.search_entries e on e.entity_type = p_entity_type and e.entity_id = w.entity_id
  where e.entity_id is null or (e.number, e.company, e.person, e.zoho_id, e.account_key, e.is_erased)
    is distinct from (w.number, w.company, w.person, w.zoho_id, w.account_key, w.is_erased)
  on conflict (entity_type, entity_id) do update set
    number = excluded.number, company = excluded.company, person = excluded.person, zoho_id = excluded.zoho_id,
    account_key = excluded.account_key, is_erased = excluded.is_erased;
$$;

-- schemas/search/zoho_admin_search.sql

-- What matches all words, the best first. p_words are lower case and hold no sign that LIKE knows; p_zoho_id is the id of a
-- pasted link or a whole id, and may be an Account's. Answers { items, more }.
create or replace function public.zoho_admin_search(p_words text[], p_zoho_id text default null, p_limit integer default 20)
returns jsonb
language plpgsql set search_path = '' set plan_cache_mode = 'force_custom_plan' as $$
declare
  v_phrase text := array_to_string(p_words, ' ');
  v_found zoho_sync.search_entries[];
begin
  perform zoho_sync.refresh_search();
  if p_zoho_id is not null then
    v_found := zoho_sync.found_by_zoho_id(p_zoho_id, p_limit + 1);
  end if;
  if coalesce(cardinality(v_found), 0) = 0 and cardinality(p_words) > 0 then
    v_found := zoho_sync.found_by_words(p_words, v_phrase);
  end if;
  return (
    select jsonb_build_object(
      'items', coalesce(jsonb_agg(jsonb_build_object('entityType', f.entity_type, 'entityId', f.entity_id,
        'number', f.number, 'name', coalesce(f.company, f.person), 'zohoId', f.zoho_id, 'matched', f.matched)
        order by f.place) filter (where f.place <= p_limit), '[]'),
      'more', coalesce(max(f.place) > p_limit, false))
    from (
      select e.*, r.matched, row_number() over (order by r.rank, array_position(array['contract', 'quote', 'invoice', 'customer'],
        e.entity_type), length(e.number) desc, e.number desc, e.entity_id) as place
      from unnest(v_found) e cross join lateral zoho_sync.search_rank(e, p_words, v_phrase, p_zoho_id) r) f);
end $$;

-- The entity that owns a record, or those of the company that owns an Account.
create or replace function zoho_sync.found_by_zoho_id(p_zoho_id text, p_most integer) returns zoho_sync.search_entries[]
language sql stable set search_path = '' as $$
  select array(
    (select e from zoho_sync.search_entries e where e.zoho_id = p_zoho_id limit p_most)
    union all
    (select e from public.zoho_accounts a join zoho_sync.search_entries e on e.account_key = a.account_key
    where a.zoho_id = p_zoho_id limit p_most));
$$;

-- What is called exactly so comes from indexes of its own; of what holds the words somewhere, 300 are enough to choose from.
-- A condition for each word, written out: the trigrams of `like all (array)` are not looked up.
create or replace function zoho_sync.found_by_words(p_words text[], p_phrase text) returns zoho_sync.search_entries[]
language plpgsql stable set search_path = '' as $$
declare
  v_found zoho_sync.search_entries[];
begin
  execute format($sql$
    select array(
      select f.e from (
        (select e, e.entity_type, e.entity_id from zoho_sync.search_entries e where lower(e.number) = $1 limit 50)
        union
        (select e, e.entity_type, e.entity_id from zoho_sync.search_entries e where e.tail = ltrim($1, '0') limit 50)
        union
        (select e, e.entity_type, e.entity_id from zoho_sync.search_entries e where %s limit 300)) f)$sql$,
    (select string_agg(format('e.haystack like %L', '%' || w || '%'), ' and ') from unnest(p_words) w))
  into v_found using p_phrase;
  return v_found;
end $$;

-- How good a match is, the lowest best, and what of the entity matched.
create or replace function zoho_sync.search_rank(
  p_entry zoho_sync.search_entries, p_words text[], p_phrase text, p_zoho_id text, out rank integer, out matched text)
language sql immutable set search_path = '' as $$
  select r.rank, r.matched from (values
    (0, 'number', lower(p_entry.number) = p_phrase),
    (1, 'zoho_id', p_entry.zoho_id = coalesce(p_zoho_id, p_phrase)),
    (2, 'number', p_entry.tail = ltrim(p_phrase, '0')),
    (3, 'number', strpos(lower(p_entry.number), p_phrase) > 0),
    (4, 'company', starts_with(lower(p_entry.company), p_phrase)),
    (5, 'person', starts_with(lower(p_entry.person), p_phrase)),
    (6, 'company', strpos(lower(p_entry.company), p_words[1]) > 0),
    (7, 'person', strpos(lower(p_entry.person), p_words[1]) > 0),
    (8, 'account', p_zoho_id is not null and p_entry.zoho_id is distinct from p_zoho_id),
    (9, 'zoho_id', true)) r (rank, matched, holds)
  where r.holds order by r.rank limit 1;
$$;

-- schemas/sources/account_key.sql

-- The steps of a drain, each one transaction and one round trip. Called by rpc() with the service role only.

-- A company is one Account however its name is cased or spaced; a private person is known by the customer's id. A name is told by
-- its first 200 characters, which is what Zoho keeps of it; an index row has no room for every text.
create or replace function zoho_sync.account_key(p_company text, p_business text, p_customer_id uuid) returns text
language sql immutable set search_path = '' as $$
  select coalesce(
    'company:' || nullif(left(lower(regexp_replace(btrim(p_company), '\s+', ' ', 'g')), 200), ''),
    'company:' || nullif(left(lower(regexp_replace(btrim(p_business), '\s+', ' ', 'g')), 200), ''),
    'customer:' || p_customer_id::text);
$$;

-- schemas/sources/contract_sources.sql

-- Everything a record's projection needs, and nothing else: no phone, ID number, address or document.
-- A contract that names a KYC session is judged by that one; otherwise, as a quote is, by the newest of the quote. A row that
-- does not say when it was made is older than one that does. valid_until is there for a contract that does not say it.
create or replace function zoho_sync.contract_sources(p_ids uuid[]) returns table (contract_id uuid, source jsonb)
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
begin
  return query
  with wanted as materialized (
    select c.id, c.contract_number, c.status, c.total_contract_value, c.start_date, c.fully_signed_date, c.created_at,
      c.zoho_deal_id, c.kyc_session_id, c.quote_id, c.customer_id,
      q.company_name, q.customer_id as quote_customer_id,
      case when c.created_at is null then q.valid_until end as valid_until
    from public.contracts c join public.business_quotes q on q.id = c.quote_id
    where c.id = any (p_ids))
  select c.id, p.party || jsonb_build_object(
    'contract', jsonb_build_object(
      'id', c.id, 'contract_number', c.contract_number, 'status', c.status,
      'total_contract_value', c.total_contract_value, 'start_date', c.start_date,
      'fully_signed_date', c.fully_signed_date, 'created_at', c.created_at, 'zoho_deal_id', c.zoho_deal_id),
    'quote', jsonb_build_object('id', c.quote_id, 'company_name', c.company_name, 'valid_until', c.valid_until),
    'kyc', case when k.id is not null then jsonb_build_object(
      'status', k.status, 'verification_result', k.verification_result,
      'risk_tier', k.risk_tier, 'completed_at', k.completed_at) end,
    'rica', case when r.id is not null then jsonb_build_object('status', r.status) end)
  from wanted c
  join zoho_sync.parties(
    array(select w.id from wanted w order by w.id), array(select w.company_name from wanted w order by w.id),
    array(select w.customer_id from wanted w order by w.id),
    array(select w.quote_customer_id from wanted w order by w.id)) p on p.entity_id = c.id
  left join lateral (
    select s.id, s.status, s.verification_result, s.risk_tier, s.completed_at
    from public.kyc_sessions s
    where s.id = c.kyc_session_id or (c.kyc_session_id is null and s.quote_id = c.quote_id)
    order by s.created_at desc nulls last, s.id desc
    limit 1) k on true
  left join lateral (
    select rs.id, rs.status
    from public.kyc_sessions s join public.rica_submissions rs on rs.kyc_session_id = s.id
    where s.id = c.kyc_session_id or (c.kyc_session_id is null and s.quote_id = c.quote_id)
    order by rs.created_at desc nulls last, rs.id desc
    limit 1) r on true;
end $$;

-- schemas/sources/crm_entities.sql

-- Of these customers, those who go to the CRM: businesses, and customers with a quote or a contract. Consumers never do
-- (POPIA).
create or replace function zoho_sync.crm_customers(p_ids uuid[]) returns setof uuid
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
begin
  return query
  select cu.id from public.customers cu
  where cu.id = any (p_ids) and cu.account_type is distinct from 'internal_test'
    and (cu.account_type = 'business'
      or exists (select from public.business_quotes q where q.customer_id = cu.id)
      or exists (select from public.contracts c where c.customer_id = cu.id));
end $$;

-- Of these customers, those who have a Contact in the CRM or are to get one: not who was erased.
create or replace function zoho_sync.crm_contacts(p_ids uuid[]) returns setof uuid
language sql stable set search_path = '' as $$
  select crm.id from zoho_sync.crm_customers(p_ids) crm (id)
  where not exists (select from zoho_sync.erased_people e where e.customer_id = crm.id);
$$;

-- Of these entities, those that have a record in the CRM or are to get one. Not: kinds that are switched off, rows of
-- internal_test customers, consumers, quotes and invoices without a number, and ids that are no row.
create or replace function zoho_sync.crm_entities(p_types text[], p_ids uuid[])
returns table (entity_type text, entity_id uuid)
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
begin
  return query
  with wanted as materialized (
    select distinct u.entity_type, u.id from unnest(p_types, p_ids) u (entity_type, id), public.zoho_sync_state s
    where u.entity_type = any (s.synced_types))
  select 'contract', c.id
  from wanted w
  join public.contracts c on c.id = w.id
  join public.business_quotes q on q.id = c.quote_id
  left join public.customers cu on cu.id = c.customer_id
  left join public.customers qcu on qcu.id = q.customer_id
  where w.entity_type = 'contract' and cu.account_type is distinct from 'internal_test'
    and qcu.account_type is distinct from 'internal_test'
  union all
  select 'quote', q.id
  from wanted w
  join public.business_quotes q on q.id = w.id
  left join public.customers cu on cu.id = q.customer_id
  where w.entity_type = 'quote' and cu.account_type is distinct from 'internal_test' and btrim(q.quote_number) <> ''
  union all
  select 'customer', cu.id
  from zoho_sync.crm_contacts(array(select w.id from wanted w where w.entity_type = 'customer')) cu (id)
  union all
  select 'invoice', i.id
  from wanted w
  join public.customer_invoices i on i.id = w.id
  where w.entity_type = 'invoice' and btrim(i.invoice_number) <> ''
    and i.customer_id in (select cu.id from zoho_sync.crm_customers(array(
      select v.customer_id from wanted x join public.customer_invoices v on v.id = x.id
      where x.entity_type = 'invoice')) cu (id));
end $$;

-- Everything whose record shows one of these customers: as Contact, or by the name of the Account.
create or replace function zoho_sync.customer_entities(p_customer_ids uuid[])
returns table (customer_id uuid, entity_type text, entity_id uuid)
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
begin
  return query
  select cu.id, 'customer', cu.id from public.customers cu where cu.id = any (p_customer_ids)
  union all
  select c.customer_id, 'contract', c.id from public.contracts c where c.customer_id = any (p_customer_ids)
  union all
  select q.customer_id, 'contract', c.id from public.business_quotes q join public.contracts c on c.quote_id = q.id
  where q.customer_id = any (p_customer_ids)
  union all
  select q.customer_id, 'quote', q.id from public.business_quotes q where q.customer_id = any (p_customer_ids)
  union all
  select i.customer_id, 'invoice', i.id from public.customer_invoices i where i.customer_id = any (p_customer_ids);
end $$;

-- schemas/sources/customer_sources.sql

-- The customers who go to the CRM as Contacts.
create or replace function zoho_sync.customer_sources(p_ids uuid[]) returns table (customer_id uuid, source jsonb)
language sql stable set search_path = '' as $$
  with wanted as materialized (select cu.id from zoho_sync.crm_contacts(p_ids) cu (id))
  select p.entity_id, p.party
  from zoho_sync.parties(
    array(select w.id from wanted w order by w.id), array(select null::text from wanted),
    array(select w.id from wanted w order by w.id), '{}') p;
$$;

-- schemas/sources/invoice_sources.sql

-- A person without a business of their own is billed under the company of their newest quote, as their Deals are.
create or replace function zoho_sync.invoice_sources(p_ids uuid[]) returns table (invoice_id uuid, source jsonb)
language sql stable set search_path = '' as $$
  with wanted as materialized (
    select i.id, i.customer_id, i.invoice_number, i.invoice_date, i.due_date, i.total_amount, i.status,
      coalesce(nullif(btrim(cu.business_name), ''), q.company_name) as company_name
    from public.customer_invoices i join public.customers cu on cu.id = i.customer_id
    left join lateral (
      select bq.company_name from public.business_quotes bq where bq.customer_id = i.customer_id
      order by bq.created_at desc nulls last, bq.id desc
      limit 1) q on true
    where i.id = any (p_ids) and btrim(i.invoice_number) <> ''
      and i.customer_id in (select crm.id from zoho_sync.crm_customers(array(
        select v.customer_id from public.customer_invoices v where v.id = any (p_ids))) crm (id)))
  select i.id, p.party || jsonb_build_object(
    'company_name', i.company_name,
    'invoice', jsonb_build_object(
      'id', i.id, 'invoice_number', i.invoice_number, 'invoice_date', i.invoice_date, 'due_date', i.due_date,
      'total_amount', i.total_amount, 'status', i.status))
  from wanted i
  join zoho_sync.parties(
    array(select w.id from wanted w order by w.id), array(select w.company_name from wanted w order by w.id),
    array(select w.customer_id from wanted w order by w.id), '{}') p on p.entity_id = i.id;
$$;

-- schemas/sources/missing_entities.sql

-- Those of the entities whose row is not there.
create or replace function zoho_sync.missing_entities(p_types text[], p_ids uuid[])
returns table (entity_type text, entity_id uuid)
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
begin
  return query
  select e.entity_type, e.id from unnest(p_types, p_ids) e (entity_type, id)
  where not case e.entity_type
    when 'contract' then exists (select from public.contracts r where r.id = e.id)
    when 'quote' then exists (select from public.business_quotes r where r.id = e.id)
    when 'customer' then exists (select from public.customers r where r.id = e.id)
    when 'invoice' then exists (select from public.customer_invoices r where r.id = e.id)
    else false end;
end $$;

-- schemas/sources/parties.sql

-- The customer and company of an entity: the customer, the company's Account and the person's Contact as far as they are known, what a
-- person answered about that Contact and what becomes of the customer's own change. The arrays go together; p_quote_customers is
-- the customer of the entity's quote. An erased person counts as no customer, except for records that already point to their Contact.
create or replace function zoho_sync.parties(
  p_ids uuid[], p_companies text[], p_customers uuid[], p_quote_customers uuid[])
returns table (entity_id uuid, party jsonb)
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
begin
  return query
  select e.id, jsonb_build_object(
    'customer', case when cu.id is not null and (er.customer_id is null or mc.zoho_id is not null) then jsonb_build_object(
      'id', cu.id, 'first_name', cu.first_name, 'last_name', cu.last_name, 'email', cu.email,
      'business_name', cu.business_name) end,
    'internal_test', coalesce(cu.account_type = 'internal_test', false)
      or coalesce(qcu.account_type = 'internal_test', false),
    'account_key', a.account_key,
    'account_id', za.zoho_id,
    'contact', case when mc.zoho_id is not null then jsonb_build_object('zoho_id', mc.zoho_id,
      'is_unlinked', mc.state = 'unlinked' or er.customer_id is not null,
      -- What a write whose answer was lost has touched is not known any more, and is sent again.
      'snapshot', mc.snapshot - array(
        select jsonb_object_keys(l.request_payload) from public.zoho_sync_logs l
        where l.entity_type = 'customer' and l.entity_id = cu.id and l.outcome = 'unknown')) end,
    'contact_answer', (
      select jsonb_build_object('choice', n.answer, 'chosen_id', n.chosen_id, 'candidates', n.theirs)
      from public.zoho_questions n
      where n.entity_type = 'customer' and n.entity_id = cu.id and n.kind = 'contact_match' and n.closed_at is null
        and n.answer is not null),
    -- The answer is remembered by its question.
    'contact_merged', mc.zoho_id is null and exists (
      select from public.zoho_questions n
      where n.entity_type = 'customer' and n.entity_id = cu.id and n.kind = 'contact_match' and n.reason = 'merged'
        and (n.closed_at is null and n.answer is null or n.answer = 'keep')),
    'customer_change', case
      when 'customer' <> all (s.synced_types) then 'off'
      when exists (select from public.zoho_sync_queue w
        where w.entity_type = 'customer' and w.entity_id = cu.id and w.error_code is not null
          and (w.status = 'dead' or w.status = 'pending' and w.next_attempt_at > now())) then 'waits'
      else 'free' end)
  from unnest(p_ids, p_companies, p_customers, p_quote_customers) e (id, company, customer_id, quote_customer_id)
  cross join public.zoho_sync_state s
  left join public.customers qcu on qcu.id = e.quote_customer_id
  left join public.customers cu on cu.id = coalesce(e.customer_id, e.quote_customer_id)
  cross join lateral (select zoho_sync.account_key(e.company, cu.business_name, cu.id)) a (account_key)
  left join public.zoho_accounts za on za.account_key = a.account_key
  left join public.zoho_entity_mappings mc
    on mc.circletel_type = 'customer' and mc.circletel_id = cu.id and mc.zoho_type = 'Contacts'
  left join zoho_sync.erased_people er on er.customer_id = cu.id;
end $$;

-- schemas/sources/quote_sources.sql

-- A quote or an invoice without a number has nothing yet that its record could be found by: it waits for the number.
create or replace function zoho_sync.quote_sources(p_ids uuid[]) returns table (quote_id uuid, source jsonb)
language sql stable set search_path = '' as $$
  with wanted as materialized (
    select q.id, q.quote_number, q.company_name, q.customer_id, q.status, q.contract_term, q.total_monthly,
      q.total_installation, q.valid_until
    from public.business_quotes q where q.id = any (p_ids) and btrim(q.quote_number) <> '')
  select q.id, p.party || jsonb_build_object(
    'quote', jsonb_build_object(
      'id', q.id, 'quote_number', q.quote_number, 'company_name', q.company_name, 'status', q.status,
      'contract_term', q.contract_term, 'total_monthly', q.total_monthly,
      'total_installation', q.total_installation, 'valid_until', q.valid_until),
    'items', coalesce(i.items, '[]'),
    'kyc', case when k.id is not null then jsonb_build_object(
      'status', k.status, 'verification_result', k.verification_result) end)
  from wanted q
  join zoho_sync.parties(
    array(select w.id from wanted w order by w.id), array(select w.company_name from wanted w order by w.id),
    array(select w.customer_id from wanted w order by w.id),
    array(select w.customer_id from wanted w order by w.id)) p on p.entity_id = q.id
  left join lateral (
    select jsonb_agg(jsonb_build_object(
      'service_name', i.service_name, 'quantity', i.quantity, 'monthly_price', i.monthly_price,
      'installation_price', i.installation_price) order by i.display_order, i.id) as items
    from public.business_quote_items i where i.quote_id = q.id) i on true
  left join lateral (
    select s.id, s.status, s.verification_result
    from public.kyc_sessions s where s.quote_id = q.id
    order by s.created_at desc nulls last, s.id desc
    limit 1) k on true;
$$;

-- schemas/sources/sources.sql

-- The sources of a mixed lot; none for a kind that is switched off or for a row that does not go to the CRM.
create or replace function zoho_sync.sources(p_types text[], p_ids uuid[])
returns table (entity_type text, entity_id uuid, source jsonb)
language plpgsql stable set search_path = '' as $$
declare
  v_kind record;
begin
  for v_kind in
    select u.entity_type as name, array_agg(u.id) as ids
    from unnest(p_types, p_ids) u (entity_type, id), public.zoho_sync_state s
    where u.entity_type = any (s.synced_types) group by u.entity_type
  loop
    -- Each only where it is wanted: the plans of the others cost more than the rows of one.
    case v_kind.name
      when 'contract' then return query select v_kind.name, s.* from zoho_sync.contract_sources(v_kind.ids) s;
      when 'quote' then return query select v_kind.name, s.* from zoho_sync.quote_sources(v_kind.ids) s;
      when 'customer' then return query select v_kind.name, s.* from zoho_sync.customer_sources(v_kind.ids) s;
      when 'invoice' then return query select v_kind.name, s.* from zoho_sync.invoice_sources(v_kind.ids) s;
    end case;
  end loop;
end $$;

-- schemas/tokens/refresh_token_ahead.sql

-- Ten minutes ahead of the hour's end, so that no change waits for a token.
create or replace function zoho_sync.refresh_token_ahead() returns void
language plpgsql security definer set search_path = '' as $$
begin
  if exists (select from public.zoho_tokens t where t.expires_at > now() + interval '10 minutes')
    and not exists (select from public.zoho_sync_state s where s.pause_code like 'TOKEN\_%' or s.pause_code = 'SECRET_UNREADABLE') then
    return;
  end if;
  perform zoho_sync.call_function('zoho-token-refresh', '{"reason":"schedule"}'::jsonb);
end $$;

-- schemas/tokens/zoho_fail_token.sql

-- Gives the lease back; the code is for the doctor and the page.
create or replace function public.zoho_fail_token(p_owner uuid, p_code text) returns void
language sql set search_path = '' as $$
  select zoho_sync.fail_token(p_owner, p_code);
$$;

create or replace function zoho_sync.fail_token(p_owner uuid, p_code text) returns void
language sql security definer set search_path = '' as $$
  update public.zoho_tokens
  set lease_owner = null, lease_until = null, error_code = p_code, error_at = clock_timestamp()
  where lease_owner = p_owner;
$$;

-- schemas/tokens/zoho_lease_token.sql

-- Answers { state, token, retry_in_seconds } where state is
--   fresh      the token is good for p_margin_seconds and is not the version p_refused
--   leased     refresh it, then call zoho_store_token or zoho_fail_token
--   wait       another isolate is refreshing: ask again
--   superseded an isolate with newer secrets has to refresh: ask again, but not for long
--   throttled  8 refreshes in 10 minutes: the 11th would be refused and ten others with it
--   unseeded   no row, or one seeded with other secrets by an isolate that is not newer: pass p_seed
-- A plain row of the original service has no fingerprint, so the first seed replaces both of its tokens.
create or replace function public.zoho_lease_token(
  p_owner uuid, p_fingerprint text, p_seed text default null, p_refused bigint default null,
  p_margin_seconds integer default 300, p_lease_seconds integer default 45,
  p_started_at timestamptz default null) returns jsonb
language sql set search_path = '' as $$
  select zoho_sync.lease_token(
    p_owner, p_fingerprint, p_seed, p_refused, p_margin_seconds, p_lease_seconds, p_started_at);
$$;

-- Definer: no role of the Data API may write tokens.
create or replace function zoho_sync.lease_token(
  p_owner uuid, p_fingerprint text, p_seed text, p_refused bigint, p_margin_seconds integer, p_lease_seconds integer,
  p_started_at timestamptz) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  v_row public.zoho_tokens;
  v_now timestamptz;
  v_recent timestamptz[];
begin
  if p_seed is not null then
    insert into public.zoho_tokens (access_token, refresh_token, expires_at, seed_fingerprint, seed_started_at)
    values ('', p_seed, '-infinity', p_fingerprint, p_started_at) on conflict do nothing;
  end if;
  select * into v_row from public.zoho_tokens for update;
  v_now := clock_timestamp();
  if v_row.id is null or v_row.seed_fingerprint is distinct from p_fingerprint then
    if p_started_at < v_row.seed_started_at then
      return zoho_sync.previous_token(v_row, p_fingerprint, p_refused);
    end if;
    if p_seed is null then
      return jsonb_build_object('state', 'unseeded');
    end if;
    v_row := zoho_sync.reseed_token(v_row, p_fingerprint, p_seed, p_started_at);
  end if;

  if v_row.expires_at > v_now + make_interval(secs => p_margin_seconds)
    and v_row.version is distinct from p_refused then
    return jsonb_build_object('state', 'fresh', 'token', jsonb_build_object(
      'access_token', v_row.access_token, 'expires_at', v_row.expires_at,
      'version', v_row.version, 'api_domain', v_row.api_domain));
  end if;
  if v_row.lease_owner <> p_owner and v_row.lease_until > v_now then
    return jsonb_build_object('state', 'wait');
  end if;

  v_recent := array(select t from unnest(v_row.recent_refreshes) t
    where t > v_now - interval '10 minutes' order by t);
  if cardinality(v_recent) >= 8 then
    return jsonb_build_object('state', 'throttled', 'retry_in_seconds',
      ceil(extract(epoch from v_recent[1] + interval '10 minutes' - v_now)));
  end if;
  update public.zoho_tokens
  set lease_owner = p_owner, lease_until = v_now + make_interval(secs => p_lease_seconds),
    recent_refreshes = v_recent || v_now
  where id = v_row.id;
  return jsonb_build_object('state', 'leased', 'token', jsonb_build_object(
    'refresh_token', v_row.refresh_token, 'version', v_row.version));
end $$;

-- For an isolate with older secrets. It ends within minutes: its token may be used to the last half minute.
create or replace function zoho_sync.previous_token(p_row public.zoho_tokens, p_fingerprint text, p_refused bigint)
returns jsonb
language sql set search_path = '' as $$
  select case
    when p_row.previous_fingerprint = p_fingerprint
      and p_row.previous_expires_at > clock_timestamp() + interval '30 seconds'
      and p_row.previous_version is distinct from p_refused
    then jsonb_build_object('state', 'fresh', 'token', jsonb_build_object(
      'access_token', p_row.previous_access_token, 'expires_at', p_row.previous_expires_at,
      'version', p_row.previous_version, 'api_domain', p_row.previous_api_domain))
    else jsonb_build_object('state', 'superseded') end;
$$;

-- The row with another seed. A seed that never came to a token (a mistyped secret) does not displace one that did; a plain
-- token of the original service is not kept.
create or replace function zoho_sync.reseed_token(
  p_row public.zoho_tokens, p_fingerprint text, p_seed text, p_started_at timestamptz) returns public.zoho_tokens
language plpgsql set search_path = '' as $$
declare
  v_has_token constant boolean := p_row.expires_at > clock_timestamp() and p_row.seed_fingerprint is not null;
  v_row public.zoho_tokens;
begin
  update public.zoho_tokens
  set refresh_token = p_seed, access_token = '', seed_fingerprint = p_fingerprint, seed_started_at = p_started_at,
    previous_fingerprint = case when v_has_token then seed_fingerprint else previous_fingerprint end,
    previous_access_token = case when v_has_token then access_token else previous_access_token end,
    previous_expires_at = case when v_has_token then expires_at else previous_expires_at end,
    previous_version = case when v_has_token then version else previous_version end,
    previous_api_domain = case when v_has_token then api_domain else previous_api_domain end,
    expires_at = '-infinity', lease_owner = null, lease_until = null, error_code = null
  where id = p_row.id
  returning * into v_row;
  return v_row;
end $$;

-- schemas/tokens/zoho_store_token.sql

-- Stores a new access token; a pause that a token fault made ends with it. False when the lease was lost. Both tokens are
-- sealed: a plain one is refused (23514).
create or replace function public.zoho_store_token(
  p_owner uuid, p_access_token text, p_refresh_token text, p_expires_in_seconds integer,
  p_scope text default null, p_api_domain text default null) returns boolean
language sql set search_path = '' as $$
  select zoho_sync.store_token(p_owner, p_access_token, p_refresh_token, p_expires_in_seconds, p_scope, p_api_domain);
$$;

create or replace function zoho_sync.store_token(
  p_owner uuid, p_access_token text, p_refresh_token text, p_expires_in_seconds integer, p_scope text, p_api_domain text)
returns boolean
language plpgsql security definer set search_path = '' as $$
begin
  update public.zoho_tokens
  set access_token = p_access_token, refresh_token = p_refresh_token,
    expires_at = clock_timestamp() + make_interval(secs => p_expires_in_seconds),
    scope = coalesce(p_scope, scope), api_domain = coalesce(p_api_domain, api_domain),
    version = version + 1, lease_owner = null, lease_until = null, error_code = null, error_at = null
  where lease_owner = p_owner;
  if not found then return false; end if;
  perform public.zoho_token_is_good();
  return true;
end $$;

-- Ends a pause that a token fault made: a token was just read or stored.
create or replace function public.zoho_token_is_good() returns void
language plpgsql set search_path = '' as $$
begin
  if exists (
    select from public.zoho_sync_state s where s.pause_code like 'TOKEN\_%' or s.pause_code = 'SECRET_UNREADABLE') then
    perform zoho_sync.end_pause();
  end if;
end $$;

-- schemas/webhook/zoho_count_refusals.sql

-- Adds to this minute's refusals: { reason: count }.
create or replace function public.zoho_count_refusals(p_counts jsonb) returns void
language sql set search_path = '' as $$
  insert into public.zoho_webhook_refusals as r (minute, reason, count)
  select date_trunc('minute', clock_timestamp()), c.key, c.value::integer from jsonb_each_text(p_counts) c
  on conflict (minute, reason) do update set count = r.count + excluded.count;
$$;

-- schemas/webhook/zoho_mark_hints.sql

-- Marks what hints spoke of with a look, again: a replay. p_ids are hints; p_from and p_to a span of time, p_status those
-- with one outcome. Answers { marked, entities: [{entity_type, entity_id}] }; with p_dry_run nothing is marked.
create or replace function public.zoho_mark_hints(
  p_ids uuid[] default null, p_from timestamptz default null, p_to timestamptz default null, p_status text default null,
  p_dry_run boolean default false, p_limit integer default 5000) returns jsonb
language plpgsql set search_path = '' set plan_cache_mode = 'force_generic_plan' set enable_seqscan = off as $$
declare
  v_types text[];
  v_ids uuid[];
  v_hints uuid[];
  v_marked integer := 0;
begin
  -- Two statements, each with its index: the sweep asks every 30 s, of a table that may hold a million hints.
  if p_ids is not null then
    v_hints := array(
      select e.id from public.zoho_webhook_events e
      where e.id = any (p_ids) and (p_status is null or e.status = p_status) order by e.seq limit p_limit);
  else
    v_hints := array(
      select e.id from public.zoho_webhook_events e
      where e.received_at >= p_from and e.received_at < p_to and (p_status is null or e.status = p_status)
      order by e.received_at, e.seq limit p_limit);
  end if;
  -- One without an entity is looked up again: its mapping may exist by now.
  select array_agg(x.circletel_type), array_agg(x.circletel_id) into v_types, v_ids
  from (
    select distinct m.circletel_type, m.circletel_id
    from public.zoho_webhook_events e
    join zoho_sync.record_types() t on t.module = e.module
    join public.zoho_entity_mappings m on m.zoho_type = t.zoho_type and m.zoho_id = e.record_id
      or (m.circletel_type = e.entity_type and m.circletel_id = e.entity_id)
    where e.id = any (v_hints)) x;
  if not p_dry_run and v_ids is not null then
    v_marked := zoho_sync.enqueue(v_types, v_ids, array_fill(1::smallint, array[cardinality(v_ids)]),
      array_fill('replay'::text, array[cardinality(v_ids)]), p_look => true);
    update public.zoho_webhook_events e set status = 'received', reason = null, applied_at = null,
      entity_type = m.circletel_type, entity_id = m.circletel_id
    from zoho_sync.record_types() t join public.zoho_entity_mappings m on m.zoho_type = t.zoho_type
    where e.id = any (v_hints) and t.module = e.module and m.zoho_id = e.record_id
      and exists (select from public.zoho_sync_queue q
        where q.entity_type = m.circletel_type and q.entity_id = m.circletel_id);
    perform zoho_sync.ring_doorbell();
  end if;
  return jsonb_build_object('hints', cardinality(v_hints), 'marked', v_marked, 'entities', (
    select coalesce(jsonb_agg(jsonb_build_object('entity_type', u.entity_type, 'entity_id', u.id)), '[]')
    from unnest(v_types, v_ids) u (entity_type, id)));
end $$;

-- schemas/webhook/zoho_note_channels.sql

-- All channels that Zoho named just now; what it no longer names is gone. [{channelId, module, expiresAt}]
create or replace function public.zoho_note_channels(p_channels jsonb) returns void
language sql set search_path = '' as $$
  delete from public.zoho_channels c
  where not exists (
    select from jsonb_to_recordset(p_channels) n ("channelId" text, module text)
    where n."channelId" = c.channel_id and n.module = c.module);
  insert into public.zoho_channels (channel_id, module, expires_at)
  select n."channelId", n.module, n."expiresAt"
  from jsonb_to_recordset(p_channels) n ("channelId" text, module text, "expiresAt" timestamptz)
  on conflict (channel_id, module) do update set expires_at = excluded.expires_at, checked_at = now();
$$;

-- schemas/webhook/zoho_receive_hint.sql

-- Stores a verified delivery, a hint for each record that it names, and marks their entities with a look, in one
-- transaction. Nothing of it is applied: a hint that is repeated, late or out of order only causes one look too many.
--   p_records [{id, modified_at, modified_by, told, values}]   (values are compared and not kept; null: not comparable)
-- Who calls starts a drain; the sweep is the guarantee. p_ours_only: what needs no look is not kept.
-- Answers { event_id, status, reason } of the hint that most wants to be seen, and { hints: n }.
create or replace function public.zoho_receive_hint(
  p_source text, p_module text, p_operation text, p_digest text, p_records jsonb,
  p_ours_only boolean default false) returns jsonb
language plpgsql set search_path = '' set plan_cache_mode = 'force_generic_plan'
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set enable_material = off as $$
declare
  -- Judged once, so that an unmarked hint is not reported as received.
  v_judged jsonb := (select coalesce(jsonb_agg(to_jsonb(h)), '[]') from zoho_sync.hints_of(p_module, p_operation, p_records) h
    where not p_ours_only or h.status = 'received');
  v_hints public.zoho_webhook_events[];
begin
  -- The queue before the hints, as in a settlement: marked rows are locked, so none is settled in between.
  perform zoho_sync.mark(array_agg(h.entity_type), array_agg(h.entity_id), array_agg(0::smallint),
    array_agg('zoho: ' || p_operation), false, null, true)
  from (select distinct h.entity_type, h.entity_id
    from jsonb_to_recordset(v_judged) h (status text, entity_type text, entity_id uuid) where h.status = 'received') h;
  with stored as (
    insert into public.zoho_webhook_events as e
      (source, module, operation, record_id, digest, modified_at, modified_by, told, status, reason, applied_at,
       entity_type, entity_id)
    select p_source, p_module, p_operation, h.record_id, p_digest, h.modified_at, h.modified_by, h.told, h.status, h.reason,
      case when h.status <> 'received' then clock_timestamp() end, h.entity_type, h.entity_id
    from jsonb_populate_recordset(null::public.zoho_webhook_events, v_judged) h
    returning e)
  select array_agg(s.e) into v_hints from stored s;
  -- A webhook drains by itself.
  if p_source = 'poll' and v_hints is not null then perform zoho_sync.ring_doorbell(); end if;
  return (
    select jsonb_build_object('event_id', h.id, 'status', h.status, 'reason', h.reason, 'hints', cardinality(v_hints))
    from unnest(v_hints) h
    order by array_position(array['received', 'unmapped', 'ignored', 'nothing_new'], h.status), h.seq limit 1);
end $$;

-- What is to become of each record that a delivery names.
create or replace function zoho_sync.hints_of(p_module text, p_operation text, p_records jsonb)
returns table (record_id text, modified_at timestamptz, modified_by text, told jsonb, status text, reason text,
  entity_type text, entity_id uuid)
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
begin
  return query
  select r.id, case when j.status <> 'unmapped' then r.modified_at end, case when j.status <> 'unmapped' then r.modified_by end,
    case when j.status <> 'unmapped' then r.told end,
    j.status, case j.status
      when 'unmapped' then case when t.entity_type is null then 'CircleTel reads nothing of ' || p_module
        else format('No %s of CircleTel owns this record', t.entity_type) end
      when 'ignored' then format('The %s does not go to the CRM any more', t.entity_type)
      when 'nothing_new' then case when p_operation = 'delete' then 'Its deletion is known'
        else 'The hint has the values that CircleTel knows' end end,
    coalesce(m.circletel_type, p.circletel_type), coalesce(m.circletel_id, p.circletel_id)
  from jsonb_to_recordset(p_records) r (id text, modified_at timestamptz, modified_by text, told jsonb, "values" jsonb)
  left join zoho_sync.record_types() t on t.module = p_module
  left join public.zoho_entity_mappings m on m.zoho_type = t.zoho_type and m.zoho_id = r.id
  -- An Account that is gone: a record that we left pointing to it shows whether it was merged, and into which.
  left join lateral (
    select q.circletel_type, q.circletel_id from public.zoho_entity_mappings q
    where p_module = 'Accounts' and p_operation = 'delete' and q.state = 'linked'
      and exists (select from public.zoho_accounts a where a.zoho_id = r.id)
      and q.snapshot #>> '{Account_Name,id}' = r.id
    limit 1) p on true
  cross join lateral (select case
    when p.circletel_id is not null then 'received'
    when m.id is null then 'unmapped'
    when m.state in ('orphaned', 'unlinked') then 'ignored'
    -- While the entity is queued or in flight, a restored record may just have been read: it is looked at again.
    when p_operation = 'delete' then case when m.state = 'deleted_in_zoho' and not exists (
        select from public.zoho_sync_queue q
        where q.entity_type = m.circletel_type and q.entity_id = m.circletel_id) then 'nothing_new' else 'received' end
    when zoho_sync.says_nothing_new(m, r."values") then 'nothing_new'
    else 'received' end
    -- Judged once a record, not once for each column that shows it.
    offset 0) j (status);
end $$;

-- Whether a hint needs no look: all its values equal base, and the entity has nothing queued, in flight or in question (a
-- record that is moved back answers its question). Most hints are the echo of our own write. Hints have no line items, so a
-- record that has some is always looked at.
create or replace function zoho_sync.says_nothing_new(p_mapping public.zoho_entity_mappings, p_values jsonb) returns boolean
language plpgsql stable set search_path = '' as $$
begin
  return p_mapping.state = 'linked' and coalesce(p_values, '{}') <> '{}'
    and p_mapping.zoho_type not in ('Estimates', 'Invoices')
    and not exists (select from jsonb_each(p_values) t
      where t.value is distinct from coalesce(p_mapping.snapshot -> t.key, 'null'))
    and not exists (select from public.zoho_sync_queue q
      where q.entity_type = p_mapping.circletel_type and q.entity_id = p_mapping.circletel_id)
    and not exists (select from public.zoho_questions n
      where n.entity_type = p_mapping.circletel_type and n.entity_id = p_mapping.circletel_id
        and n.closed_at is null and n.kind <> 'conflict')
    and not zoho_sync.is_in_doubt(p_mapping.circletel_type, p_mapping.circletel_id);
end $$;

-- schemas/finish/realtime.sql

-- Realtime notifies the dashboard of changes, and the dashboard reads again what it shows. Two quiet tables are published: the
-- state is written a few times by each drain and at every pause, notices when a person should know something. The queue
-- and the logs are not: Realtime checks the policy for every row and every listener, and a change of 10,000 rows would be
-- 10,000 messages. Where there is no Realtime (the local stack, a bare Postgres) the page polls.
do $$
declare
  v_table text;
begin
  if not exists (select from pg_catalog.pg_publication where pubname = 'supabase_realtime' and not puballtables) then
    return;
  end if;
  foreach v_table in array array['zoho_sync_state', 'zoho_notices'] loop
    if not exists (select from pg_catalog.pg_publication_tables
      where pubname = 'supabase_realtime' and schemaname = 'public' and tablename = v_table) then
      execute format('alter publication supabase_realtime add table public.%I', v_table);
    end if;
  end loop;
exception when insufficient_privilege then
  raise notice 'zoho_sync: the publication belongs to another role; add the tables in the dashboard, or the page polls';
end $$;

-- schemas/finish/rights.sql

-- Who may do what, by one loop over the catalog. Postgres lets PUBLIC execute every new function, and projects from before
-- 2026-10-30 grant anon, authenticated and service_role everything besides: all of it is taken away, then given by rule.
--
--   functions  service_role executes those that run with the caller's rights, and the definer ones named here. Triggers
--              and jobs need no grant.
--   tables     service_role reads and writes; authenticated reads where a policy says whom. Exceptions are named here.
do $$
declare
  o record;
begin
  for o in
    select p.oid::regprocedure as signature,
      p.prorettype <> 'trigger'::regtype and (not p.prosecdef or p.proname in (
        -- Called by functions that run with the caller's rights.
        'call_function', 'ring_doorbell', 'ensure_state', 'lease_token', 'store_token', 'fail_token', 'newest_migration', 'doctor_facts',
        'is_active_admin', 'erase_person', 'export_person')) as for_service_role,
      p.proname = 'is_active_admin' as for_authenticated
    from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
    where n.nspname = 'zoho_sync' or (n.nspname = 'public' and (p.proname like 'zoho\_%'
      or p.proname in ('get_zoho_id', 'get_circletel_id', 'is_entity_synced')))
  loop
    execute format('revoke all on function %s from public, anon, authenticated, service_role', o.signature);
    if o.for_service_role then execute format('grant execute on function %s to service_role', o.signature); end if;
    if o.for_authenticated then execute format('grant execute on function %s to authenticated', o.signature); end if;
  end loop;

  for o in
    select format('%I.%I', n.nspname, c.relname) as name, c.relkind,
      case
        when c.relkind = 'v' then 'select'
        -- Written by definer functions only.
        when c.relname in ('zoho_tokens', 'settled_waits', 'attempt_hours', 'rings', 'scheduled_jobs', 'erased_people') then 'select'
        -- The audit log is append-only.
        when c.relname = 'zoho_admin_actions' then 'select, insert'
        -- An attempt is opened and closed, never deleted.
        when c.relname = 'zoho_sync_logs' then 'select, insert, update'
        -- A business transaction inserts, by a definer function; the fold reads and deletes.
        when c.relname = 'outbox' then 'select, delete'
        -- One row for ever.
        when c.relname in ('zoho_sync_state', 'identity') then 'select, update'
        else 'select, insert, update, delete' end as for_service_role,
      case
        when n.nspname <> 'public' then null
        when c.relname in ('zoho_entity_mappings', 'zoho_accounts', 'zoho_products') then 'select, delete'
        else 'select' end as for_authenticated
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'v') and (n.nspname = 'zoho_sync' or (n.nspname = 'public' and c.relname like 'zoho\_%'))
  loop
    execute format('revoke all on %s from public, anon, authenticated, service_role', o.name);
    execute format('grant %s on %s to service_role', o.for_service_role, o.name);
    if o.for_authenticated is not null then
      execute format('grant %s on %s to authenticated', o.for_authenticated, o.name);
    end if;
  end loop;

  for o in
    select format('%I.%I', n.nspname, c.relname) as name, c.relname in ('doorbell', 'backfill_turn', 'write_revision') as is_clock
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where c.relkind = 'S' and (n.nspname = 'zoho_sync' or (n.nspname = 'public' and c.relname like 'zoho\_%'))
  loop
    execute format('revoke all on sequence %s from public, anon, authenticated, service_role', o.name);
    if o.is_clock then execute format('grant usage, select, update on sequence %s to service_role', o.name); end if;
  end loop;
end $$;

-- schemas/finish/schedule.sql

-- Every job, where pg_cron is there; later by hand or by the doctor's advice.
do $$
begin
  perform zoho_sync.schedule_all();
end $$;

-- schemas/finish/triggers.sql

-- After every function is there.
select zoho_sync.watch_tables();

-- The first outbox row of a transaction rings at commit. Deferred, and only that row: a transaction of n statements
-- rings once and costs nothing more at commit.
drop trigger if exists ring_at_commit on zoho_sync.outbox;
create constraint trigger ring_at_commit after insert on zoho_sync.outbox
  deferrable initially deferred for each row when (new.rings) execute function zoho_sync.ring_at_commit();

create or replace trigger note_waits after delete on public.zoho_sync_queue
  referencing old table as old_rows for each statement execute function zoho_sync.note_waits();

-- The search knows Zoho's ids.
create or replace trigger note_linked after insert on public.zoho_entity_mappings
  referencing new table as mapped for each statement execute function zoho_sync.note_mapped();
create or replace trigger note_unlinked after delete on public.zoho_entity_mappings
  referencing old table as mapped for each statement execute function zoho_sync.note_mapped();
create or replace trigger note_moved after update of zoho_id, circletel_type, circletel_id on public.zoho_entity_mappings
  for each row when (old.zoho_id is distinct from new.zoho_id or old.circletel_id is distinct from new.circletel_id)
  execute function zoho_sync.note_mapped();

-- Every pause is recorded as an incident.
create or replace trigger note_pause after update of pause_code, paused_until on public.zoho_sync_state
  for each row when ((old.pause_code, old.paused_until) is distinct from (new.pause_code, new.paused_until))
  execute function zoho_sync.note_pause();

select zoho_sync.index_search();

reset check_function_bodies;
reset lock_timeout;

-- A mapping carries the snapshot (what Zoho last confirmed) and a log row can speak of every kind of record.

-- Checks are found by the column they guard: their names differ between installations.
create or replace function zoho_sync.drop_checks(p_table regclass, p_column name) returns void
language plpgsql set search_path = '' as $$
declare
  c record;
begin
  for c in
    select con.conname from pg_catalog.pg_constraint con
    join pg_catalog.pg_attribute att on att.attrelid = con.conrelid and att.attname = p_column
    where con.conrelid = p_table and con.contype = 'c' and con.conkey = array[att.attnum]
  loop
    execute format('alter table %s drop constraint %I', p_table, c.conname);
  end loop;
end $$;
revoke all on function zoho_sync.drop_checks(regclass, name) from public;

select zoho_sync.drop_checks('public.zoho_sync_logs', 'zoho_entity_type');
alter table public.zoho_sync_logs add constraint zoho_sync_logs_zoho_entity_type_check
  check (zoho_entity_type in ('Estimates', 'Deals', 'Invoices', 'Contacts', 'Accounts', 'Products'));

drop function zoho_sync.drop_checks(regclass, name);

alter table public.zoho_sync_logs
  add column if not exists duration_ms integer,
  add column if not exists finished_at timestamptz,
  add column if not exists drain_id uuid,
  add column if not exists cause text;
comment on column public.zoho_sync_logs.request_payload is
  'The fields sent, names and e-mail masked; never an ID number, phone, address or token.';

-- The history of one entity, newest first (dashboard, by-hand calls).
create index if not exists zoho_sync_logs_entity_idx
  on public.zoho_sync_logs (entity_type, entity_id, created_at desc);
-- The attempts under way of one drain.
create index if not exists zoho_sync_logs_pending_idx on public.zoho_sync_logs (drain_id) where status = 'pending';
-- The newest failures: few among many, so that by age alone a million rows would be looked through for fifty.
create index if not exists zoho_sync_logs_failed_idx on public.zoho_sync_logs (created_at desc) where status = 'failed';
-- Retention by age.
create index if not exists zoho_sync_logs_created_at_idx on public.zoho_sync_logs (created_at desc);

alter table public.zoho_entity_mappings
  add column if not exists snapshot jsonb not null default '{}'::jsonb,
  add column if not exists zoho_modified_at timestamptz,
  add column if not exists state text not null default 'linked'
    check (state in ('linked', 'orphaned', 'deleted_in_zoho')),
  -- By these the inward way tells an echo of our own write from a seller's edit, and an old event from a new one.
  -- Fields of a write that is under way: its echo may come back before the write is settled.
  add column if not exists sending jsonb,
  -- The last five writes that Zoho confirmed, [{fields, modified_at}]: Modified_Time counts seconds, so an echo of the
  -- write before the last one can carry the last one's time.
  add column if not exists recent_writes jsonb not null default '[]'::jsonb,
  -- Zoho's time of the newest word about the stage, from either side: an event may be older than our last write
  -- and still be the newest about the stage.
  add column if not exists stage_modified_at timestamptz,
  -- Two words about the record within one second of Zoho's clock, or one that came while a write was under way: what
  -- holds is read from Zoho by the next drain.
  add column if not exists doubtful boolean not null default false,
  -- Our clock, at the last confirmed write of a stage.
  add column if not exists stage_written_at timestamptz,
  -- When it was deleted in Zoho, by Zoho's clock if the event told, else by ours.
  add column if not exists deleted_at timestamptz,
  -- The newest event that had something to say; orders events that carry no Modified_Time.
  add column if not exists last_event_seq bigint;
comment on column public.zoho_entity_mappings.snapshot is
  'The field values that Zoho last confirmed, by Zoho api_name; the next write sends only what differs from it.';

-- Two customers may share one e-mail; Zoho matches Contacts by e-mail, so the second one shares the first
-- one's Contact (zoho_sync.contract_sources looks it up by this index).
create index if not exists zoho_entity_mappings_contact_email_idx
  on public.zoho_entity_mappings (lower(snapshot ->> 'Email')) where zoho_type = 'Contacts';

-- Accounts have no row of their own in CircleTel: a company is known by its normalised name, a private person
-- by the customer's id. Kept apart from the mappings, whose keys are CircleTel's uuids.
create table if not exists public.zoho_accounts (
  account_key text primary key check (account_key ~ '^(company|customer):.'),
  zoho_id text not null,
  matched_by text not null check (matched_by in ('found', 'created')),
  created_at timestamptz not null default now()
);
create index if not exists zoho_accounts_zoho_id_idx on public.zoho_accounts (zoho_id);
alter table public.zoho_accounts enable row level security;
revoke all on public.zoho_accounts from public, anon, authenticated;
grant select, delete on public.zoho_accounts to authenticated;
grant select, insert, update, delete on public.zoho_accounts to service_role;
drop policy if exists "active admins read accounts" on public.zoho_accounts;
create policy "active admins read accounts" on public.zoho_accounts
  for select to authenticated using ((select zoho_sync.is_active_admin()));
drop policy if exists "active admins unlink accounts" on public.zoho_accounts;
create policy "active admins unlink accounts" on public.zoho_accounts
  for delete to authenticated using ((select zoho_sync.is_active_admin()));

-- What a person should know and no retry will mend: an orphaned record, a Deal deleted in Zoho.
create table if not exists public.zoho_notices (
  id bigint generated always as identity primary key,
  kind text not null,
  entity_type text not null check (entity_type in ('quote', 'contract', 'invoice', 'customer')),
  entity_id uuid not null,
  zoho_type text,
  zoho_id text,
  message text not null,
  created_at timestamptz not null default now(),
  acknowledged_at timestamptz
);
create index if not exists zoho_notices_open_idx on public.zoho_notices (created_at desc) where acknowledged_at is null;
alter table public.zoho_notices enable row level security;
revoke all on public.zoho_notices from public, anon, authenticated;
grant select on public.zoho_notices to authenticated;
grant select, insert, update, delete on public.zoho_notices to service_role;
drop policy if exists "active admins read notices" on public.zoho_notices;
create policy "active admins read notices" on public.zoho_notices
  for select to authenticated using ((select zoho_sync.is_active_admin()));

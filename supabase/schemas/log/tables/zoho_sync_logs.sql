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

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

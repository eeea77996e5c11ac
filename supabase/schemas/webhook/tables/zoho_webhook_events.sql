-- What comes from Zoho: every verified webhook is an event, kept with the fields we read so that it can be replayed.
create table if not exists public.zoho_webhook_events (
  id uuid primary key default gen_random_uuid(),
  -- The order of receipt.
  seq bigint generated always as identity unique,
  received_at timestamptz not null default clock_timestamp(),
  -- poll: what Zoho was asked for, beside what it told by itself.
  source text not null check (source in ('signed', 'notification', 'poll')),
  module text not null,
  operation text not null check (operation in ('insert', 'update', 'delete')),
  record_ids text[] not null,
  -- SHA-256 of the signed text, hex. Two events may share one: see zoho_receive_event.
  digest text not null check (digest ~ '^[0-9a-f]{64}$'),
  dedupe_key text not null unique,
  -- Only the fields we read; names, phones and e-mail of record_data are dropped before.
  body jsonb not null,
  status text not null default 'received' check (status in (
    'received', 'applied', 'ignored', 'echo', 'stale', 'unmapped', 'failed')),
  reason text,
  attempts integer not null default 0,
  applied_at timestamptz,
  -- Not before; null is at once. An event that cannot be applied now is left for a while, so that a hundred of them do not
  -- fill every sweep.
  next_attempt_at timestamptz,
  contract_id uuid
);
comment on column public.zoho_webhook_events.contract_id is
  'The contract touched; no foreign key, an event outlives its contract.';

-- Repeats of a body, newest first.
create index if not exists zoho_webhook_events_digest_idx on public.zoho_webhook_events (digest, seq desc);
-- The history of one record.
create index if not exists zoho_webhook_events_record_idx on public.zoho_webhook_events using gin (record_ids);
-- The sweep.
create index if not exists zoho_webhook_events_open_idx on public.zoho_webhook_events (received_at)
  where status in ('received', 'failed');
-- Replay by time, retention.
create index if not exists zoho_webhook_events_received_idx on public.zoho_webhook_events (received_at);
-- Pages by status and module.
create index if not exists zoho_webhook_events_status_idx on public.zoho_webhook_events (status, seq desc);
create index if not exists zoho_webhook_events_module_idx on public.zoho_webhook_events (module, seq desc);
-- What Zoho told of one contract.
create index if not exists zoho_webhook_events_contract_idx on public.zoho_webhook_events (contract_id, seq desc);

alter table public.zoho_webhook_events enable row level security;
drop policy if exists "active admins read events" on public.zoho_webhook_events;
create policy "active admins read events" on public.zoho_webhook_events
  for select to authenticated using ((select zoho_sync.is_active_admin()));

-- What the sweep of events may take now.
create or replace view zoho_sync.due_events with (security_invoker = true) as
  select * from public.zoho_webhook_events e
  where e.status in ('received', 'failed') and e.received_at < now() - interval '1 minute'
    and (e.next_attempt_at is null or e.next_attempt_at <= now());

-- What comes from Zoho: every verified webhook is an event, kept with the fields we read so that it can be replayed.

create table if not exists public.zoho_webhook_events (
  id uuid primary key default gen_random_uuid(),
  -- The order of receipt.
  seq bigint generated always as identity unique,
  received_at timestamptz not null default clock_timestamp(),
  source text not null check (source in ('signed', 'notification')),
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
create index if not exists zoho_webhook_events_contract_idx on public.zoho_webhook_events (contract_id, seq desc);

alter table public.zoho_webhook_events enable row level security;
revoke all on public.zoho_webhook_events from public, anon, authenticated;
grant select on public.zoho_webhook_events to authenticated;
grant select, insert, update, delete on public.zoho_webhook_events to service_role;
drop policy if exists "active admins read events" on public.zoho_webhook_events;
create policy "active admins read events" on public.zoho_webhook_events
  for select to authenticated using ((select zoho_sync.is_active_admin()));

-- Calls that were not let in: how many, when and why; nothing of their content.
create table if not exists public.zoho_webhook_refusals (
  minute timestamptz not null,
  reason text not null,
  count integer not null,
  primary key (minute, reason)
);
alter table public.zoho_webhook_refusals enable row level security;
revoke all on public.zoho_webhook_refusals from public, anon, authenticated;
grant select on public.zoho_webhook_refusals to authenticated;
grant select, insert, update, delete on public.zoho_webhook_refusals to service_role;
drop policy if exists "active admins read refusals" on public.zoho_webhook_refusals;
create policy "active admins read refusals" on public.zoho_webhook_refusals
  for select to authenticated using ((select zoho_sync.is_active_admin()));

-- Who asked for what: replays and other acts of operators.
create table if not exists public.zoho_admin_actions (
  id bigint generated always as identity primary key,
  at timestamptz not null default now(),
  -- An admin's id, or "secret key".
  actor text not null,
  action text not null,
  details jsonb not null default '{}'::jsonb
);
create index if not exists zoho_admin_actions_at_idx on public.zoho_admin_actions (at desc);
alter table public.zoho_admin_actions enable row level security;
revoke all on public.zoho_admin_actions from public, anon, authenticated;
grant select on public.zoho_admin_actions to authenticated;
grant select, insert on public.zoho_admin_actions to service_role;
drop policy if exists "active admins read actions" on public.zoho_admin_actions;
create policy "active admins read actions" on public.zoho_admin_actions
  for select to authenticated using ((select zoho_sync.is_active_admin()));

create or replace function public.zoho_count_refusals(p_counts jsonb) returns void
language sql set search_path = '' as $$
  insert into public.zoho_webhook_refusals as r (minute, reason, count)
  select date_trunc('minute', clock_timestamp()), c.key, c.value::integer from jsonb_each_text(p_counts) c
  on conflict (minute, reason) do update set count = r.count + excluded.count;
$$;
revoke all on function public.zoho_count_refusals(jsonb) from public, anon, authenticated;
grant execute on function public.zoho_count_refusals(jsonb) to service_role;

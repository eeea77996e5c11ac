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

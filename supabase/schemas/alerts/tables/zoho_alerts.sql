-- Alerts: told when they begin and when they are over, never in between. What is wrong is decided by alerts/conditions.ts
-- from the status; what is new about it, and who tells it, is decided here in one transaction.
create table if not exists public.zoho_alerts (
  name text primary key,
  state text not null default 'off' check (state in ('on', 'off')),
  since timestamptz not null default now(),
  -- When it was last turned on; a recovery says how long it lasted.
  began_at timestamptz,
  -- Counts and codes, no personal data.
  detail text,
  muted_until timestamptz,
  -- By channel, the state that was told last: {"webhook": "on"}.
  told jsonb not null default '{}'::jsonb,
  last_notified_at timestamptz,
  -- Somebody is telling it now; a killed one is over by then.
  telling_until timestamptz,
  -- Null: muted before it was ever looked at.
  checked_at timestamptz
);
alter table public.zoho_alerts enable row level security;
drop policy if exists "active admins read alerts" on public.zoho_alerts;
create policy "active admins read alerts" on public.zoho_alerts
  for select to authenticated using ((select zoho_sync.is_active_admin()));

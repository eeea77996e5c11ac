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

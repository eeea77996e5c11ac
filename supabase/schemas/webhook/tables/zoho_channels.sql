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

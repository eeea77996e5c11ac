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

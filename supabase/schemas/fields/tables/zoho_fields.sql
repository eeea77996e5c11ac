-- What this org calls the fields that we write, and what is wrong with them. Zoho answers SUCCESS to a value for a field
-- that is not there and drops it (practitioners' reports; no page says so), so it has to be known before a write.
create table if not exists public.zoho_fields (
  -- Zoho's module: Deals, Quotes, Invoices …
  module text not null,
  -- Our name of the field.
  field text not null,
  -- The org's name of it; ours where the org has no such field.
  api_name text not null,
  -- Zoho's id of the field: it stays when a field is renamed, and changes when it is created again.
  zoho_id text,
  label text not null,
  data_type text,
  is_unique boolean not null default false,
  -- Not every org has it: not being there (data_type is null) is no problem.
  is_optional boolean not null default false,
  -- The values of a picklist, as the API writes them and, in the same order, as people see them.
  options text[] not null default '{}',
  displayed text[] not null default '{}',
  -- missing and read_only: no value arrives. missing_options: these values do not. The others are for a person to know.
  problem text check (problem in ('missing', 'read_only', 'missing_options', 'wrong_type', 'not_unique', 'hidden', 'no_module')),
  missing_options text[] not null default '{}',
  problem_since timestamptz,
  checked_at timestamptz not null default now(),
  primary key (module, field),
  check ((problem is null) = (problem_since is null))
);
alter table public.zoho_fields enable row level security;
drop policy if exists "active admins read fields" on public.zoho_fields;
create policy "active admins read fields" on public.zoho_fields
  for select to authenticated using ((select zoho_sync.is_active_admin()));

-- Companies whose Account is uncertain: one row for a company, however many of its contracts wait.
create table if not exists public.zoho_account_questions (
  account_key text primary key check (account_key ~ '^(company|customer):.'),
  -- A private person's is masked.
  company_name text not null,
  reason text not null check (reason in ('several_accounts', 'number_and_name_disagree', 'numbers_differ',
    'legal_form_differs', 'trading_name_differs', 'another_person')),
  -- [{id, name, agrees: [...], differs: [...]}]; which kind of number agrees, never the number.
  candidates jsonb not null check (jsonb_typeof(candidates) = 'array'),
  created_at timestamptz not null default now(),
  asked_at timestamptz not null default now(),
  -- Accounts of which a person said that they are not this company's.
  declined text[] not null default '{}',
  answered_at timestamptz,
  -- found: it became certain by itself, because a number or an Account was mended.
  answer text check (answer in ('account', 'create', 'found')),
  zoho_id text,
  answered_by text,
  check ((answered_at is null) = (answer is null)),
  check ((answer = 'account') = (zoho_id is not null))
);
comment on table public.zoho_account_questions is
  'Companies whose Account in Zoho is uncertain; answered through zoho-admin/account-questions.';
create index if not exists zoho_account_questions_open_idx
  on public.zoho_account_questions (created_at) where answered_at is null;
alter table public.zoho_account_questions enable row level security;
drop policy if exists "active admins read account questions" on public.zoho_account_questions;
create policy "active admins read account questions" on public.zoho_account_questions
  for select to authenticated using ((select zoho_sync.is_active_admin()));

-- What only a person can decide about an entity and its record, or about a company and its Account: both values, who and when,
-- and the answers there are. One open question for an entity, kind and field, and one for a company, however many of its
-- contracts wait. What is shown does not change: other values are another question, so an answer is to what was seen. Values
-- that name a person are masked.
create table if not exists public.zoho_questions (
  id uuid primary key default gen_random_uuid(),
  kind text not null check (kind in (
    'unsigned', 'unknown_write', 'adopted_stage', 'contested', 'record_gone', 'record_found', 'record_taken', 'conflict',
    'account', 'contact_match', 'person_erased')),
  entity_type text check (entity_type in ('quote', 'contract', 'invoice', 'customer')),
  entity_id uuid,
  account_key text check (account_key ~ '^(company|customer):.'),
  -- By Zoho api_name; '' for a question about the record as a whole.
  field text not null default '',
  -- Of an account question the company's name, and the Accounts that may be its: [{id, name, agrees: [...], differs: [...]}].
  -- They say which kind of number agrees, never the number. Of a contact_match the same of a customer and Contacts, masked.
  ours jsonb,
  theirs jsonb,
  -- Why an Account or a Contact is uncertain.
  reason text check (reason in ('several_accounts', 'number_and_name_disagree', 'numbers_differ', 'legal_form_differs',
    'trading_name_differs', 'another_person', 'several_contacts', 'name_differs', 'other_reference', 'merged')),
  -- The contract status that taking Zoho's side sets.
  asks text,
  answers text[] not null,
  -- What an answer depends on: it acts only while the record is as it was shown.
  shown jsonb not null default '{}',
  -- Zoho's last change of the record, for people to read.
  changed_by text,
  changed_at text,
  asked_at timestamptz not null default now(),
  answer text,
  answered_at timestamptz,
  answered_by text,
  -- The Account or Contact that was chosen.
  chosen_id text,
  closed_at timestamptz,
  -- answered: the answer was carried out. over: it answered itself.
  closed_because text check (closed_because in ('answered', 'over')),
  check ((answer is null) = (answered_at is null)),
  check (answer is null or answer = any (answers)),
  check ((closed_at is null) = (closed_because is null)),
  check ((kind = 'account') = (account_key is not null)),
  check ((kind in ('account', 'contact_match')) = (reason is not null)),
  check (num_nonnulls(entity_type, entity_id) = case kind when 'account' then 0 else 2 end),
  check ((kind in ('account', 'contact_match') and coalesce(answer, '') = 'link') = (chosen_id is not null))
);
create unique index if not exists zoho_questions_open_idx
  on public.zoho_questions (entity_type, entity_id, kind, field) where closed_at is null;
-- Whose Contact was merged into another customer's, asked of every source of a customer without one.
create index if not exists zoho_questions_merged_idx on public.zoho_questions (entity_id) where reason = 'merged';
create unique index if not exists zoho_questions_open_account_idx on public.zoho_questions (account_key) where closed_at is null;
-- Open ones, oldest first.
create index if not exists zoho_questions_asked_idx on public.zoho_questions (asked_at, id) where closed_at is null;
-- What was asked about one entity.
create index if not exists zoho_questions_entity_idx on public.zoho_questions (entity_id, asked_at desc);
-- What was asked about one company.
create index if not exists zoho_questions_account_idx on public.zoho_questions (account_key) where account_key is not null;
alter table public.zoho_questions enable row level security;
drop policy if exists "active admins read questions" on public.zoho_questions;
create policy "active admins read questions" on public.zoho_questions
  for select to authenticated using ((select zoho_sync.is_active_admin()));

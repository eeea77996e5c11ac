-- Which record belongs to which entity, and what both sides last agreed on (base).
alter table public.zoho_entity_mappings
  -- Base: the field values that Zoho last confirmed or showed, by Zoho api_name; Stage is the one that was agreed on.
  add column if not exists snapshot jsonb not null default '{}'::jsonb,
  -- Stage, status and revision of one agreement move together or not at all. Null: none yet, or the stage is in question.
  add column if not exists agreed_status text,
  add column if not exists revision text,
  -- Corrections that did not stay, by field.
  add column if not exists loops jsonb not null default '{}'::jsonb,
  -- Zoho's Modified_Time at the last look or write; for people to read, never a criterion.
  add column if not exists zoho_modified_at timestamptz,
  -- orphaned: the row is gone in CircleTel. deleted_in_zoho: the record is gone. unlinked: a person said that it is not to be synced.
  add column if not exists state text not null default 'linked'
    check (state in ('linked', 'orphaned', 'deleted_in_zoho', 'unlinked'));

do $$
begin
  -- What points to an Account or a Contact that is gone: without them each that sellers merge reads the table from end to end.
  perform zoho_sync.ensure_index('zoho_entity_mappings_account_idx', 'zoho_entity_mappings',
    '(snapshot #>> ''{Account_Name,id}'')', 'snapshot #>> ''{Account_Name,id}'' is not null');
  perform zoho_sync.ensure_index('zoho_entity_mappings_contact_idx', 'zoho_entity_mappings',
    '(snapshot #>> ''{Contact_Name,id}'')', 'snapshot #>> ''{Contact_Name,id}'' is not null');
end $$;

alter table public.zoho_entity_mappings enable row level security;
create policy "active admins read mappings" on public.zoho_entity_mappings
  for select to authenticated using ((select zoho_sync.is_active_admin()));
create policy "active admins unlink mappings" on public.zoho_entity_mappings
  for delete to authenticated using ((select zoho_sync.is_active_admin()));
create policy "the sync keeps mappings" on public.zoho_entity_mappings
  for all to service_role using (true) with check (true);

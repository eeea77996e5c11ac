-- Which record belongs to which entity, and what Zoho last confirmed of it.
alter table public.zoho_entity_mappings
  add column if not exists snapshot jsonb not null default '{}'::jsonb,
  add column if not exists zoho_modified_at timestamptz,
  add column if not exists state text not null default 'linked'
    check (state in ('linked', 'orphaned', 'deleted_in_zoho')),
  -- By these the inward way tells an echo of our own write from a seller's edit, and an old event from a new one.
  -- Fields of a write that is under way: its echo may come back before the write is settled.
  add column if not exists sending jsonb,
  -- The last five writes that Zoho confirmed, [{fields, modified_at}]: Modified_Time counts seconds, so an echo of the
  -- write before the last one can carry the last one's time.
  add column if not exists recent_writes jsonb not null default '[]'::jsonb,
  -- Zoho's time of the newest word about the stage, from either side: an event may be older than our last write
  -- and still be the newest about the stage.
  add column if not exists stage_modified_at timestamptz,
  -- Two words about the record within one second of Zoho's clock, or one that came while a write was under way: what
  -- holds is read from Zoho by the next drain.
  add column if not exists doubtful boolean not null default false,
  -- Our clock, at the last confirmed write of a stage.
  add column if not exists stage_written_at timestamptz,
  -- When it was deleted in Zoho, by Zoho's clock if the event told, else by ours.
  add column if not exists deleted_at timestamptz,
  -- The newest event that had something to say; orders events that carry no Modified_Time.
  add column if not exists last_event_seq bigint;
comment on column public.zoho_entity_mappings.snapshot is
  'The field values that Zoho last confirmed, by Zoho api_name; the next write sends only what differs from it.';

-- Two customers may share one e-mail; Zoho matches Contacts by e-mail, so the second one shares the first one's Contact.
create index if not exists zoho_entity_mappings_contact_email_idx
  on public.zoho_entity_mappings (lower(snapshot ->> 'Email')) where zoho_type = 'Contacts';

alter table public.zoho_entity_mappings enable row level security;
create policy "active admins read mappings" on public.zoho_entity_mappings
  for select to authenticated using ((select zoho_sync.is_active_admin()));
create policy "active admins unlink mappings" on public.zoho_entity_mappings
  for delete to authenticated using ((select zoho_sync.is_active_admin()));
create policy "the sync keeps mappings" on public.zoho_entity_mappings
  for all to service_role using (true) with check (true);

-- After every function is there.
select zoho_sync.watch_tables();

-- The first outbox row of a transaction rings at commit. Deferred, and only that row: a transaction of n statements
-- rings once and costs nothing more at commit.
drop trigger if exists ring_at_commit on zoho_sync.outbox;
create constraint trigger ring_at_commit after insert on zoho_sync.outbox
  deferrable initially deferred for each row when (new.rings) execute function zoho_sync.ring_at_commit();

create or replace trigger note_waits after delete on public.zoho_sync_queue
  referencing old table as old_rows for each statement execute function zoho_sync.note_waits();

-- The search knows Zoho's ids.
create or replace trigger note_linked after insert on public.zoho_entity_mappings
  referencing new table as mapped for each statement execute function zoho_sync.note_mapped();
create or replace trigger note_unlinked after delete on public.zoho_entity_mappings
  referencing old table as mapped for each statement execute function zoho_sync.note_mapped();
create or replace trigger note_moved after update of zoho_id, circletel_type, circletel_id on public.zoho_entity_mappings
  for each row when (old.zoho_id is distinct from new.zoho_id or old.circletel_id is distinct from new.circletel_id)
  execute function zoho_sync.note_mapped();

-- Every pause is recorded as an incident.
create or replace trigger note_pause after update of pause_code, paused_until on public.zoho_sync_state
  for each row when ((old.pause_code, old.paused_until) is distinct from (new.pause_code, new.paused_until))
  execute function zoho_sync.note_pause();

select zoho_sync.index_search();

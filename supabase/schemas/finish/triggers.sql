-- After every function is there.
select zoho_sync.watch_tables();

-- The first outbox row of a transaction rings at commit. Deferred, and only that row: a transaction of n statements
-- rings once and costs nothing more at commit.
drop trigger if exists ring_at_commit on zoho_sync.outbox;
create constraint trigger ring_at_commit after insert on zoho_sync.outbox
  deferrable initially deferred for each row when (new.rings) execute function zoho_sync.ring_at_commit();

create or replace trigger note_waits after delete on public.zoho_sync_queue
  referencing old table as old_rows for each statement execute function zoho_sync.note_waits();

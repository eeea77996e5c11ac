-- Realtime notifies the dashboard of changes, and the dashboard reads again what it shows. Two quiet tables are published: the
-- state is written a few times by each drain and at every pause, notices when a person should know something. The queue
-- and the logs are not: Realtime checks the policy for every row and every listener, and a change of 10,000 rows would be
-- 10,000 messages. Where there is no Realtime (the local stack, a bare Postgres) the page polls.
do $$
declare
  v_table text;
begin
  if not exists (select from pg_catalog.pg_publication where pubname = 'supabase_realtime' and not puballtables) then
    return;
  end if;
  foreach v_table in array array['zoho_sync_state', 'zoho_notices'] loop
    if not exists (select from pg_catalog.pg_publication_tables
      where pubname = 'supabase_realtime' and schemaname = 'public' and tablename = v_table) then
      execute format('alter publication supabase_realtime add table public.%I', v_table);
    end if;
  end loop;
exception when insufficient_privilege then
  raise notice 'zoho_sync: the publication belongs to another role; add the tables in the dashboard, or the page polls';
end $$;

create or replace function zoho_sync.backfill_cause(p_run uuid) returns text
language sql immutable set search_path = '' as $$
  select 'backfill ' || p_run;
$$;

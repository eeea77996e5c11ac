-- The real clock, in epoch ms.
create or replace function zoho_sync.clock_ms() returns bigint
language sql volatile set search_path = '' as $$
  select (extract(epoch from clock_timestamp()) * 1000)::bigint;
$$;

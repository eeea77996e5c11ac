-- A function that sets its search_path is never inlined: whatever is done for each of thousands of rows is spelled out.
create or replace function zoho_sync.hour_of(p_at timestamptz) returns timestamptz
language sql immutable set search_path = '' as $$
  select date_bin('1 hour', p_at, timestamptz '2000-01-01 00:00:00+00');
$$;

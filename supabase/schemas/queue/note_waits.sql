-- Writes down how long the changes of a settlement took.
create or replace function zoho_sync.note_waits() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  -- A row that no drain held went because its contract did.
  insert into zoho_sync.settled_waits (settled, waits_ms)
  select count(*), coalesce(array_agg(least(2147483647, greatest(0,
      extract(epoch from clock_timestamp() - o.enqueued_at) * 1000))::integer) filter (where o.lane < 2), '{}')
  from old_rows o where o.status = 'in_flight'
  having count(*) > 0;
  return null;
end $$;

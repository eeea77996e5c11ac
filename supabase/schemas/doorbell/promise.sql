-- A drain promises to look again; see zoho_sync.doorbell.
create or replace function zoho_sync.promise_to_look() returns void
language sql set search_path = '' as $$
  select setval('zoho_sync.doorbell', zoho_sync.clock_ms());
$$;

-- When the last promise has run out and no change trusts it any more, in milliseconds from now.
create or replace function zoho_sync.look_again_ms() returns bigint
language plpgsql volatile set search_path = '' as $$
declare
  v_longest constant integer := zoho_sync.promise_ms() + 20;
begin
  return least(greatest(0, (select last_value from zoho_sync.doorbell) + v_longest - zoho_sync.clock_ms()), v_longest);
end $$;

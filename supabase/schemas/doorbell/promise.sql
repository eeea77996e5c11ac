-- A drain promises to look again; see zoho_sync.doorbell.
create or replace function zoho_sync.promise_to_look() returns void
language sql set search_path = '' as $$
  select setval('zoho_sync.doorbell', zoho_sync.clock_ms());
$$;

-- How long a promise holds.
create or replace function zoho_sync.promise_ms() returns integer
language sql immutable set search_path = '' as $$ select 150 $$;

-- What is left of the promise, in milliseconds; 0 or less when it is over. A promise "from the future" is a clock that was
-- set back, and over too.
create or replace function zoho_sync.promise_left_ms() returns bigint
language plpgsql volatile set search_path = '' as $$
declare
  v_left constant bigint := (select last_value from zoho_sync.doorbell) + zoho_sync.promise_ms() - zoho_sync.clock_ms();
begin
  return case when v_left <= zoho_sync.promise_ms() then v_left else 0 end;
end $$;

-- Shared by the transactions that trust the promise, until they have committed; see zoho_sync.doorbell.
create or replace function zoho_sync.trust_lock() returns bigint
language sql immutable set search_path = '' as $$ select hashtextextended('zoho_sync.promise_to_look', 0) $$;

-- Whether this transaction may commit without ringing. Takes the lock before it reads the promise: who finds the lock free
-- after the promise knows that nobody trusts it any more. Never waits.
create or replace function zoho_sync.trust_promise() returns boolean
language plpgsql volatile set search_path = '' as $$
begin
  if zoho_sync.promise_left_ms() <= 0 then return false; end if;
  if not pg_try_advisory_xact_lock_shared(zoho_sync.trust_lock()) then return false; end if;
  return zoho_sync.promise_left_ms() > 0;
end $$;

-- How long a drain that finds nothing from here on must go on looking, in milliseconds. 0: the promise is over and no
-- transaction that trusted it is committing, nor will before this one ends; what those committed can be seen by the next
-- statement. One that stays open for three seconds after it trusted (SET CONSTRAINTS, a server that stands still) is left
-- to the sweep.
create or replace function zoho_sync.look_again_ms() returns bigint
language plpgsql volatile set search_path = '' as $$
declare
  v_left constant bigint := zoho_sync.promise_left_ms();
begin
  if v_left > 0 then return v_left; end if;
  if v_left > -3000 and not pg_try_advisory_xact_lock(zoho_sync.trust_lock()) then return 20; end if;
  return 0;
end $$;

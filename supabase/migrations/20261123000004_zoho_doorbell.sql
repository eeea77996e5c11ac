-- The doorbell: a pg_net call after commit that wakes a drain. It carries no data, is made at most once and may
-- be lost; the sweep (20261123000007) is the guarantee.

-- Project URL and key come from Vault: `project_url`, and `zoho_sync_key`, a secret API key of the project.
-- pg_net waits for every call of a batch before the next one (up to 200), so the timeout is short and the
-- functions answer at once.
create or replace function zoho_sync.call_function(p_function text, p_body jsonb) returns void
language plpgsql security definer set search_path = '' as $$
declare
  v_url text;
  v_key text;
begin
  select decrypted_secret into v_url from vault.decrypted_secrets where name = 'project_url';
  select decrypted_secret into v_key from vault.decrypted_secrets where name = 'zoho_sync_key';
  if v_url is null or v_key is null then
    raise warning 'zoho_sync: Vault has no secret "%", so % was not called',
      case when v_url is null then 'project_url' else 'zoho_sync_key' end, p_function
      using hint = 'select vault.create_secret(''<value>'', ''<name>'')';
    return;
  end if;
  perform net.http_post(
    url := rtrim(v_url, '/') || '/functions/v1/' || p_function,
    body := p_body,
    headers := jsonb_build_object('Content-Type', 'application/json', 'apikey', v_key),
    timeout_milliseconds := 5000);
exception when others then
  -- A doorbell that cannot ring must never undo the business transaction it is part of.
  raise warning 'zoho_sync: could not call %: % (%)', p_function, sqlerrm, sqlstate;
end $$;
revoke all on function zoho_sync.call_function(text, jsonb) from public;

-- The last moment (epoch ms) at which somebody promised to look at the queue a little later: whoever rang, or a
-- drain that found work. A sequence, because it is read and written outside of transactions: no row that every
-- business transaction would queue up for, and no stale value under repeatable read.
create sequence if not exists zoho_sync.doorbell minvalue 0 start 0;
revoke all on sequence zoho_sync.doorbell from public;
grant usage, select, update on sequence zoho_sync.doorbell to service_role;

create or replace function zoho_sync.clock_ms() returns bigint
language sql volatile set search_path = '' as $$
  select (extract(epoch from clock_timestamp()) * 1000)::bigint;
$$;
revoke all on function zoho_sync.clock_ms() from public;
grant execute on function zoho_sync.clock_ms() to service_role;

-- How long a promise holds. A drain looks once more this long (and a little) after its last one before it ends,
-- so a change committed under a promise is always seen; 1,000 commits in a second ring about once.
create or replace function zoho_sync.promise_ms() returns integer
language sql immutable set search_path = '' as $$ select 150 $$;
revoke all on function zoho_sync.promise_ms() from public;
grant execute on function zoho_sync.promise_ms() to service_role;

create or replace function zoho_sync.ring_doorbell() returns void
language plpgsql security definer set search_path = '' as $$
declare
  v_now bigint := zoho_sync.clock_ms();
  v_promised bigint := (select last_value from zoho_sync.doorbell);
begin
  -- A promise "from the future" is a clock that was set back: ring.
  if v_now - v_promised between 0 and zoho_sync.promise_ms() then
    return;
  end if;
  perform setval('zoho_sync.doorbell', v_now);
  perform zoho_sync.call_function('zoho-sync', '{"reason":"doorbell"}'::jsonb);
end $$;
revoke all on function zoho_sync.ring_doorbell() from public;

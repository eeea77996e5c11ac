-- Calls an edge function after commit, by pg_net.
--
-- Project URL and key come from Vault: `project_url`, and `zoho_sync_key`, a secret API key of the project.
-- pg_net waits for every call of a batch before the next one (up to 200), so the timeout is short and the
-- functions answer at once.
create or replace function zoho_sync.call_function(p_function text, p_body jsonb) returns void
language plpgsql security definer set search_path = '' as $$
declare
  v_url text;
  v_key text;
  v_request bigint;
begin
  select decrypted_secret into v_url from vault.decrypted_secrets where name = 'project_url';
  select decrypted_secret into v_key from vault.decrypted_secrets where name = 'zoho_sync_key';
  if v_url is null or v_key is null then
    raise warning 'zoho_sync: Vault has no secret "%", so % was not called',
      case when v_url is null then 'project_url' else 'zoho_sync_key' end, p_function
      using hint = 'select vault.create_secret(''<value>'', ''<name>'')';
    return;
  end if;
  v_request := net.http_post(
    url := rtrim(v_url, '/') || '/functions/v1/' || p_function,
    body := p_body,
    headers := jsonb_build_object('Content-Type', 'application/json', 'apikey', v_key),
    timeout_milliseconds := 5000);
  insert into zoho_sync.rings (request_id, function, body) values (v_request, p_function, p_body);
exception when others then
  -- A doorbell that cannot ring must never undo the business transaction it is part of.
  raise warning 'zoho_sync: could not call %: % (%)', p_function, sqlerrm, sqlstate;
end $$;

-- Repeats a function's last call, after the cause of its failure has been corrected.
create or replace function zoho_sync.ring_again(p_function text) returns void
language sql set search_path = '' as $$
  select zoho_sync.call_function(r.function, r.body)
  from zoho_sync.rings r where r.function = p_function order by r.id desc limit 1;
$$;

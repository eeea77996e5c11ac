-- pg_net, pg_cron and Vault where the platform has them. Elsewhere (a plain Postgres) the queue works the same;
-- nothing rings and nothing sweeps until somebody calls zoho-sync.
do $$
declare
  e record;
begin
  for e in select * from (values ('pg_net', 'extensions'), ('pg_cron', 'pg_catalog'), ('supabase_vault', 'vault'))
    v (name, schema)
  loop
    if exists (select from pg_catalog.pg_available_extensions a where a.name = e.name)
      and not exists (select from pg_catalog.pg_extension x where x.extname = e.name)
    then
      -- Reserved names are refused before IF NOT EXISTS is looked at.
      if to_regnamespace(e.schema) is null then execute format('create schema %I', e.schema); end if;
      execute format('create extension if not exists %I with schema %I', e.name, e.schema);
    end if;
  end loop;
end $$;

-- The guarantee: what a lost doorbell, a killed isolate or a pause left behind is found within 30 s.
create or replace function zoho_sync.sweep() returns void
language plpgsql security definer set search_path = '' as $$
begin
  if exists (select from public.zoho_sync_state s where s.paused_until > now()) then return; end if;
  if exists (select from public.zoho_sync_queue q where q.status = 'pending' and q.next_attempt_at <= now())
    or exists (select from public.zoho_sync_queue q where q.status = 'in_flight' and q.lease_until < now())
  then
    perform zoho_sync.call_function('zoho-sync', '{"reason":"sweep"}'::jsonb);
  end if;
end $$;

-- Ten minutes ahead of the hour's end, so that no change waits for a token.
create or replace function zoho_sync.refresh_token_ahead() returns void
language plpgsql security definer set search_path = '' as $$
begin
  if exists (select from public.zoho_tokens t where t.expires_at > now() + interval '10 minutes')
    and not exists (select from public.zoho_sync_state s where s.pause_code like 'TOKEN\_%' or s.pause_code = 'SECRET_UNREADABLE') then
    return;
  end if;
  perform zoho_sync.call_function('zoho-token-refresh', '{"reason":"schedule"}'::jsonb);
end $$;

-- pg_cron never cleans its own history: a job every 30 s is 2,880 rows a day.
create or replace function zoho_sync.tidy() returns void
language plpgsql security definer set search_path = '' as $$
begin
  delete from public.zoho_credit_ledger l where l.quarter < now() - interval '7 days';
  if to_regclass('cron.job_run_details') is not null then
    execute 'delete from cron.job_run_details where end_time < now() - interval ''7 days''';
  end if;
end $$;

revoke all on function zoho_sync.sweep(), zoho_sync.refresh_token_ahead(), zoho_sync.tidy() from public;

do $$
begin
  if to_regprocedure('cron.schedule(text,text,text)') is null then
    raise notice 'zoho_sync: no pg_cron here; call zoho-sync and zoho-token-refresh from another scheduler';
    return;
  end if;
  execute $cron$select cron.schedule('zoho-sync-sweep', '30 seconds', 'select zoho_sync.sweep()')$cron$;
  execute $cron$select cron.schedule('zoho-token-refresh', '*/5 * * * *', 'select zoho_sync.refresh_token_ahead()')$cron$;
  execute $cron$select cron.schedule('zoho-sync-tidy', '17 1 * * *', 'select zoho_sync.tidy()')$cron$;
end $$;

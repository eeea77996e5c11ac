-- Run as postgres. Every hosted project starts with Vault; pg_net and pg_cron are only there to be created. A Postgres
-- that is nobody's project has none of them.
do $$
begin
  if exists (select from pg_available_extensions where name = 'supabase_vault') then
    create extension supabase_vault;
  end if;
end
$$;

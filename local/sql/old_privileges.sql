-- What a project of before 2026-10-30 grants on each new table, sequence and function in `public`, whoever makes it.
alter default privileges for role postgres, supabase_admin in schema public
  grant all on tables to anon, authenticated, service_role;
alter default privileges for role postgres, supabase_admin in schema public
  grant all on sequences to anon, authenticated, service_role;
alter default privileges for role postgres, supabase_admin in schema public
  grant all on functions to anon, authenticated, service_role;

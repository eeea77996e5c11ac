-- Begins or ends observing: the sync plans, compares and reports, and writes nothing. Ending rings, for what waited.
create or replace function public.zoho_observe(p_on boolean) returns void
language plpgsql set search_path = '' as $$
begin
  update zoho_sync.identity i set observing_since = case when p_on then coalesce(i.observing_since, now()) end where i.id;
  if not p_on then perform zoho_sync.call_function('zoho-sync', '{"reason":"resumed"}'::jsonb); end if;
end $$;

create or replace function zoho_sync.is_observing() returns boolean
language plpgsql stable set search_path = '' as $$
begin
  return exists (select from zoho_sync.identity i where i.observing_since is not null);
end $$;

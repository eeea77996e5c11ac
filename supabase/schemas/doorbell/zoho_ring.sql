-- A drain whose budget is spent rings for the next one.
create or replace function public.zoho_ring() returns void
language sql set search_path = '' as $$
  select zoho_sync.call_function('zoho-sync', '{"reason":"spent"}'::jsonb);
$$;

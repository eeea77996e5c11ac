-- Null ends it; 'infinity' mutes until a person does.
create or replace function public.zoho_mute_alert(p_name text, p_until timestamptz default null) returns void
language sql set search_path = '' as $$
  insert into public.zoho_alerts as a (name, muted_until) values (p_name, p_until)
  on conflict (name) do update set muted_until = excluded.muted_until;
$$;

-- No p_sealed removes the channel. Its record of sent alerts is cleared, so that the next channel gets all that are on.
create or replace function public.zoho_set_alert_channel(p_name text, p_set_by text, p_sealed text default null) returns void
language plpgsql set search_path = '' as $$
begin
  if p_sealed is null then
    delete from zoho_sync.alert_channels c where c.name = p_name;
  else
    insert into zoho_sync.alert_channels (name, sealed, set_by) values (p_name, p_sealed, p_set_by)
    on conflict (name) do update set sealed = excluded.sealed, set_by = excluded.set_by, set_at = now();
  end if;
  update public.zoho_alerts a set told = a.told - p_name where a.told ? p_name;
end $$;

create or replace function public.zoho_alert_channels() returns jsonb
language sql stable set search_path = '' as $$
  select coalesce(jsonb_agg(jsonb_build_object('name', c.name, 'sealed', c.sealed)), '[]') from zoho_sync.alert_channels c;
$$;

-- [{name, state, channels}]: the channels that took it; one that did not is tried again at the next check.
create or replace function public.zoho_alerts_told(p_told jsonb) returns void
language sql set search_path = '' as $$
  update public.zoho_alerts a set
    telling_until = null,
    told = a.told || coalesce((select jsonb_object_agg(c, t.state) from jsonb_array_elements_text(t.channels) c), '{}'),
    last_notified_at = case when jsonb_array_length(t.channels) > 0 then clock_timestamp() else a.last_notified_at end
  from jsonb_to_recordset(p_told) t (name text, state text, channels jsonb)
  where a.name = t.name;
$$;

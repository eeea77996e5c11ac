-- Stores the present state of all alerts ([{name, on, detail}]) and answers what has to be sent, by channel:
--   { changed: [{name, state}], tell: [{name, state, since, beganAt, detail, channels}] }
-- The rows are held until the end, and what is handed out is not handed out again for p_seconds: of two checks at once
-- one sends. The sender confirms with zoho_alerts_told; what is not confirmed is sent again, so an alert arrives at least once.
create or replace function public.zoho_decide_alerts(p_conditions jsonb, p_channels text[], p_seconds integer default 60)
returns jsonb
language plpgsql set search_path = '' as $$
declare
  v_changed jsonb;
  v_tell jsonb;
begin
  insert into public.zoho_alerts (name)
  select c.name from jsonb_to_recordset(p_conditions) c (name text) order by c.name
  on conflict (name) do nothing;
  perform from public.zoho_alerts a order by a.name for update;

  with now_so as (
    select c.name, case when c."on" then 'on' else 'off' end as state, c.detail
    from jsonb_to_recordset(p_conditions) c (name text, "on" boolean, detail text)),
  turned as (
    select n.name, n.state from now_so n join public.zoho_alerts a on a.name = n.name and a.state <> n.state),
  kept as (
    update public.zoho_alerts a set
      state = n.state,
      since = case when a.state <> n.state then clock_timestamp() else a.since end,
      began_at = case when a.state = 'off' and n.state = 'on' then clock_timestamp() else a.began_at end,
      detail = coalesce(n.detail, case when a.state = n.state then a.detail end),
      checked_at = clock_timestamp()
    from now_so n where a.name = n.name)
  select coalesce(jsonb_agg(jsonb_build_object('name', t.name, 'state', t.state) order by t.name), '[]')
  into v_changed from turned t;

  with due as (
    select a.name, array(
      select c from unnest(p_channels) c where coalesce(a.told ->> c, 'off') <> a.state order by c) as channels
    from public.zoho_alerts a
    where (a.muted_until is null or a.muted_until <= now())
      and (a.telling_until is null or a.telling_until <= clock_timestamp())),
  taken as (
    update public.zoho_alerts a set telling_until = clock_timestamp() + make_interval(secs => p_seconds)
    from due d where a.name = d.name and cardinality(d.channels) > 0
    returning a.name, a.state, a.since, a.began_at, a.detail, to_jsonb(d.channels) as channels)
  select coalesce(jsonb_agg(jsonb_build_object('name', t.name, 'state', t.state, 'since', t.since,
      'beganAt', t.began_at, 'detail', t.detail, 'channels', t.channels) order by t.state desc, t.name), '[]')
  into v_tell from taken t;
  return jsonb_build_object('changed', v_changed, 'tell', v_tell);
end $$;

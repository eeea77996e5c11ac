-- Alerts: told when they begin and when they are over, never in between. What is wrong is decided by alerts/conditions.ts
-- from the status; what is new about it, and who tells it, is decided here in one transaction.
create table if not exists public.zoho_alerts (
  name text primary key,
  state text not null default 'off' check (state in ('on', 'off')),
  since timestamptz not null default now(),
  -- When it was last turned on; a recovery says how long it lasted.
  began_at timestamptz,
  -- Counts and codes, no personal data.
  detail text,
  muted_until timestamptz,
  -- By channel, the state that was told last: {"webhook": "on"}.
  told jsonb not null default '{}'::jsonb,
  last_notified_at timestamptz,
  -- Somebody is telling it now; a killed one is over by then.
  telling_until timestamptz,
  -- Null: muted before it was ever looked at.
  checked_at timestamptz
);
alter table public.zoho_alerts enable row level security;
revoke all on public.zoho_alerts from public, anon, authenticated;
grant select on public.zoho_alerts to authenticated;
grant select, insert, update, delete on public.zoho_alerts to service_role;
drop policy if exists "active admins read alerts" on public.zoho_alerts;
create policy "active admins read alerts" on public.zoho_alerts
  for select to authenticated using ((select zoho_sync.is_active_admin()));

-- Writes down what is so now ([{name, on, detail}]) and answers what is to be told, by channel:
--   { changed: [{name, state}], tell: [{name, state, since, beganAt, detail, channels}] }
-- The rows are held until the end, and what is handed out is not handed out again for p_seconds: of two checks at once
-- one tells. Whoever told it says so with zoho_alerts_told; what nobody says is told again, so an alert comes at least once.
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

-- Null ends it; 'infinity' mutes until somebody does.
create or replace function public.zoho_mute_alert(p_name text, p_until timestamptz default null) returns void
language sql set search_path = '' as $$
  insert into public.zoho_alerts as a (name, muted_until) values (p_name, p_until)
  on conflict (name) do update set muted_until = excluded.muted_until;
$$;

create or replace function public.zoho_admin_alerts() returns jsonb
language sql stable set search_path = '' as $$
  select jsonb_build_object(
    'lastCheckedAt', max(a.checked_at),
    'rows', coalesce(jsonb_agg(jsonb_build_object('name', a.name, 'state', a.state, 'since', a.since,
      'detail', a.detail, 'told', a.told, 'lastNotifiedAt', a.last_notified_at,
      'isMuted', coalesce(a.muted_until > now(), false),
      'mutedUntil', case when a.muted_until > now() then nullif(a.muted_until, 'infinity') end) order by a.name), '[]'))
  from public.zoho_alerts a;
$$;

-- The last comparison that came to its end, and what is still different as far as the last full one and those after it
-- know: an hourly one looks at what changed only. Records that no entity owns (a seller's own Deals) are no difference.
create or replace function zoho_sync.last_reconcile() returns jsonb
language sql stable set search_path = '' as $$
  with newest as (
    select * from public.zoho_reconcile_runs r where r.status = 'finished' order by r.started_at desc limit 1),
  since as (
    select coalesce(
      (select r.started_at from public.zoho_reconcile_runs r
        where r.status = 'finished' and r.kind = 'full' order by r.started_at desc limit 1),
      (select n.started_at from newest n)) as at)
  select jsonb_build_object(
    'id', n.id, 'status', n.status, 'startedAt', n.started_at, 'finishedAt', n.finished_at,
    'compared', n.matched + n.differs + n.missing,
    'differences', (
      select count(distinct (w.entity_type, coalesce(w.entity_id::text, w.zoho_id)))
      from public.zoho_reconcile_runs r join public.zoho_reconcile_rows w on w.run_id = r.id
      where r.status = 'finished' and r.started_at >= s.at and w.repaired_at is null
        and (w.verdict in ('differs', 'missing') or (w.verdict = 'extra' and w.reason = 'doubled'))))
  from newest n, since s;
$$;

create or replace function zoho_sync.status_parts() returns jsonb
language sql stable set search_path = '' as $$
  select jsonb_build_object(
    'accountQuestions', jsonb_build_object('open', (
      select count(*) from public.zoho_account_questions a where a.answered_at is null)),
    'fieldProblems', jsonb_build_object('open', (select count(*) from public.zoho_fields f where f.problem is not null)),
    'lastReconcile', zoho_sync.last_reconcile(),
    'alerts', (
      select jsonb_build_object('lastCheckedAt', max(a.checked_at),
        'on', coalesce(jsonb_agg(a.name order by a.since) filter (where a.state = 'on'), '[]'))
      from public.zoho_alerts a));
$$;

revoke all on function
  public.zoho_decide_alerts(jsonb, text[], integer), public.zoho_alerts_told(jsonb),
  public.zoho_mute_alert(text, timestamptz), public.zoho_admin_alerts(),
  zoho_sync.last_reconcile(), zoho_sync.status_parts()
  from public, anon, authenticated;
grant execute on function
  public.zoho_decide_alerts(jsonb, text[], integer), public.zoho_alerts_told(jsonb),
  public.zoho_mute_alert(text, timestamptz), public.zoho_admin_alerts(),
  zoho_sync.last_reconcile(), zoho_sync.status_parts()
  to service_role;

do $$
begin
  if to_regprocedure('cron.schedule(text,text,text)') is null then return; end if;
  execute $cron$select cron.schedule('zoho-alerts-check', '* * * * *',
    'select zoho_sync.call_function(''zoho-admin/alerts/check'', ''{"reason":"schedule"}''::jsonb)')$cron$;
end $$;

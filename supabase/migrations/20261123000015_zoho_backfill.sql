-- Backfill: what was there before the sync was. A run lists its entities once, and from then on the queue is the state:
-- whatever is killed, the rows say what is left to do.

create table if not exists public.zoho_backfill_runs (
  id uuid primary key default gen_random_uuid(),
  entity_type text not null check (entity_type in ('quote', 'contract', 'invoice', 'customer')),
  -- Only entities made since then.
  since timestamptz,
  dry_run boolean not null,
  status text not null default 'running' check (status in ('running', 'finished', 'cancelled')),
  -- An admin's id, or "secret key".
  actor text not null,
  total integer not null default 0,
  -- What became of how many, or would in a dry run: {create, update, skip, link, refuse}, and why of the refused ones.
  -- Filled in when the run has ended.
  outcome jsonb,
  -- What a dry run says that a real one would cost; null for a real run.
  credits_estimated integer,
  -- What the run itself has cost.
  credits_used integer not null default 0,
  -- Lane 2 of the ledger's quarter in which the run began, before it began.
  credits_before integer not null default 0,
  error_code text,
  error_message text,
  -- One step at a time; a killed one ends by itself.
  step_owner uuid,
  step_until timestamptz,
  started_at timestamptz not null default now(),
  finished_at timestamptz
);
create index if not exists zoho_backfill_runs_started_idx on public.zoho_backfill_runs (started_at desc);
-- Two real runs at once would share one lane and one ledger, and neither could say what it cost.
create unique index if not exists zoho_backfill_runs_open_idx on public.zoho_backfill_runs ((true))
  where not dry_run and status = 'running';
alter table public.zoho_backfill_runs enable row level security;
revoke all on public.zoho_backfill_runs from public, anon, authenticated;
grant select on public.zoho_backfill_runs to authenticated;
grant select, insert, update, delete on public.zoho_backfill_runs to service_role;
drop policy if exists "active admins read backfill runs" on public.zoho_backfill_runs;
create policy "active admins read backfill runs" on public.zoho_backfill_runs
  for select to authenticated using ((select zoho_sync.is_active_admin()));

create table if not exists public.zoho_backfill_items (
  run_id uuid not null references public.zoho_backfill_runs on delete cascade,
  entity_type text not null,
  entity_id uuid not null,
  -- Oldest first, from 1.
  position integer not null,
  -- It had a record when the run began.
  mapped boolean not null,
  plan text check (plan in ('create', 'update', 'skip', 'link', 'refuse')),
  -- Why it is refused: an error code with a page in docs/errors.
  reason text,
  -- A dry run: new → planned. A real one: new → queued → done; retrying and refused are in the queue still, they wait for
  -- their time, or for a person.
  state text not null default 'new' check (state in (
    'new', 'planned', 'queued', 'done', 'retrying', 'refused', 'cancelled')),
  primary key (run_id, entity_id)
);
-- The next page of a state.
create index if not exists zoho_backfill_items_state_idx on public.zoho_backfill_items (run_id, state, position);
alter table public.zoho_backfill_items enable row level security;
revoke all on public.zoho_backfill_items from public, anon, authenticated;
grant select on public.zoho_backfill_items to authenticated;
grant select, insert, update, delete on public.zoho_backfill_items to service_role;
drop policy if exists "active admins read backfill items" on public.zoho_backfill_items;
create policy "active admins read backfill items" on public.zoho_backfill_items
  for select to authenticated using ((select zoho_sync.is_active_admin()));

-- Accounts, Contacts and Products that a rehearsal would have made by now, so that the next page does not make them again.
-- E-mails as their digest: equality is all that is asked of them.
create table if not exists zoho_sync.backfill_links (
  run_id uuid not null references public.zoho_backfill_runs on delete cascade,
  kind text not null check (kind in ('account', 'customer', 'email', 'product')),
  key text not null,
  zoho_id text not null,
  primary key (run_id, kind, key)
);
alter table zoho_sync.backfill_links enable row level security;
revoke all on zoho_sync.backfill_links from public, anon, authenticated;
grant select, insert, update, delete on zoho_sync.backfill_links to service_role;

-- Credits used in the rolling 24 h decide which lanes may still run: the last fifth of the day's budget is not
-- for backfill, the last twentieth only for compliance.
create or replace function zoho_sync.lane_by_credits(p_daily_credits integer) returns smallint
language sql stable set search_path = '' as $$
  select case
    when coalesce(sum(l.credits), 0) >= p_daily_credits * 0.95 then 0
    when coalesce(sum(l.credits), 0) >= p_daily_credits * 0.80 then 1
    else 2 end::smallint
  from public.zoho_credit_ledger l
  where l.quarter > now() - interval '24 hours';
$$;

-- Whether the sync is paused, or the day's credits are needed for live changes: no step is made then.
create or replace function zoho_sync.is_backfill_closed() returns boolean
language sql stable set search_path = '' as $$
  select coalesce(s.paused_until > now(), false) or zoho_sync.lane_by_credits(s.daily_credits) < 2
  from public.zoho_sync_state s;
$$;

-- Every entity of a kind, and when it was made.
create or replace function zoho_sync.backfill_entities(p_entity_type text) returns table (id uuid, made_at timestamptz)
language sql stable set search_path = '' as $$
  select c.id, c.created_at from public.contracts c where p_entity_type = 'contract'
  union all
  select q.id, q.created_at from public.business_quotes q where p_entity_type = 'quote'
  union all
  select cu.id, cu.created_at from public.customers cu where p_entity_type = 'customer'
  union all
  select i.id, i.created_at from public.customer_invoices i where p_entity_type = 'invoice';
$$;

-- Why an entity is passed over by every way into the queue (zoho_sync.enqueue says which are).
create or replace function zoho_sync.backfill_refusal(p_entity_type text, p_id uuid) returns text
language sql stable set search_path = '' as $$
  select case
    when exists (select from zoho_sync.gone(array[p_entity_type], array[p_id])) then 'NOT_FOUND'
    when not exists (select from public.zoho_sync_state s where p_entity_type = any (s.synced_types)) then 'SWITCHED_OFF'
    when exists (
      select from public.customers cu
      where cu.account_type = 'internal_test' and cu.id in (
        select p_id
        union all select c.customer_id from public.contracts c where c.id = p_id
        union all select q.customer_id from public.contracts c join public.business_quotes q on q.id = c.quote_id
          where c.id = p_id
        union all select q.customer_id from public.business_quotes q where q.id = p_id
        union all select i.customer_id from public.customer_invoices i where i.id = p_id)) then 'INTERNAL_TEST'
    when exists (select from public.business_quotes q where q.id = p_id and coalesce(btrim(q.quote_number), '') = '')
      or exists (select from public.customer_invoices i where i.id = p_id and coalesce(btrim(i.invoice_number), '') = '')
      then 'NO_NUMBER'
    else 'CONSUMER' end;
$$;

-- Everything that a claim would give the drain for these entities, with what the rehearsal would have made by now.
create or replace function zoho_sync.backfill_changes(p_run uuid, p_entity_type text, p_ids uuid[])
returns table (entity_id uuid, change jsonb)
language sql stable set search_path = '' as $$
  select i.id, jsonb_build_object(
    'entity_type', p_entity_type, 'entity_id', i.id, 'revision', 1, 'lane', 2, 'attempts', 0,
    'forced', false, 'cause', 'dry run',
    'refusal', case when s.source is null or s.source -> 'internal_test' = 'true'
      then zoho_sync.backfill_refusal(p_entity_type, i.id) end,
    'source', s.source || jsonb_build_object(
      'account_id', coalesce(s.source ->> 'account_id', la.zoho_id),
      'contact', coalesce(nullif(s.source -> 'contact', 'null'),
        case when coalesce(lc.zoho_id, le.zoho_id) is not null then jsonb_build_object(
          'zoho_id', coalesce(lc.zoho_id, le.zoho_id), 'snapshot', '{}'::jsonb, 'shared', true) end)),
    'mapping', case when m.id is not null then jsonb_build_object(
      'zoho_id', m.zoho_id, 'state', m.state, 'snapshot', m.snapshot,
      'doubtful', m.doubtful or m.sending is not null, 'seen', coalesce(m.last_event_seq, 0)) end)
  from unnest(p_ids) i (id)
  left join zoho_sync.sources(array_fill(p_entity_type, array[cardinality(p_ids)]), p_ids) s on s.entity_id = i.id
  left join public.zoho_entity_mappings m on m.circletel_type = p_entity_type and m.circletel_id = i.id
  left join zoho_sync.backfill_links la
    on la.run_id = p_run and la.kind = 'account' and la.key = s.source ->> 'account_key'
  left join zoho_sync.backfill_links lc
    on lc.run_id = p_run and lc.kind = 'customer' and lc.key = s.source #>> '{customer,id}'
  left join zoho_sync.backfill_links le
    on le.run_id = p_run and le.kind = 'email' and le.key = md5(lower(btrim(s.source #>> '{customer,email}')));
$$;

create or replace function zoho_sync.backfill_cause(p_run uuid) returns text
language sql immutable set search_path = '' as $$
  select 'backfill ' || p_run;
$$;

create or replace function zoho_sync.backfill_zoho_type(p_entity_type text) returns text
language sql immutable set search_path = '' as $$
  select t.zoho_type from zoho_sync.record_types() t where t.entity_type = p_entity_type;
$$;

create or replace function zoho_sync.spend(p_lane smallint, p_credits integer, p_calls integer) returns void
language sql set search_path = '' as $$
  insert into public.zoho_credit_ledger as ledger (quarter, lane, credits, calls)
  select date_bin('15 minutes', now(), timestamptz '2000-01-01 00:00:00+00'), p_lane, p_credits, p_calls
  where p_calls > 0
  on conflict (quarter, lane) do update
    set credits = ledger.credits + excluded.credits, calls = ledger.calls + excluded.calls;
$$;

-- Lane 2 of the ledger since the run began. Exact while nothing else works in that lane: reconciliation repairs do.
create or replace function zoho_sync.backfill_credits(p_run public.zoho_backfill_runs) returns integer
language sql stable set search_path = '' as $$
  select greatest(0, coalesce(sum(l.credits), 0) - p_run.credits_before)::integer
  from public.zoho_credit_ledger l
  where l.lane = 2
    and l.quarter >= date_bin('15 minutes', p_run.started_at, timestamptz '2000-01-01 00:00:00+00');
$$;

-- Lists the entities of a run, oldest first. Answers how many.
create or replace function zoho_sync.backfill_list(p_run public.zoho_backfill_runs) returns integer
language sql set search_path = '' as $$
  with listed as (
    insert into public.zoho_backfill_items (run_id, entity_type, entity_id, position, mapped)
    select p_run.id, p_run.entity_type, e.id, row_number() over (order by e.made_at, e.id), m.id is not null
    from zoho_sync.backfill_entities(p_run.entity_type) e
    left join public.zoho_entity_mappings m on m.circletel_type = p_run.entity_type and m.circletel_id = e.id
    where p_run.since is null or e.made_at >= p_run.since
    returning 1)
  select count(*)::integer from listed;
$$;

-- Begins a run and lists its entities. Answers { id } or { busy: id of the real run that is open }.
create or replace function public.zoho_backfill_start(
  p_entity_type text, p_dry_run boolean, p_actor text, p_since timestamptz default null) returns jsonb
language plpgsql set search_path = '' as $$
declare
  v_run public.zoho_backfill_runs;
  v_total integer;
begin
  -- Who asks for two at once gets one.
  perform pg_advisory_xact_lock(hashtextextended('zoho_backfill_start', 0));
  if not p_dry_run then
    select * into v_run from public.zoho_backfill_runs r where not r.dry_run and r.status = 'running';
    if found then return jsonb_build_object('busy', v_run.id); end if;
  end if;
  -- The lists of long ago; their runs and counts stay.
  delete from public.zoho_backfill_items i using public.zoho_backfill_runs r
  where r.id = i.run_id and r.finished_at < now() - interval '30 days';

  insert into public.zoho_backfill_runs (entity_type, since, dry_run, actor, credits_estimated, credits_before)
  values (p_entity_type, p_since, p_dry_run, p_actor, case when p_dry_run then 0 end, coalesce((
    select l.credits from public.zoho_credit_ledger l
    where l.lane = 2 and l.quarter = date_bin('15 minutes', now(), timestamptz '2000-01-01 00:00:00+00')), 0))
  returning * into v_run;
  v_total := zoho_sync.backfill_list(v_run);
  update public.zoho_backfill_runs r set total = v_total where r.id = v_run.id;
  return jsonb_build_object('id', v_run.id);
end $$;

-- Takes the right to work the oldest run that has something to do. Answers the run as JSON, or null.
create or replace function public.zoho_backfill_claim_step(p_worker uuid, p_lease_seconds integer) returns jsonb
language sql set search_path = '' as $$
  update public.zoho_backfill_runs r
  set step_owner = p_worker, step_until = now() + make_interval(secs => p_lease_seconds)
  where not zoho_sync.is_backfill_closed() and r.id = (
    select o.id from public.zoho_backfill_runs o
    where o.status = 'running' and (o.step_until is null or o.step_until < now() or o.step_owner = p_worker)
    -- A dry run is what somebody waits for.
    order by o.dry_run desc, o.started_at
    limit 1
    for update skip locked)
  returning to_jsonb(r);
$$;

create or replace function public.zoho_backfill_end_step(
  p_run uuid, p_worker uuid, p_code text default null, p_message text default null, p_ring boolean default false)
returns void
language plpgsql set search_path = '' as $$
begin
  update public.zoho_backfill_runs r
  set step_owner = null, step_until = null, error_code = p_code, error_message = p_message
  where r.id = p_run and r.step_owner = p_worker;
  if p_ring then
    perform zoho_sync.call_function('zoho-admin/backfill/step', '{"reason":"next"}'::jsonb);
  end if;
end $$;

-- The next page to be rehearsed: { changes, products }, the changes as a claim would give them; none when all are planned.
create or replace function public.zoho_backfill_page(p_run uuid, p_limit integer) returns jsonb
language sql stable set search_path = '' as $$
  with page as (
    select i.entity_id, i.position from public.zoho_backfill_items i
    where i.run_id = p_run and i.state = 'new' order by i.position limit p_limit)
  select jsonb_build_object(
    'changes', coalesce(jsonb_agg(c.change order by p.position), '[]'),
    'products', (
      select coalesce(jsonb_object_agg(l.key, l.zoho_id), '{}') from zoho_sync.backfill_links l
      where l.run_id = p_run and l.kind = 'product'))
  from page p
  join zoho_sync.backfill_changes(p_run,
    (select r.entity_type from public.zoho_backfill_runs r where r.id = p_run),
    array(select entity_id from page)) c on c.entity_id = p.entity_id;
$$;

-- Stores what a rehearsed page would become:
--   p_items [{entity_id, plan, reason}]   p_links [{kind: account|customer|email|product, key, zoho_id}]
--   p_credits {estimated: what the page would cost, spent, calls: what rehearsing it has cost}
create or replace function public.zoho_backfill_planned(
  p_run uuid, p_items jsonb, p_links jsonb, p_credits jsonb) returns void
language plpgsql set search_path = '' as $$
begin
  update public.zoho_backfill_items i set plan = p.plan, reason = p.reason, state = 'planned'
  from jsonb_to_recordset(p_items) p (entity_id uuid, plan text, reason text)
  where i.run_id = p_run and i.entity_id = p.entity_id and i.state = 'new';
  insert into zoho_sync.backfill_links (run_id, kind, key, zoho_id)
  select p_run, l.kind, case l.kind when 'email' then md5(lower(btrim(l.key))) else l.key end, l.zoho_id
  from jsonb_to_recordset(p_links) l (kind text, key text, zoho_id text)
  on conflict do nothing;
  perform zoho_sync.spend(2::smallint, (p_credits ->> 'spent')::integer, (p_credits ->> 'calls')::integer);
  update public.zoho_backfill_runs r set
    credits_estimated = r.credits_estimated + (p_credits ->> 'estimated')::integer,
    credits_used = r.credits_used + (p_credits ->> 'spent')::integer
  where r.id = p_run;
end $$;

create or replace function zoho_sync.backfill_counts(p_run uuid) returns jsonb
language sql stable set search_path = '' as $$
  select jsonb_build_object(
    'create', count(*) filter (where i.plan = 'create'), 'update', count(*) filter (where i.plan = 'update'),
    'skip', count(*) filter (where i.plan = 'skip'), 'link', count(*) filter (where i.plan = 'link'),
    'refuse', count(*) filter (where i.plan = 'refuse'),
    'reasons', coalesce((
      select jsonb_object_agg(w.reason, w.n) from (
        select r.reason, count(*) as n from public.zoho_backfill_items r
        where r.run_id = p_run and r.reason is not null group by r.reason) w), '{}'))
  from public.zoho_backfill_items i where i.run_id = p_run;
$$;

-- All pages of a dry run are planned: it is over.
create or replace function public.zoho_backfill_end_plan(p_run uuid) returns void
language sql set search_path = '' as $$
  update public.zoho_backfill_runs r set
    status = 'finished', finished_at = now(), outcome = zoho_sync.backfill_counts(p_run)
  where r.id = p_run and r.dry_run and r.status = 'running';
  delete from zoho_sync.backfill_links l where l.run_id = p_run;
$$;

-- Lists and queue grow by thousands between two looks of autovacuum; judged by statistics of an empty table, a join of the
-- two is a nested loop over both (6,000 entities: 17 s). Where all of a run is joined, nested loops are off.

-- Puts the next p_limit entities in the queue's last lane, oldest first: the order of the plan is the order of the
-- waves, so that the same companies meet in the same calls and cost what was said. Answers how many.
create or replace function public.zoho_backfill_enqueue(p_run uuid, p_limit integer) returns integer
language plpgsql set search_path = '' set plan_cache_mode = 'force_custom_plan' set enable_nestloop = off as $$
declare
  v_run public.zoho_backfill_runs;
  v_ids uuid[];
begin
  select * into v_run from public.zoho_backfill_runs r where r.id = p_run for update;
  if v_run.dry_run or v_run.status <> 'running' then return 0; end if;
  v_ids := array(
    select i.entity_id from public.zoho_backfill_items i
    where i.run_id = p_run and i.state = 'new' order by i.position limit p_limit);
  if cardinality(v_ids) = 0 then return 0; end if;
  perform public.zoho_enqueue(v_run.entity_type, v_ids, 2::smallint, zoho_sync.backfill_cause(p_run));
  update public.zoho_sync_queue q set next_attempt_at = now() + i.position * interval '1 microsecond'
  from public.zoho_backfill_items i
  where i.run_id = p_run and i.entity_id = any (v_ids)
    and q.entity_type = i.entity_type and q.entity_id = i.entity_id and q.lane = 2 and q.status = 'pending';
  -- What zoho_enqueue passed over is refused.
  update public.zoho_backfill_items i set
    state = case when r.is_queued then 'queued' else 'refused' end,
    plan = case when not r.is_queued then 'refuse' end,
    reason = case when not r.is_queued then zoho_sync.backfill_refusal(r.entity_type, r.entity_id) end
  from (
    select o.entity_type, o.entity_id, q.entity_id is not null as is_queued from public.zoho_backfill_items o
    left join public.zoho_sync_queue q on q.entity_type = o.entity_type and q.entity_id = o.entity_id
    where o.run_id = p_run and o.entity_id = any (v_ids)) r
  where i.run_id = p_run and i.entity_id = r.entity_id;
  perform zoho_sync.ring_doorbell();
  return cardinality(v_ids);
end $$;

-- Tells each item what the queue has made of it since it was last asked.
create or replace function zoho_sync.backfill_follow(p_run uuid) returns void
language sql set search_path = '' as $$
  with now_is as (
    select i.entity_id, case
        when q.entity_id is null then 'done'
        when q.status = 'dead' then 'refused'
        when q.status = 'pending' and q.error_code is not null and q.next_attempt_at > now() then 'retrying'
        else 'queued' end as state, q.error_code
    from public.zoho_backfill_items i
    left join public.zoho_sync_queue q on q.entity_type = i.entity_type and q.entity_id = i.entity_id
    where i.run_id = p_run and (i.state in ('queued', 'retrying')
      or i.state = 'refused' and i.reason not in (
        'INTERNAL_TEST', 'NOT_FOUND', 'SWITCHED_OFF', 'NO_NUMBER', 'CONSUMER')))
  update public.zoho_backfill_items i set state = n.state,
    reason = case when n.state in ('refused', 'retrying') then n.error_code end
  from now_is n
  where i.run_id = p_run and i.entity_id = n.entity_id and i.state <> n.state;
$$;

-- What came of each item: its attempts tell. An attempt of a live change is none of the run's.
create or replace function zoho_sync.backfill_judge(p_run public.zoho_backfill_runs) returns void
language sql set search_path = '' as $$
  update public.zoho_backfill_items i set plan = case
      when i.state in ('refused', 'retrying') then 'refuse'
      when a.action is null then 'skip'
      when a.action = 'insert' then 'create'
      when not i.mapped then 'link'
      else 'update' end
  from public.zoho_backfill_items o
  left join lateral (
    select l.response_payload ->> 'action' as action from public.zoho_sync_logs l
    where l.entity_type = o.entity_type and l.entity_id = o.entity_id
      and l.zoho_entity_type = zoho_sync.backfill_zoho_type(o.entity_type) and l.status = 'success'
      and l.created_at >= p_run.started_at and l.cause = zoho_sync.backfill_cause(p_run.id)
    order by l.created_at limit 1) a on true
  where i.run_id = p_run.id and o.run_id = p_run.id and o.entity_id = i.entity_id;
$$;

-- Brings a real run up to date; it ends when every item was tried.
create or replace function zoho_sync.backfill_refresh(p_run uuid) returns void
language plpgsql set search_path = '' set plan_cache_mode = 'force_custom_plan' set enable_nestloop = off as $$
declare
  v_run public.zoho_backfill_runs;
begin
  -- Whoever holds the run is at it, and the next look comes in a second.
  select * into v_run from public.zoho_backfill_runs r
  where r.id = p_run and not r.dry_run and r.status = 'running' for update skip locked;
  if not found then return; end if;
  perform zoho_sync.backfill_follow(p_run);
  if exists (select from public.zoho_backfill_items i where i.run_id = p_run and i.state in ('new', 'queued')) then
    return;
  end if;
  perform zoho_sync.backfill_judge(v_run);
  update public.zoho_backfill_runs r set status = 'finished', finished_at = now(),
    outcome = zoho_sync.backfill_counts(p_run), credits_used = zoho_sync.backfill_credits(v_run)
  where r.id = p_run;
end $$;

-- A run with its progress; without p_run the newest ones, as they stand.
create or replace function public.zoho_backfill_status(p_run uuid default null, p_limit integer default 20) returns jsonb
language plpgsql set search_path = '' as $$
begin
  if p_run is not null then perform zoho_sync.backfill_refresh(p_run); end if;
  return (
    select coalesce(jsonb_agg(s.run order by s.started_at desc), '[]') from (
      select r.started_at, to_jsonb(r) - 'step_owner' - 'step_until' - 'credits_before' || jsonb_build_object(
        'credits_used', case when r.dry_run or r.status <> 'running' then r.credits_used
          else zoho_sync.backfill_credits(r) end,
        'states', coalesce((
          select jsonb_object_agg(c.state, c.n) from (
            select i.state, count(*) as n from public.zoho_backfill_items i
            where i.run_id = r.id group by i.state) c), '{}'),
        'reasons', coalesce((
          select jsonb_object_agg(c.reason, c.n) from (
            select i.reason, count(*) as n from public.zoho_backfill_items i
            where i.run_id = r.id and i.reason is not null group by i.reason) c), '{}'),
        'waits_for', (
          select case when s.paused_until > now() then s.pause_code
            when zoho_sync.lane_by_credits(s.daily_credits) < 2 then 'CREDITS' end
          from public.zoho_sync_state s)) as run
      from public.zoho_backfill_runs r
      where p_run is null or r.id = p_run
      order by r.started_at desc limit p_limit) s);
end $$;

-- Takes out of the queue what the run put there and nobody has touched. Answers { cancelled } or null when there is no
-- such run that is open.
create or replace function public.zoho_backfill_cancel(p_run uuid) returns jsonb
language plpgsql set search_path = '' set plan_cache_mode = 'force_custom_plan' set enable_nestloop = off as $$
declare
  v_cancelled integer;
begin
  perform from public.zoho_backfill_runs r where r.id = p_run and r.status = 'running' for update;
  if not found then return null; end if;
  with untouched as (
    delete from public.zoho_sync_queue q using public.zoho_backfill_items i
    where i.run_id = p_run and i.state in ('queued', 'retrying')
      and q.entity_type = i.entity_type and q.entity_id = i.entity_id
      and q.lane = 2 and q.status = 'pending' and q.attempts = 0 and q.cause = zoho_sync.backfill_cause(p_run)
    returning q.entity_id)
  update public.zoho_backfill_items i set state = 'cancelled'
  where i.run_id = p_run
    and (i.state in ('new', 'planned') or i.entity_id in (select u.entity_id from untouched u));
  get diagnostics v_cancelled = row_count;
  delete from zoho_sync.backfill_links l where l.run_id = p_run;
  update public.zoho_backfill_runs r set status = 'cancelled', finished_at = now(),
    credits_used = case when r.dry_run then r.credits_used else zoho_sync.backfill_credits(r) end
  where r.id = p_run;
  return jsonb_build_object('cancelled', v_cancelled);
end $$;

-- While a live change is due, the backfill lane is closed, so that it never shares a wave. Every 2 s it is open all the
-- same: where live changes come faster than Zoho answers, one is always due, and the backfill would stand still. When it
-- was last open (epoch ms) is a sequence, as the doorbell's promise is.
create sequence if not exists zoho_sync.backfill_turn minvalue 0 start 0;
revoke all on sequence zoho_sync.backfill_turn from public, anon, authenticated;
grant usage, select, update on sequence zoho_sync.backfill_turn to service_role;

create or replace function zoho_sync.open_lane(p_daily_credits integer) returns smallint
language plpgsql set search_path = '' as $$
declare
  v_lane smallint := zoho_sync.lane_by_credits(p_daily_credits);
begin
  if v_lane < 2 then return v_lane; end if;
  if exists (
      select from public.zoho_sync_queue q
      where q.status = 'pending' and q.lane < 2 and q.next_attempt_at <= clock_timestamp())
    and zoho_sync.clock_ms() - (select last_value from zoho_sync.backfill_turn) between 0 and 2000 then
    return 1;
  end if;
  perform setval('zoho_sync.backfill_turn', zoho_sync.clock_ms());
  return 2;
end $$;

-- Every 30 s while a run is open: whoever watched it may have gone.
create or replace function zoho_sync.sweep_backfill() returns void
language plpgsql security definer set search_path = '' as $$
begin
  if exists (select from public.zoho_backfill_runs r where r.status = 'running') then
    perform zoho_sync.call_function('zoho-admin/backfill/step', '{"reason":"schedule"}'::jsonb);
  end if;
end $$;

do $$
declare
  f record;
begin
  for f in select p.oid::regprocedure as signature, n.nspname || '.' || p.proname as name
    from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
    where (n.nspname = 'public' and p.proname like 'zoho\_backfill\_%')
      or (n.nspname = 'zoho_sync' and (p.proname like 'backfill\_%'
        or p.proname in ('spend', 'lane_by_credits', 'open_lane', 'is_backfill_closed', 'sweep_backfill')))
  loop
    execute format('revoke all on function %s from public, anon, authenticated', f.signature);
    if f.name <> 'zoho_sync.sweep_backfill' then
      execute format('grant execute on function %s to service_role', f.signature);
    end if;
  end loop;
end $$;

do $$
begin
  if to_regprocedure('cron.schedule(text,text,text)') is null then return; end if;
  execute $cron$select cron.schedule('zoho-backfill-sweep', '30 seconds', 'select zoho_sync.sweep_backfill()')$cron$;
end $$;

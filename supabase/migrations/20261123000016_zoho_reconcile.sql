-- What Zoho holds is compared with the projections, field by field: every night everything, every hour what changed on
-- either side. A run is a row with a cursor; a step works some pages of it, and whoever kills a step costs one page.

create table if not exists public.zoho_reconcile_runs (
  id uuid primary key default gen_random_uuid(),
  kind text not null check (kind in ('full', 'incremental')),
  entity_types text[] not null check (cardinality(entity_types) > 0),
  status text not null default 'running' check (status in ('running', 'finished', 'failed')),
  -- An admin's id, "secret key" or "schedule".
  actor text not null,
  -- Changes since then are looked at; null for everything.
  since timestamptz,
  -- { stage, position }: where the next step goes on (_shared/reconcile/run.ts).
  cursor jsonb not null default '{}'::jsonb,
  -- By entity type: { "contract": { "match": 412, "differs": 3, … } }; matches as they come, the rest at the end.
  counts jsonb not null default '{}'::jsonb,
  matched integer not null default 0,
  differs integer not null default 0,
  missing integer not null default 0,
  extra integer not null default 0,
  queued integer not null default 0,
  calls integer not null default 0,
  credits integer not null default 0,
  steps integer not null default 0,
  started_at timestamptz not null default clock_timestamp(),
  finished_at timestamptz,
  lease_owner uuid,
  lease_until timestamptz,
  next_step_at timestamptz not null default now(),
  -- Faults of whole calls in a row.
  faults integer not null default 0,
  error_code text,
  error_message text
);
-- One run at a time: two would ask Zoho for the same pages.
create unique index if not exists zoho_reconcile_runs_one_idx on public.zoho_reconcile_runs (status)
  where status = 'running';
-- The newest run; what the next incremental run starts from.
create index if not exists zoho_reconcile_runs_started_idx on public.zoho_reconcile_runs (started_at desc);
alter table public.zoho_reconcile_runs enable row level security;
revoke all on public.zoho_reconcile_runs from public, anon, authenticated;
grant select on public.zoho_reconcile_runs to authenticated;
grant select, insert, update, delete on public.zoho_reconcile_runs to service_role;
drop policy if exists "active admins read reconcile runs" on public.zoho_reconcile_runs;
create policy "active admins read reconcile runs" on public.zoho_reconcile_runs
  for select to authenticated using ((select zoho_sync.is_active_admin()));

-- Everything that is not a match; a match is only counted.
create table if not exists public.zoho_reconcile_rows (
  id bigint generated always as identity primary key,
  run_id uuid not null references public.zoho_reconcile_runs (id) on delete cascade,
  entity_type text not null check (entity_type in ('quote', 'contract', 'invoice', 'customer')),
  entity_id uuid,
  zoho_type text not null,
  zoho_id text,
  -- The contract, quote or invoice number.
  reference text,
  -- queued: on its way at this moment, so no verdict.
  verdict text not null check (verdict in ('differs', 'missing', 'extra', 'queued')),
  reason text not null,
  -- By Zoho api_name { zoho, circletel }; names and e-mails of persons masked.
  fields jsonb not null default '{}'::jsonb,
  created_at timestamptz not null default clock_timestamp(),
  repaired_at timestamptz
);
-- The report, by verdict and page; the cascade.
create index if not exists zoho_reconcile_rows_run_idx on public.zoho_reconcile_rows (run_id, verdict, id);
alter table public.zoho_reconcile_rows enable row level security;
revoke all on public.zoho_reconcile_rows from public, anon, authenticated;
grant select on public.zoho_reconcile_rows to authenticated;
grant select, insert, update, delete on public.zoho_reconcile_rows to service_role;
drop policy if exists "active admins read reconcile rows" on public.zoho_reconcile_rows;
create policy "active admins read reconcile rows" on public.zoho_reconcile_rows
  for select to authenticated using ((select zoho_sync.is_active_admin()));

-- What the running run has judged, by Zoho id (or by entity where there is no record): a record that comes twice counts
-- once, and an entity whose record never came is asked for. Emptied when a run ends; if a crash of the database empties
-- it before, the run reads a little more than it had to.
create unlogged table if not exists zoho_sync.reconcile_seen (
  run_id uuid not null,
  entity_type text not null,
  key text not null,
  primary key (run_id, entity_type, key)
);
alter table zoho_sync.reconcile_seen enable row level security;
revoke all on zoho_sync.reconcile_seen from public, anon, authenticated;
grant select, insert, delete on zoho_sync.reconcile_seen to service_role;
drop policy if exists "the reconcile keeps what it has seen" on zoho_sync.reconcile_seen;
create policy "the reconcile keeps what it has seen" on zoho_sync.reconcile_seen
  for all to service_role using (true) with check (true);

-- Every row that owns a record in Zoho, or must never have one (is_internal: a test customer's, or a consumer's).
-- Without a number, or for a person without an e-mail, there is nothing yet that a record could be found by; customers who
-- share an e-mail share one Contact, and only the first of them owns it.
drop view if exists zoho_sync.reconcile_entities;
create view zoho_sync.reconcile_entities with (security_invoker = true) as
  select 'contract'::text as entity_type, c.id as entity_id, c.contract_number::text as reference,
    c.zoho_deal_id::text as known_id, c.updated_at as changed_at,
    coalesce(cu.account_type = 'internal_test', false) or coalesce(qcu.account_type = 'internal_test', false)
      as is_internal
  from public.contracts c
  join public.business_quotes q on q.id = c.quote_id
  left join public.customers cu on cu.id = c.customer_id
  left join public.customers qcu on qcu.id = q.customer_id
  union all
  select 'quote', q.id, q.quote_number::text, null, q.updated_at, coalesce(cu.account_type = 'internal_test', false)
  from public.business_quotes q left join public.customers cu on cu.id = q.customer_id
  where btrim(q.quote_number) <> ''
  union all
  select 'invoice', i.id, i.invoice_number::text, null, i.updated_at,
    not exists (select from zoho_sync.crm_customers cu where cu.id = i.customer_id)
  from public.customer_invoices i
  where btrim(i.invoice_number) <> ''
  union all
  select 'customer', cu.id, null, null, cu.updated_at,
    not exists (select from zoho_sync.crm_customers crm where crm.id = cu.id)
  from public.customers cu
  where exists (select from public.zoho_entity_mappings m
      where m.circletel_type = 'customer' and m.circletel_id = cu.id)
    or (btrim(cu.email) <> '' and not exists (
      select from public.zoho_entity_mappings m
      where m.zoho_type = 'Contacts' and lower(m.snapshot ->> 'Email') = lower(cu.email)));
revoke all on zoho_sync.reconcile_entities from public, anon, authenticated;
grant select on zoho_sync.reconcile_entities to service_role;

create or replace function zoho_sync.zoho_type_of(p_entity_type text) returns text
language sql immutable set search_path = '' as $$
  select t.zoho_type from zoho_sync.record_types() t where t.entity_type = p_entity_type;
$$;

-- In the ordinary lane, and the bell rings: who repairs is waiting.
create or replace function zoho_sync.reconcile_enqueue(p_entity_type text, p_ids uuid[], p_cause text) returns integer
language plpgsql set search_path = '' as $$
declare
  v_count integer := coalesce(public.zoho_enqueue(p_entity_type, p_ids, 1::smallint, p_cause), 0);
begin
  if v_count > 0 then perform zoho_sync.ring_doorbell(); end if;
  return v_count;
end $$;

-- Starts a run, unless one is under way. Without a finished run to start from, an incremental one looks at everything.
-- Types that are switched off (zoho_sync_state.synced_types) are left out. Answers { id, started }; null when none is left.
create or replace function public.zoho_reconcile_start(p_kind text, p_entity_types text[], p_actor text) returns jsonb
language plpgsql set search_path = '' as $$
declare
  v_types text[];
  v_since timestamptz;
  v_id uuid;
begin
  select array_agg(t.type order by t.place) into v_types
  from public.zoho_sync_state s, unnest(p_entity_types) with ordinality t (type, place)
  where t.type = any (s.synced_types);
  if v_types is null then return null; end if;
  if p_kind = 'incremental' then
    select max(r.started_at) into v_since from public.zoho_reconcile_runs r
    where r.status = 'finished' and r.entity_types @> v_types;
  end if;
  insert into public.zoho_reconcile_runs (kind, entity_types, actor, since)
  values (case when v_since is null then 'full' else 'incremental' end, v_types, p_actor, v_since)
  on conflict (status) where status = 'running' do nothing
  returning id into v_id;
  if v_id is not null then
    return jsonb_build_object('id', v_id, 'started', true);
  end if;
  return (select jsonb_build_object('id', r.id, 'started', false)
    from public.zoho_reconcile_runs r where r.status = 'running');
end $$;

-- Takes the run that is due. Null: there is none, another step is at it, the sync is paused, or the day's credits are so
-- low that only changes may be sent. read_at is the database's clock before anything is read from Zoho; poll_since, when
-- Zoho was last asked what was deleted.
create or replace function public.zoho_reconcile_claim(p_worker uuid, p_lease_seconds integer) returns jsonb
language plpgsql set search_path = '' as $$
declare
  v_run public.zoho_reconcile_runs;
  v_state public.zoho_sync_state;
begin
  select * into v_run from public.zoho_reconcile_runs r where r.status = 'running' for update skip locked;
  if not found or v_run.next_step_at > clock_timestamp()
    or (v_run.lease_until > clock_timestamp() and v_run.lease_owner <> p_worker) then
    return null;
  end if;
  select * into v_state from public.zoho_sync_state;
  if v_state.paused_until > clock_timestamp() or zoho_sync.lane_by_credits(v_state.daily_credits) < 2 then
    update public.zoho_reconcile_runs r
    set next_step_at = least(clock_timestamp() + interval '5 minutes',
      case when v_state.paused_until > clock_timestamp() then v_state.paused_until else 'infinity' end)
    where r.id = v_run.id;
    return null;
  end if;
  update public.zoho_reconcile_runs r
  set lease_owner = p_worker, lease_until = clock_timestamp() + make_interval(secs => p_lease_seconds),
    steps = r.steps + 1
  where r.id = v_run.id;
  return jsonb_build_object('id', v_run.id, 'kind', v_run.kind, 'entity_types', v_run.entity_types,
    'since', v_run.since, 'cursor', v_run.cursor, 'read_at', clock_timestamp(),
    'poll_since', (select max(r.started_at) from public.zoho_reconcile_runs r where r.status = 'finished'));
end $$;

-- What CircleTel knows of records as Zoho has just answered them (p_records: [{zoho_id, reference}]) and of entities
-- (p_ids). One element for each record that is ours, by mapping or by reference, and for each entity:
--   { zoho_id, entity_id, exists, is_internal, reference, mapped_id, state, is_busy, dead_code, source }
-- is_busy: on its way at this moment, or written since p_read_at, so that what was read may be older than what is known.
-- A record that was deleted in Zoho and is there again was restored: its entity is sent.
create or replace function public.zoho_reconcile_look(
  p_entity_type text, p_read_at timestamptz, p_records jsonb default '[]', p_ids uuid[] default '{}') returns jsonb
language plpgsql set search_path = '' set plan_cache_mode = 'force_custom_plan' as $$
declare
  v_zoho_type text := zoho_sync.zoho_type_of(p_entity_type);
  v_restored uuid[];
  v_zoho_ids text[];
  v_ids uuid[];
  v_answer jsonb;
begin
  with back as (
    select m.id from public.zoho_entity_mappings m
    join jsonb_to_recordset(p_records) r (zoho_id text) on r.zoho_id = m.zoho_id
    where m.zoho_type = v_zoho_type and m.state = 'deleted_in_zoho' and m.last_synced_at <= p_read_at
    order by m.circletel_id for update of m),
  linked as (
    update public.zoho_entity_mappings m set state = 'linked', deleted_at = null, doubtful = true
    from back b where m.id = b.id returning m.circletel_id)
  select array_agg(l.circletel_id) into v_restored from linked l;
  if v_restored is not null then
    perform zoho_sync.reconcile_enqueue(p_entity_type, v_restored, 'restored in Zoho');
  end if;

  with asked as (
    select r.zoho_id, r.reference from jsonb_to_recordset(p_records) r (zoho_id text, reference text)),
  mapped as (
    select a.zoho_id, m.circletel_id as entity_id from asked a
    join public.zoho_entity_mappings m on m.zoho_type = v_zoho_type and m.zoho_id = a.zoho_id
    where m.circletel_type = p_entity_type),
  pairs as (
    select m.zoho_id, m.entity_id from mapped m
    union all
    select a.zoho_id, e.entity_id from asked a
    join zoho_sync.reconcile_entities e on e.entity_type = p_entity_type and e.reference = a.reference
    where not exists (select from mapped m where m.zoho_id = a.zoho_id)
    union all
    select null, i.id from unnest(p_ids) i (id))
  select array_agg(p.zoho_id), array_agg(p.entity_id) into v_zoho_ids, v_ids from pairs p;

  select jsonb_agg(jsonb_build_object(
    'zoho_id', p.zoho_id, 'entity_id', p.entity_id, 'exists', e.entity_id is not null,
    'is_internal', coalesce(e.is_internal, false), 'reference', e.reference,
    'mapped_id', coalesce(m.zoho_id, e.known_id), 'state', m.state,
    'is_busy', coalesce(q.status in ('pending', 'in_flight'), false) or coalesce(m.last_synced_at > p_read_at, false),
    'dead_code', case when q.status = 'dead' then q.error_code end,
    'source', s.source))
  into v_answer
  from unnest(v_zoho_ids, v_ids) p (zoho_id, entity_id)
  left join zoho_sync.reconcile_entities e on e.entity_type = p_entity_type and e.entity_id = p.entity_id
  left join public.zoho_entity_mappings m
    on m.circletel_type = p_entity_type and m.circletel_id = p.entity_id and m.zoho_type = v_zoho_type
  left join public.zoho_sync_queue q on q.entity_type = p_entity_type and q.entity_id = p.entity_id
  left join zoho_sync.sources(array_fill(p_entity_type, array[coalesce(cardinality(v_ids), 0)]), v_ids) s
    on s.entity_id = p.entity_id;
  return coalesce(v_answer, '[]');
end $$;

-- Entities whose record has not come, in the order of ids: all of them in a full run; in an incremental one those that
-- changed here or never had a record. is_found says that another record with their reference came.
create or replace function public.zoho_reconcile_unseen(
  p_run uuid, p_entity_type text, p_since timestamptz default null, p_after uuid default null,
  p_limit integer default 500) returns jsonb
language plpgsql stable set search_path = '' set plan_cache_mode = 'force_custom_plan' as $$
begin
  -- `in` and `not in`, which are hashed whatever the planner thinks of a table that was empty a minute ago: as
  -- `not exists` this took 38 s for 10,000 entities (2 cores).
  return (
    select coalesce(jsonb_agg(jsonb_build_object('entity_id', u.entity_id, 'is_found', u.is_found)
      order by u.entity_id), '[]')
    from (
      select w.entity_id, w.is_found
      from (
        select e.entity_id, e.changed_at, m.id as mapping_id, m.last_synced_at,
          coalesce(m.zoho_id, e.known_id, '') as zoho_id,
          e.entity_id in (
            select r.entity_id from public.zoho_reconcile_rows r
            where r.run_id = p_run and r.verdict = 'differs' and r.reason = 'not_linked'
              and r.entity_type = p_entity_type and r.entity_id is not null) as is_found
        from zoho_sync.reconcile_entities e
        left join public.zoho_entity_mappings m on m.circletel_type = p_entity_type and m.circletel_id = e.entity_id
          and m.zoho_type = zoho_sync.zoho_type_of(p_entity_type)
        where e.entity_type = p_entity_type and not e.is_internal and (p_after is null or e.entity_id > p_after)) w
      where (p_since is null or w.changed_at >= p_since or w.last_synced_at >= p_since or w.mapping_id is null
          or w.is_found)
        and w.zoho_id not in (
          select s.key from zoho_sync.reconcile_seen s where s.run_id = p_run and s.entity_type = p_entity_type)
        and w.entity_id::text not in (
          select s.key from zoho_sync.reconcile_seen s where s.run_id = p_run and s.entity_type = p_entity_type)
      order by w.entity_id limit p_limit) u);
end $$;

-- Rows to be looked at once more at the end of the run: what was on its way, and what differed (an edit of that very
-- moment may have been mended since). What takes their place is stored behind p_until. Answers { until, rows }.
create or replace function public.zoho_reconcile_again(
  p_run uuid, p_entity_type text, p_after bigint, p_limit integer, p_until bigint default null) returns jsonb
language sql stable set search_path = '' as $$
  with bound as (
    select coalesce(p_until, (select max(r.id) from public.zoho_reconcile_rows r), 0) as until)
  select jsonb_build_object('until', b.until, 'rows', coalesce((
    select jsonb_agg(jsonb_build_object('id', r.id, 'entity_id', r.entity_id) order by r.id)
    from (
      select r.id, r.entity_id from public.zoho_reconcile_rows r
      where r.run_id = p_run and r.entity_type = p_entity_type and r.id > p_after and r.id <= b.until
        and r.entity_id is not null and r.verdict in ('queued', 'differs') and r.reason <> 'not_linked'
      order by r.id limit p_limit) r), '[]'))
  from bound b;
$$;

-- Stores a page of verdicts and the cursor behind it, in one transaction. p_results:
--   [{zoho_id, entity_id, reference, verdict, reason, fields}]
-- p_replaces: rows that these results take the place of. Answers the database's clock for the next read, or null when
-- another step has the run.
create or replace function public.zoho_reconcile_note(
  p_run uuid, p_worker uuid, p_lease_seconds integer, p_results jsonb, p_cursor jsonb,
  p_spent jsonb default '{"calls": 0, "credits": 0}', p_entity_type text default null,
  p_replaces bigint[] default '{}', p_finished boolean default false)
returns timestamptz
language plpgsql set search_path = '' set plan_cache_mode = 'force_custom_plan' as $$
declare
  v_matched integer;
  v_by_type jsonb;
begin
  perform from public.zoho_reconcile_runs r
  where r.id = p_run and r.status = 'running' and r.lease_owner = p_worker for update;
  if not found then return null; end if;

  delete from public.zoho_reconcile_rows r where r.run_id = p_run and r.id = any (p_replaces);
  with results as (
    select r.*, coalesce(r.zoho_id, r.entity_id::text) as key
    from jsonb_to_recordset(p_results) r (
      zoho_id text, entity_id uuid, reference text, verdict text, reason text, fields jsonb)),
  fresh as (
    insert into zoho_sync.reconcile_seen (run_id, entity_type, key)
    select distinct p_run, p_entity_type, r.key from results r where r.key is not null
    on conflict do nothing returning key),
  counted as (
    select r.* from results r
    where cardinality(p_replaces) > 0 or exists (select from fresh f where f.key = r.key)),
  stored as (
    insert into public.zoho_reconcile_rows
      (run_id, entity_type, entity_id, zoho_type, zoho_id, reference, verdict, reason, fields)
    select p_run, p_entity_type, c.entity_id, zoho_sync.zoho_type_of(p_entity_type), c.zoho_id, c.reference, c.verdict,
      c.reason, coalesce(c.fields, '{}')
    from counted c where c.verdict <> 'match')
  select count(*) filter (where c.verdict = 'match') into v_matched from counted c;

  insert into public.zoho_credit_ledger as ledger (quarter, lane, credits, calls)
  select date_bin('15 minutes', now(), timestamptz '2000-01-01 00:00:00+00'), 2,
    (p_spent ->> 'credits')::integer, (p_spent ->> 'calls')::integer
  where (p_spent ->> 'calls')::integer > 0
  on conflict (quarter, lane) do update
    set credits = ledger.credits + excluded.credits, calls = ledger.calls + excluded.calls;

  update public.zoho_reconcile_runs r set
    cursor = p_cursor, faults = 0, error_code = null, error_message = null,
    matched = r.matched + v_matched,
    counts = case when p_entity_type is null then r.counts else r.counts || jsonb_build_object(p_entity_type,
      jsonb_build_object('match', coalesce((r.counts #>> array[p_entity_type, 'match'])::integer, 0) + v_matched)) end,
    calls = r.calls + (p_spent ->> 'calls')::integer, credits = r.credits + (p_spent ->> 'credits')::integer,
    lease_until = clock_timestamp() + make_interval(secs => p_lease_seconds)
  where r.id = p_run;
  if not p_finished then return clock_timestamp(); end if;

  select coalesce(jsonb_object_agg(t.entity_type, t.verdicts), '{}') into v_by_type from (
    select v.entity_type, jsonb_object_agg(v.verdict, v.n) as verdicts from (
      select r.entity_type, r.verdict, count(*) as n from public.zoho_reconcile_rows r
      where r.run_id = p_run group by r.entity_type, r.verdict) v group by v.entity_type) t;
  update public.zoho_reconcile_runs r set
    status = 'finished', finished_at = clock_timestamp(), lease_owner = null, lease_until = null,
    counts = (select jsonb_object_agg(e.type, coalesce(r.counts -> e.type, '{"match": 0}')
      || coalesce(v_by_type -> e.type, '{}')) from unnest(r.entity_types) e (type)),
    differs = n.differs, missing = n.missing, extra = n.extra, queued = n.queued
  from (
    select count(*) filter (where w.verdict = 'differs') as differs,
      count(*) filter (where w.verdict = 'missing') as missing,
      count(*) filter (where w.verdict = 'extra') as extra,
      count(*) filter (where w.verdict = 'queued') as queued
    from public.zoho_reconcile_rows w where w.run_id = p_run) n
  where r.id = p_run;
  delete from zoho_sync.reconcile_seen s where s.run_id = p_run;
  return clock_timestamp();
end $$;

-- Of several records that carry the reference of one entity, the one it is linked to is its record (else the oldest);
-- the others are for a person.
create or replace function public.zoho_reconcile_doubled(p_run uuid, p_entity_type text) returns integer
language plpgsql set search_path = '' set plan_cache_mode = 'force_custom_plan' as $$
declare
  v_count integer;
begin
  update public.zoho_reconcile_rows r set verdict = 'extra', reason = 'doubled', fields = '{}'
  from (
    select o.id, o.zoho_id, coalesce(m.zoho_id, e.known_id, '') as linked_id,
      row_number() over (partition by o.entity_id order by length(o.zoho_id), o.zoho_id) as place
    from public.zoho_reconcile_rows o
    join zoho_sync.reconcile_entities e on e.entity_type = p_entity_type and e.entity_id = o.entity_id
    left join public.zoho_entity_mappings m on m.circletel_type = p_entity_type and m.circletel_id = o.entity_id
      and m.zoho_type = zoho_sync.zoho_type_of(p_entity_type)
    where o.run_id = p_run and o.entity_type = p_entity_type and o.verdict = 'differs' and o.reason = 'not_linked') f
  where r.id = f.id and r.run_id = p_run
    and (f.place > 1 or f.linked_id <> f.zoho_id and f.linked_id in (
      select s.key from zoho_sync.reconcile_seen s where s.run_id = p_run and s.entity_type = p_entity_type));
  get diagnostics v_count = row_count;
  return v_count;
end $$;

-- Ends a step early: the next one is rung for at once, or comes after a while when Zoho could not be asked. A fault that
-- does not pass, or the tenth in a row, ends the run.
create or replace function public.zoho_reconcile_release(
  p_run uuid, p_worker uuid, p_code text default null, p_message text default null, p_final boolean default false)
returns void
language plpgsql set search_path = '' as $$
begin
  update public.zoho_reconcile_runs r set
    lease_owner = null, lease_until = null,
    faults = case when p_code is null then r.faults else r.faults + 1 end,
    error_code = p_code, error_message = p_message,
    status = case when p_code is not null and (p_final or r.faults >= 9) then 'failed' else r.status end,
    finished_at = case when p_code is not null and (p_final or r.faults >= 9) then clock_timestamp() end,
    next_step_at = case when p_code is null then clock_timestamp()
      else clock_timestamp() + make_interval(secs => least(30 * 2 ^ least(r.faults, 5), 900)) end
  where r.id = p_run and r.lease_owner = p_worker;
  if p_code is null then
    perform zoho_sync.call_function('zoho-admin/reconcile/step', '{"reason":"spent"}'::jsonb);
  end if;
  delete from zoho_sync.reconcile_seen s where s.run_id = p_run
    and exists (select from public.zoho_reconcile_runs r where r.id = p_run and r.status = 'failed');
end $$;

-- Which of these Zoho ids are ours and thought to be there.
create or replace function public.zoho_known_records(p_zoho_type text, p_ids text[]) returns jsonb
language sql stable set search_path = '' as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'zoho_id', m.zoho_id, 'entity_type', m.circletel_type, 'entity_id', m.circletel_id, 'reference', e.reference)), '[]')
  from public.zoho_entity_mappings m
  left join zoho_sync.reconcile_entities e on e.entity_type = m.circletel_type and e.entity_id = m.circletel_id
  where m.zoho_type = p_zoho_type and m.zoho_id = any (p_ids) and m.state = 'linked';
$$;

-- The record of an entity is another one now: Zoho merged it into that one, or it was found by its reference. What the
-- new one holds is not known, so the next drain reads it. False when the record belongs to another entity.
create or replace function public.zoho_move_record(
  p_entity_type text, p_entity_id uuid, p_zoho_id text, p_cause text) returns boolean
language plpgsql set search_path = '' as $$
declare
  v_zoho_type text := zoho_sync.zoho_type_of(p_entity_type);
  v_old text;
begin
  if p_entity_type = 'contract' then
    perform from public.contracts c where c.id = p_entity_id for no key update;
    if not found or exists (
      select from public.contracts c where c.zoho_deal_id = p_zoho_id and c.id <> p_entity_id) then
      return false;
    end if;
  end if;
  if exists (select from public.zoho_entity_mappings m where m.zoho_type = v_zoho_type and m.zoho_id = p_zoho_id
    and m.circletel_id <> p_entity_id) then
    return false;
  end if;
  select m.zoho_id into v_old from public.zoho_entity_mappings m
  where m.circletel_type = p_entity_type and m.circletel_id = p_entity_id for update;
  insert into public.zoho_entity_mappings as m (circletel_type, circletel_id, zoho_type, zoho_id, doubtful)
  values (p_entity_type, p_entity_id, v_zoho_type, p_zoho_id, true)
  on conflict (circletel_type, circletel_id) do update set
    zoho_id = excluded.zoho_id, state = 'linked', doubtful = true, snapshot = '{}', sending = null,
    recent_writes = '[]', zoho_modified_at = null, stage_modified_at = null, deleted_at = null;
  if p_entity_type = 'contract' then
    update public.contracts c set zoho_deal_id = p_zoho_id where c.id = p_entity_id;
  end if;
  if v_old <> p_zoho_id then
    insert into public.zoho_notices (kind, entity_type, entity_id, zoho_type, zoho_id, message)
    values ('merged_in_zoho', p_entity_type, p_entity_id, v_zoho_type, p_zoho_id,
      'Record ' || v_old || ' is gone from Zoho and ' || p_zoho_id || ' carries its reference: merged there; linked to it');
  end if;
  perform zoho_sync.reconcile_enqueue(p_entity_type, array[p_entity_id], p_cause);
  return true;
end $$;

-- Accounts, Contacts and Products that were deleted or merged away: the remembered id becomes the master's where it is
-- known (p_gone: [{zoho_id, master}]), else it is forgotten and found or made again; what points there comes again.
create or replace function public.zoho_gone_links(p_zoho_type text, p_gone jsonb) returns integer
language plpgsql set search_path = '' as $$
declare
  v_gone text[] := array(select g.zoho_id from jsonb_to_recordset(p_gone) g (zoho_id text) order by 1);
  v_field text := case p_zoho_type when 'Accounts' then 'Account_Name' else 'Contact_Name' end;
  v_pointing jsonb;
begin
  if p_zoho_type = 'Products' then
    -- Lines keep the product's name in Zoho; the next write of a quote makes the product again.
    delete from public.zoho_products p where p.zoho_id = any (v_gone);
    return 0;
  end if;
  select jsonb_agg(jsonb_build_object('entity_type', m.circletel_type, 'entity_id', m.circletel_id)) into v_pointing
  from public.zoho_entity_mappings m
  where m.snapshot #>> array[v_field, 'id'] = any (v_gone) and m.state = 'linked'
    or (p_zoho_type = 'Contacts' and m.zoho_type = 'Contacts' and m.zoho_id = any (v_gone));

  if p_zoho_type = 'Accounts' then
    update public.zoho_accounts a set zoho_id = g.master
    from jsonb_to_recordset(p_gone) g (zoho_id text, master text)
    where a.zoho_id = g.zoho_id and g.master is not null;
    delete from public.zoho_accounts a using jsonb_to_recordset(p_gone) g (zoho_id text, master text)
    where a.zoho_id = g.zoho_id and g.master is null;
  else
    perform from public.zoho_entity_mappings m
    where m.zoho_type = 'Contacts' and m.zoho_id = any (v_gone) order by m.circletel_id for update;
    update public.zoho_entity_mappings m
    set zoho_id = g.master, snapshot = '{}', doubtful = true, zoho_modified_at = null, state = 'linked'
    from jsonb_to_recordset(p_gone) g (zoho_id text, master text)
    where m.zoho_type = 'Contacts' and m.zoho_id = g.zoho_id and g.master is not null
      and not exists (select from public.zoho_entity_mappings o
        where o.zoho_type = 'Contacts' and o.zoho_id = g.master);
    delete from public.zoho_entity_mappings m where m.zoho_type = 'Contacts' and m.zoho_id = any (v_gone);
  end if;
  return coalesce((
    select sum(zoho_sync.reconcile_enqueue(t.entity_type, t.ids, 'merged or deleted in Zoho: ' || p_zoho_type))
    from (
      select e.entity_type, array_agg(e.entity_id) as ids
      from jsonb_to_recordset(v_pointing) e (entity_type text, entity_id uuid)
      group by e.entity_type order by e.entity_type) t), 0);
end $$;

-- Which of these links are remembered, and Deals that point to them: in a merge Zoho moves its Deals to the master, which
-- is how the master is known. [{zoho_id, deal_ids}]
create or replace function public.zoho_deals_of_links(p_zoho_type text, p_ids text[]) returns jsonb
language sql stable set search_path = '' as $$
  select coalesce(jsonb_agg(jsonb_build_object('zoho_id', l.zoho_id, 'deal_ids', l.deal_ids)), '[]')
  from (
    select i.zoho_id, coalesce(jsonb_agg(d.zoho_id) filter (where d.zoho_id is not null), '[]') as deal_ids
    from unnest(p_ids) i (zoho_id)
    left join lateral (
      select m.zoho_id from public.zoho_entity_mappings m
      where p_zoho_type <> 'Products' and m.zoho_type = 'Deals' and m.state = 'linked'
        and m.snapshot #>> array[case p_zoho_type when 'Accounts' then 'Account_Name' else 'Contact_Name' end, 'id']
          = i.zoho_id
      limit 10) d on true
    where case p_zoho_type
      when 'Accounts' then exists (select from public.zoho_accounts a where a.zoho_id = i.zoho_id)
      when 'Products' then exists (select from public.zoho_products p where p.zoho_id = i.zoho_id)
      else exists (select from public.zoho_entity_mappings m where m.zoho_type = 'Contacts' and m.zoho_id = i.zoho_id)
      end
    group by i.zoho_id) l;
$$;

-- A run as a report begins: the row, and what it has found so far. Without p_run the newest. Null when there is none.
create or replace function public.zoho_reconcile_report(p_run uuid default null) returns jsonb
language sql stable set search_path = '' as $$
  select to_jsonb(r) - array['cursor', 'lease_owner', 'lease_until'] || case when r.status = 'finished' then '{}'::jsonb
    else (select jsonb_build_object(
        'differs', count(*) filter (where w.verdict = 'differs'), 'missing', count(*) filter (where w.verdict = 'missing'),
        'extra', count(*) filter (where w.verdict = 'extra'), 'queued', count(*) filter (where w.verdict = 'queued'))
      from public.zoho_reconcile_rows w where w.run_id = r.id) end
  from public.zoho_reconcile_runs r
  where (p_run is null or r.id = p_run)
  order by r.started_at desc limit 1;
$$;

-- Rows of a run that can be put right and were not yet, oldest first.
create or replace function public.zoho_reconcile_repairable(
  p_run uuid, p_verdicts text[], p_rows bigint[] default null, p_recreate_deleted boolean default false,
  p_limit integer default 500)
returns setof public.zoho_reconcile_rows
language sql stable set search_path = '' as $$
  select * from public.zoho_reconcile_rows r
  where r.run_id = p_run and r.verdict = any (p_verdicts) and r.verdict in ('differs', 'missing')
    and r.repaired_at is null and r.entity_id is not null and (p_rows is null or r.id = any (p_rows))
    and (r.reason <> 'deleted_in_zoho' or p_recreate_deleted)
  order by r.id limit p_limit;
$$;

-- Puts right what a run found. p_rows are of one run. `differs` comes again, read from Zoho before anything is sent;
-- `missing` loses its link, so that it is made; one that was deleted in Zoho only with p_recreate_deleted, for that was
-- a person's act. `extra` is never touched, and `not_linked` is zoho_move_record's. Answers { enqueued }.
create or replace function public.zoho_reconcile_repair(p_rows bigint[], p_recreate_deleted boolean default false)
returns jsonb
language plpgsql set search_path = '' as $$
declare
  v_type text;
  v_differs uuid[];
  v_missing uuid[];
  v_enqueued integer := 0;
begin
  for v_type in
    select distinct r.entity_type from public.zoho_reconcile_rows r where r.id = any (p_rows) order by 1
  loop
    select array_agg(distinct r.entity_id) filter (where r.verdict = 'differs' and r.reason <> 'not_linked'),
      array_agg(distinct r.entity_id) filter (where r.verdict = 'missing'
        and (r.reason <> 'deleted_in_zoho' or p_recreate_deleted))
    into v_differs, v_missing
    from public.zoho_reconcile_rows r where r.id = any (p_rows) and r.entity_type = v_type and r.entity_id is not null;
    -- The business rows, then the mappings, then the queue.
    if v_type = 'contract' then
      perform from public.contracts c where c.id = any (v_missing) order by c.id for no key update;
    end if;
    perform from public.zoho_entity_mappings m
    where m.circletel_type = v_type and m.circletel_id = any (coalesce(v_differs, '{}') || coalesce(v_missing, '{}'))
    order by m.circletel_id for update;
    update public.zoho_entity_mappings m set doubtful = true,
      -- A Contact is not read before it is written: what Zoho was found not to hold is not known any more.
      snapshot = case when v_type = 'customer' then m.snapshot - array(
        select f.name from public.zoho_reconcile_rows r cross join lateral jsonb_object_keys(r.fields) f (name)
        where r.id = any (p_rows) and r.entity_type = v_type and r.entity_id = m.circletel_id) else m.snapshot end
    where m.circletel_type = v_type and m.circletel_id = any (v_differs);
    delete from public.zoho_entity_mappings m where m.circletel_type = v_type and m.circletel_id = any (v_missing);
    if v_type = 'contract' then
      update public.contracts c set zoho_deal_id = null where c.id = any (v_missing) and c.zoho_deal_id is not null;
    end if;
    v_enqueued := v_enqueued + zoho_sync.reconcile_enqueue(
      v_type, coalesce(v_differs, '{}') || coalesce(v_missing, '{}'), 'reconcile');
    update public.zoho_reconcile_rows r set repaired_at = clock_timestamp()
    where r.id = any (p_rows) and r.entity_type = v_type and r.verdict in ('differs', 'missing');
  end loop;
  return jsonb_build_object('enqueued', v_enqueued);
end $$;

-- A step that was killed, or that waits for Zoho to answer again.
create or replace function zoho_sync.sweep_reconcile() returns void
language plpgsql security definer set search_path = '' as $$
begin
  if exists (select from public.zoho_reconcile_runs r
    where r.status = 'running' and r.next_step_at <= now() and coalesce(r.lease_until, '-infinity') < now()) then
    perform zoho_sync.call_function('zoho-admin/reconcile/step', '{"reason":"sweep"}'::jsonb);
  end if;
end $$;

create or replace function zoho_sync.schedule_reconcile(p_kind text) returns void
language plpgsql security definer set search_path = '' as $$
begin
  if exists (select from public.zoho_entity_mappings) then
    perform zoho_sync.call_function('zoho-admin/reconcile', jsonb_build_object('kind', p_kind, 'reason', 'schedule'));
  end if;
end $$;

create or replace function zoho_sync.tidy_reconcile() returns void
language plpgsql security definer set search_path = '' as $$
begin
  -- The newest run of each kind stays, however old: the next one starts from it.
  delete from public.zoho_reconcile_runs r
  where r.started_at < now() - interval '30 days' and r.status <> 'running'
    and exists (select from public.zoho_reconcile_runs n
      where n.kind = r.kind and n.status = r.status and n.started_at > r.started_at);
  delete from zoho_sync.reconcile_seen s
  where not exists (select from public.zoho_reconcile_runs r where r.id = s.run_id and r.status = 'running');
end $$;

-- What Zoho was asked for, beside what it told by itself.
do $$
declare
  c record;
begin
  for c in
    select con.conname from pg_catalog.pg_constraint con
    join pg_catalog.pg_attribute att on att.attrelid = con.conrelid and att.attname = 'source'
    where con.conrelid = 'public.zoho_webhook_events'::regclass and con.contype = 'c'
      and con.conkey = array[att.attnum]
  loop
    execute format('alter table public.zoho_webhook_events drop constraint %I', c.conname);
  end loop;
  alter table public.zoho_webhook_events add constraint zoho_webhook_events_source_check
    check (source in ('signed', 'notification', 'poll'));
end $$;

revoke all on function
  zoho_sync.zoho_type_of(text), zoho_sync.reconcile_enqueue(text, uuid[], text),
  public.zoho_reconcile_start(text, text[], text), public.zoho_reconcile_claim(uuid, integer),
  public.zoho_reconcile_look(text, timestamptz, jsonb, uuid[]),
  public.zoho_reconcile_unseen(uuid, text, timestamptz, uuid, integer),
  public.zoho_reconcile_again(uuid, text, bigint, integer, bigint),
  public.zoho_reconcile_note(uuid, uuid, integer, jsonb, jsonb, jsonb, text, bigint[], boolean),
  public.zoho_reconcile_doubled(uuid, text),
  public.zoho_reconcile_release(uuid, uuid, text, text, boolean),
  public.zoho_known_records(text, text[]), public.zoho_move_record(text, uuid, text, text),
  public.zoho_gone_links(text, jsonb), public.zoho_deals_of_links(text, text[]),
  public.zoho_reconcile_report(uuid), public.zoho_reconcile_repairable(uuid, text[], bigint[], boolean, integer),
  public.zoho_reconcile_repair(bigint[], boolean),
  zoho_sync.sweep_reconcile(), zoho_sync.schedule_reconcile(text), zoho_sync.tidy_reconcile()
  from public, anon, authenticated;
grant execute on function
  zoho_sync.zoho_type_of(text), zoho_sync.reconcile_enqueue(text, uuid[], text),
  public.zoho_reconcile_start(text, text[], text), public.zoho_reconcile_claim(uuid, integer),
  public.zoho_reconcile_look(text, timestamptz, jsonb, uuid[]),
  public.zoho_reconcile_unseen(uuid, text, timestamptz, uuid, integer),
  public.zoho_reconcile_again(uuid, text, bigint, integer, bigint),
  public.zoho_reconcile_note(uuid, uuid, integer, jsonb, jsonb, jsonb, text, bigint[], boolean),
  public.zoho_reconcile_doubled(uuid, text),
  public.zoho_reconcile_release(uuid, uuid, text, text, boolean),
  public.zoho_known_records(text, text[]), public.zoho_move_record(text, uuid, text, text),
  public.zoho_gone_links(text, jsonb), public.zoho_deals_of_links(text, text[]),
  public.zoho_reconcile_report(uuid), public.zoho_reconcile_repairable(uuid, text[], bigint[], boolean, integer),
  public.zoho_reconcile_repair(bigint[], boolean)
  to service_role;

do $$
begin
  if to_regprocedure('cron.schedule(text,text,text)') is null then return; end if;
  execute $cron$select cron.schedule('zoho-reconcile-sweep', '* * * * *', 'select zoho_sync.sweep_reconcile()')$cron$;
  execute $cron$select cron.schedule('zoho-reconcile-changes', '7 * * * *',
    'select zoho_sync.schedule_reconcile(''incremental'')')$cron$;
  -- 02:23 in Johannesburg.
  execute $cron$select cron.schedule('zoho-reconcile-all', '23 0 * * *',
    'select zoho_sync.schedule_reconcile(''full'')')$cron$;
  execute $cron$select cron.schedule('zoho-reconcile-tidy', '37 1 * * *', 'select zoho_sync.tidy_reconcile()')$cron$;
end $$;

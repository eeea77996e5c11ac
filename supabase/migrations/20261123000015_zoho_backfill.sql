-- Backfill: what was there before the sync was. A run lists its entities once, and from then on the queue is the state:
-- whatever is killed, the rows say what is left to do.

create table if not exists public.zoho_backfill_runs (
  id uuid primary key default gen_random_uuid(),
  entity_type text not null check (entity_type in ('quote', 'contract', 'invoice', 'customer')),
  -- Only entities made since then.
  since timestamptz,
  dry_run boolean not null,
  -- How records are made: in calls of 100 by the drain, or by Zoho's bulk write. Null until it is decided.
  method text check (method in ('api', 'bulk')),
  status text not null check (status in ('planning', 'running', 'finished', 'cancelled', 'failed')),
  -- An admin's id, or "secret key".
  actor text not null,
  -- Above so many records to be made, bulk write makes them.
  bulk_above integer not null default 5000 check (bulk_above > 0),
  total integer not null default 0,
  -- What would become of how many: {create, update, skip, link, refuse}, and why of the refused ones.
  planned jsonb,
  -- The same as it came out, filled in when the run has ended.
  outcome jsonb,
  -- What the plan adds up to: the calls that make records, and all others (Accounts, Contacts, updates, reads).
  credits_making integer not null default 0,
  credits_other integer not null default 0,
  credits_estimated integer,
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
  where not dry_run and status in ('planning', 'running');
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
  -- new → planned → queued → done; in between staged and loading when bulk write makes the record. retrying and refused
  -- are in the queue still: they wait for their time, or for a person.
  state text not null default 'new' check (state in (
    'new', 'planned', 'queued', 'staged', 'loading', 'done', 'retrying', 'refused', 'cancelled')),
  job_id uuid,
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

-- One bulk write job of Zoho's: at most 25,000 rows (bulk write page).
create table if not exists public.zoho_backfill_jobs (
  id uuid primary key default gen_random_uuid(),
  run_id uuid not null references public.zoho_backfill_runs on delete cascade,
  -- filling: rows are being added; open: to be uploaded; uploaded: file_id is known; working: Zoho has it
  state text not null default 'filling' check (state in ('filling', 'open', 'uploaded', 'working', 'done', 'failed')),
  rows integer not null default 0,
  file_id text,
  -- The fields of the file, in its order.
  columns text[],
  zoho_job_id text,
  error_code text,
  created_at timestamptz not null default now(),
  finished_at timestamptz
);
create index if not exists zoho_backfill_jobs_run_idx on public.zoho_backfill_jobs (run_id);
create index if not exists zoho_backfill_jobs_open_idx on public.zoho_backfill_jobs (run_id)
  where state not in ('done', 'failed');
alter table public.zoho_backfill_jobs enable row level security;
revoke all on public.zoho_backfill_jobs from public, anon, authenticated;
grant select on public.zoho_backfill_jobs to authenticated;
grant select, insert, update, delete on public.zoho_backfill_jobs to service_role;
drop policy if exists "active admins read backfill jobs" on public.zoho_backfill_jobs;
create policy "active admins read backfill jobs" on public.zoho_backfill_jobs
  for select to authenticated using ((select zoho_sync.is_active_admin()));

-- The rows of the next job as they go to Zoho: a Contact's carry a name and an e-mail, so nobody but the sync reads them,
-- and a row lives until its result is stored.
create table if not exists zoho_sync.backfill_rows (
  run_id uuid not null references public.zoho_backfill_runs on delete cascade,
  entity_id uuid not null,
  job_id uuid,
  -- The value of the unique field that Zoho matches by.
  key text not null,
  fields jsonb not null,
  -- The same with names and e-mail masked, for the log.
  logged jsonb not null,
  log_id uuid,
  position integer not null,
  primary key (run_id, entity_id)
);
create index if not exists backfill_rows_job_idx on zoho_sync.backfill_rows (job_id, position);
alter table zoho_sync.backfill_rows enable row level security;
revoke all on zoho_sync.backfill_rows from public, anon, authenticated;
grant select, insert, update, delete on zoho_sync.backfill_rows to service_role;

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

create or replace function zoho_sync.backfill_cause(p_run uuid, p_is_bulk boolean) returns text
language sql immutable set search_path = '' as $$
  select case when p_is_bulk then 'bulk ' else 'backfill ' end || p_run;
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

-- Begins a run and lists its entities. A real one of few entities goes to the queue at once; a dry run, and one that may
-- have to be written in bulk, is planned first. Answers { id } or { busy: id of the real run that is open }.
create or replace function public.zoho_backfill_start(
  p_entity_type text, p_dry_run boolean, p_actor text, p_since timestamptz default null, p_bulk_above integer default 5000)
returns jsonb
language plpgsql set search_path = '' as $$
declare
  v_id uuid;
  v_total integer;
begin
  -- Who asks for two at once gets one.
  perform pg_advisory_xact_lock(hashtextextended('zoho_backfill_start', 0));
  if not p_dry_run then
    select r.id into v_id from public.zoho_backfill_runs r
    where not r.dry_run and r.status in ('planning', 'running');
    if found then return jsonb_build_object('busy', v_id); end if;
  end if;
  -- The lists of long ago; their runs and counts stay.
  delete from public.zoho_backfill_items i using public.zoho_backfill_runs r
  where r.id = i.run_id and r.finished_at < now() - interval '30 days';

  insert into public.zoho_backfill_runs
    (entity_type, since, dry_run, status, actor, bulk_above, credits_before)
  values (p_entity_type, p_since, p_dry_run, 'planning', p_actor, p_bulk_above, coalesce((
    select l.credits from public.zoho_credit_ledger l
    where l.lane = 2 and l.quarter = date_bin('15 minutes', now(), timestamptz '2000-01-01 00:00:00+00')), 0))
  returning id into v_id;

  insert into public.zoho_backfill_items (run_id, entity_type, entity_id, position, mapped)
  select v_id, p_entity_type, e.id, row_number() over (order by e.made_at, e.id), m.id is not null
  from zoho_sync.backfill_entities(p_entity_type) e
  left join public.zoho_entity_mappings m on m.circletel_type = p_entity_type and m.circletel_id = e.id
  where p_since is null or e.made_at >= p_since;
  get diagnostics v_total = row_count;

  update public.zoho_backfill_runs r set
    total = v_total,
    status = case when p_dry_run or v_total > p_bulk_above then 'planning' else 'running' end,
    method = case when not p_dry_run and v_total <= p_bulk_above then 'api' end
  where r.id = v_id;
  return jsonb_build_object('id', v_id);
end $$;

-- Takes the right to work the oldest run that has something to do. Answers the run as JSON, or null.
create or replace function public.zoho_backfill_claim_step(p_worker uuid, p_lease_seconds integer) returns jsonb
language sql set search_path = '' as $$
  update public.zoho_backfill_runs r
  set step_owner = p_worker, step_until = now() + make_interval(secs => p_lease_seconds)
  where not zoho_sync.is_backfill_closed() and r.id = (
    select o.id from public.zoho_backfill_runs o
    where (o.step_until is null or o.step_until < now() or o.step_owner = p_worker)
      and (o.status in ('planning', 'running')
        or exists (select from public.zoho_backfill_jobs j
          where j.run_id = o.id and j.state not in ('done', 'failed')))
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
--   p_credits {making, other, spent, calls}
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
    credits_making = r.credits_making + (p_credits ->> 'making')::integer,
    credits_other = r.credits_other + (p_credits ->> 'other')::integer,
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

-- What so many rows cost by bulk write: 500 a job of at most 25,000 (api-limits page) and 5 for its upload, polls and
-- result. A last job that is not worth its price goes by the queue, at 1 for 10 records.
create or replace function zoho_sync.bulk_credits(p_rows integer, p_bulk_above integer) returns integer
language sql immutable set search_path = '' as $$
  select (p_rows / 25000) * 505
    + case when p_rows % 25000 > p_bulk_above then 505 else ceil(p_rows % 25000 / 10.0)::integer end;
$$;

-- All pages are planned: a dry run is over, a real one decides how its records are made.
create or replace function public.zoho_backfill_decide(p_run uuid, p_bulk_module boolean) returns void
language plpgsql set search_path = '' as $$
declare
  v_run public.zoho_backfill_runs;
  v_counts jsonb := zoho_sync.backfill_counts(p_run);
  v_making integer := (v_counts ->> 'create')::integer + (v_counts ->> 'link')::integer;
  v_is_bulk boolean;
begin
  select * into v_run from public.zoho_backfill_runs r where r.id = p_run for update;
  if v_run.status <> 'planning' then return; end if;
  v_is_bulk := p_bulk_module and v_making > v_run.bulk_above;
  update public.zoho_backfill_runs r set
    planned = v_counts,
    method = case when v_is_bulk then 'bulk' else 'api' end,
    -- A real run that may become a bulk one is planned first, and so reads what this plan has read.
    credits_estimated = r.credits_other + case when r.total > r.bulk_above then r.credits_used else 0 end
      + case when v_is_bulk then zoho_sync.bulk_credits(v_making, r.bulk_above) else r.credits_making end,
    status = case when r.dry_run then 'finished' else 'running' end,
    outcome = case when r.dry_run then v_counts end,
    finished_at = case when r.dry_run then now() end
  where r.id = p_run;
  delete from zoho_sync.backfill_links l where l.run_id = p_run;
end $$;

-- Lists and queue grow by thousands between two looks of autovacuum; judged by statistics of an empty table, a join of the
-- two is a nested loop over both (6,000 entities: 17 s). Where all of a run is joined, nested loops are off.

-- Puts the next p_limit entities in the queue's last lane, oldest first: the order of the plan is the order of the
-- waves, so that the same companies meet in the same calls and cost what was said. Answers how many.
create or replace function public.zoho_backfill_enqueue(p_run uuid, p_limit integer) returns integer
language plpgsql set search_path = '' set plan_cache_mode = 'force_custom_plan' set enable_nestloop = off as $$
declare
  v_run public.zoho_backfill_runs;
  v_bulk uuid[];
  v_plain uuid[];
begin
  select * into v_run from public.zoho_backfill_runs r where r.id = p_run for update;
  if v_run.dry_run or v_run.status <> 'running' then return 0; end if;
  with page as (
    select i.entity_id, v_run.method = 'bulk' and coalesce(i.plan, '') in ('create', 'link') as is_bulk
    from public.zoho_backfill_items i
    where i.run_id = p_run and i.state in ('new', 'planned')
    order by i.position limit p_limit)
  select array_agg(p.entity_id) filter (where p.is_bulk), array_agg(p.entity_id) filter (where not p.is_bulk)
  into v_bulk, v_plain from page p;
  update public.zoho_backfill_items i set state = 'queued'
  where i.run_id = p_run and i.entity_id = any (v_bulk || v_plain);
  perform public.zoho_enqueue(v_run.entity_type, v_bulk, 2::smallint, zoho_sync.backfill_cause(p_run, true));
  perform public.zoho_enqueue(v_run.entity_type, v_plain, 2::smallint, zoho_sync.backfill_cause(p_run, false));
  update public.zoho_sync_queue q set next_attempt_at = now() + i.position * interval '1 microsecond'
  from public.zoho_backfill_items i
  where i.run_id = p_run and i.entity_id = any (v_bulk || v_plain)
    and q.entity_type = i.entity_type and q.entity_id = i.entity_id and q.lane = 2 and q.status = 'pending';
  -- What zoho_enqueue passed over. Nobody else sees these rows yet.
  update public.zoho_backfill_items i set state = 'refused', plan = 'refuse',
    reason = zoho_sync.backfill_refusal(i.entity_type, i.entity_id)
  where i.run_id = p_run and i.entity_id = any (v_bulk || v_plain)
    and not exists (select from public.zoho_sync_queue q
      where q.entity_type = i.entity_type and q.entity_id = i.entity_id);
  if cardinality(v_bulk || v_plain) > 0 then perform zoho_sync.ring_doorbell(); end if;
  return coalesce(cardinality(v_bulk), 0) + coalesce(cardinality(v_plain), 0);
end $$;

-- A drain has made sure of Accounts and Contacts and leaves the record to bulk write:
--   p_writes [{entity_type, entity_id, revision, cause, key, fields, logged}]
-- One that was changed since it was claimed goes back to the queue instead, and is written like any other.
create or replace function public.zoho_set_aside(p_worker uuid, p_writes jsonb) returns integer
language plpgsql set search_path = '' set plan_cache_mode = 'force_custom_plan' set enable_nestloop = off as $$
declare
  v_ids uuid[];
begin
  with gone as (
    delete from public.zoho_sync_queue q
    using jsonb_to_recordset(p_writes) w (entity_type text, entity_id uuid, revision bigint)
    where q.entity_type = w.entity_type and q.entity_id = w.entity_id and q.revision = w.revision
      and q.status = 'in_flight' and q.lease_owner = p_worker
    returning q.entity_id)
  select coalesce(array_agg(g.entity_id), '{}') into v_ids from gone g;
  update public.zoho_sync_queue q set status = 'pending', lease_owner = null, lease_until = null
  from jsonb_to_recordset(p_writes) w (entity_type text, entity_id uuid)
  where q.entity_type = w.entity_type and q.entity_id = w.entity_id
    and q.status = 'in_flight' and q.lease_owner = p_worker;
  insert into zoho_sync.backfill_rows (run_id, entity_id, key, fields, logged, position)
  select i.run_id, i.entity_id, w.key, w.fields, w.logged, i.position
  from jsonb_to_recordset(p_writes) w (entity_id uuid, cause text, key text, fields jsonb, logged jsonb)
  join public.zoho_backfill_items i
    on i.run_id = substring(w.cause from 6)::uuid and i.entity_id = w.entity_id
  where w.entity_id = any (v_ids) and i.state = 'queued'
  on conflict (run_id, entity_id) do update set
    key = excluded.key, fields = excluded.fields, logged = excluded.logged, job_id = null;
  update public.zoho_backfill_items i set state = 'staged'
  from jsonb_to_recordset(p_writes) w (entity_id uuid, cause text)
  where i.run_id = substring(w.cause from 6)::uuid and i.entity_id = w.entity_id
    and i.entity_id = any (v_ids) and i.state = 'queued';
  return cardinality(v_ids);
end $$;

-- Fills the next bulk job with staged rows, up to p_limit of them at a time (a statement may take 8 s on the platform), and
-- opens an attempt for each. Answers { state, job, taken }: `waiting` while the drain still stages, `filling` and `open` as the
-- job is, `none` when nothing is left.
create or replace function public.zoho_backfill_take(p_run uuid, p_limit integer) returns jsonb
language plpgsql set search_path = '' set plan_cache_mode = 'force_custom_plan' set enable_nestloop = off as $$
declare
  v_run public.zoho_backfill_runs;
  v_job public.zoho_backfill_jobs;
  v_page uuid[];
  v_overtaken uuid[];
  v_taken uuid[];
  v_gone uuid[];
  v_staged integer;
begin
  select * into v_run from public.zoho_backfill_runs r where r.id = p_run for update;
  select * into v_job from public.zoho_backfill_jobs j where j.run_id = p_run and j.state = 'filling';
  if not found then
    if v_run.status <> 'running' or exists (select from public.zoho_backfill_items i
      where i.run_id = p_run and i.state in ('new', 'planned')) then
      return jsonb_build_object('state', 'waiting');
    end if;
    if exists (
      select from public.zoho_backfill_items i
      join public.zoho_sync_queue q on q.entity_type = i.entity_type and q.entity_id = i.entity_id
      where i.run_id = p_run and i.state = 'queued' and q.cause = zoho_sync.backfill_cause(p_run, true)
        and q.status <> 'dead' and q.error_code is null) then
      return jsonb_build_object('state', 'waiting');
    end if;
    select count(*) into v_staged from public.zoho_backfill_items i where i.run_id = p_run and i.state = 'staged';
    if v_staged = 0 then return jsonb_build_object('state', 'none'); end if;
    if v_staged <= v_run.bulk_above then
      perform zoho_sync.backfill_unstage(p_run, array(
        select i.entity_id from public.zoho_backfill_items i where i.run_id = p_run and i.state = 'staged'));
      return jsonb_build_object('state', 'none');
    end if;
    insert into public.zoho_backfill_jobs (run_id) values (p_run) returning * into v_job;
  end if;

  v_page := array(
    select i.entity_id from public.zoho_backfill_items i
    where i.run_id = p_run and i.state = 'staged' order by i.position
    limit least(p_limit, 25000 - v_job.rows));
  -- Changed since it was staged: the queue has it, or has written it already. The job would bring back the older values.
  v_overtaken := array(
    select p from unnest(v_page) p
    where exists (select from public.zoho_entity_mappings m
        where m.circletel_type = v_run.entity_type and m.circletel_id = p)
      or exists (select from public.zoho_sync_queue q where q.entity_type = v_run.entity_type and q.entity_id = p));
  v_gone := array(
    select p from unnest(v_page) p
    where not exists (select from zoho_sync.backfill_entities(v_run.entity_type) e where e.id = p));
  v_taken := array(select unnest(v_page) except select unnest(v_overtaken) except select unnest(v_gone));

  update public.zoho_backfill_items i set state = 'queued' where i.run_id = p_run and i.entity_id = any (v_overtaken);
  update public.zoho_backfill_items i set state = 'refused', plan = 'refuse', reason = 'NOT_FOUND'
  where i.run_id = p_run and i.entity_id = any (v_gone);
  update public.zoho_backfill_items i set state = 'loading', job_id = v_job.id
  where i.run_id = p_run and i.entity_id = any (v_taken);
  delete from zoho_sync.backfill_rows b where b.run_id = p_run and b.entity_id = any (v_overtaken || v_gone);
  update zoho_sync.backfill_rows b set job_id = v_job.id, log_id = gen_random_uuid()
  where b.run_id = p_run and b.entity_id = any (v_taken);

  -- No drain_id: the attempt is not a drain's, and no drain closes it as interrupted.
  insert into public.zoho_sync_logs
    (id, entity_type, entity_id, zoho_entity_type, status, attempt_number, request_payload, cause)
  select b.log_id, v_run.entity_type, b.entity_id, zoho_sync.backfill_zoho_type(v_run.entity_type), 'pending', 1, b.logged,
    zoho_sync.backfill_cause(p_run, false)
  from zoho_sync.backfill_rows b where b.run_id = p_run and b.entity_id = any (v_taken);

  update public.zoho_backfill_jobs j set rows = j.rows + cardinality(v_taken),
    state = case when j.rows + cardinality(v_taken) >= 25000 or not exists (
        select from public.zoho_backfill_items i where i.run_id = p_run and i.state = 'staged')
      then case when j.rows + cardinality(v_taken) = 0 then 'done' else 'open' end else 'filling' end
  where j.id = v_job.id
  returning * into v_job;
  return jsonb_build_object('state', v_job.state, 'job', v_job.id, 'taken', cardinality(v_taken));
end $$;

create or replace function zoho_sync.backfill_zoho_type(p_entity_type text) returns text
language sql immutable set search_path = '' as $$
  select t.zoho_type from zoho_sync.record_types() t where t.entity_type = p_entity_type;
$$;

-- From the job back to the ordinary queue, which makes the record or explains why it cannot.
create or replace function zoho_sync.backfill_unstage(p_run uuid, p_ids uuid[]) returns void
language plpgsql set search_path = '' as $$
declare
  v_type text := (select r.entity_type from public.zoho_backfill_runs r where r.id = p_run);
begin
  update public.zoho_backfill_items i set state = 'queued', job_id = null
  where i.run_id = p_run and i.entity_id = any (p_ids);
  delete from zoho_sync.backfill_rows b where b.run_id = p_run and b.entity_id = any (p_ids);
  perform public.zoho_enqueue(v_type, p_ids, 2::smallint, zoho_sync.backfill_cause(p_run, false));
  if cardinality(p_ids) > 0 then perform zoho_sync.ring_doorbell(); end if;
end $$;

-- The rows of a job, as they go into its file.
create or replace function public.zoho_backfill_rows(p_job uuid, p_after integer, p_limit integer) returns jsonb
language sql stable set search_path = '' as $$
  select coalesce(jsonb_agg(jsonb_build_object('position', b.position, 'fields', b.fields) order by b.position), '[]')
  from (
    select r.position, r.fields from zoho_sync.backfill_rows r
    where r.job_id = p_job and r.position > p_after order by r.position limit p_limit) b;
$$;

create or replace function public.zoho_backfill_open_jobs(p_run uuid) returns setof public.zoho_backfill_jobs
language sql stable set search_path = '' as $$
  select * from public.zoho_backfill_jobs j
  where j.run_id = p_run and j.state not in ('done', 'failed') order by j.created_at;
$$;

-- One more step of a job; what it cost is booked with it.
create or replace function public.zoho_backfill_job_step(
  p_job uuid, p_state text, p_file_id text default null, p_columns text[] default null,
  p_zoho_job_id text default null, p_credits integer default 0, p_calls integer default 0,
  p_error_code text default null) returns void
language plpgsql set search_path = '' as $$
declare
  v_run uuid;
begin
  update public.zoho_backfill_jobs j set
    state = p_state, file_id = coalesce(p_file_id, j.file_id), columns = coalesce(p_columns, j.columns),
    zoho_job_id = coalesce(p_zoho_job_id, j.zoho_job_id),
    error_code = coalesce(p_error_code, j.error_code),
    finished_at = case when p_state in ('done', 'failed') then now() end
  where j.id = p_job returning j.run_id into v_run;
  perform zoho_sync.spend(2::smallint, p_credits, p_calls);
  if p_state not in ('done', 'failed') then return; end if;
  -- Rows of which the job said nothing: the queue finds out.
  update public.zoho_sync_logs l set status = 'failed', finished_at = now(),
    error_message = coalesce(p_error_code, 'UNREADABLE') || ': bulk write gave no result for the record; the queue tries it'
  from zoho_sync.backfill_rows b where b.job_id = p_job and l.id = b.log_id;
  perform zoho_sync.backfill_unstage(v_run, array(
    select b.entity_id from zoho_sync.backfill_rows b where b.job_id = p_job));
end $$;

-- Stores what a bulk job did with some of its rows: p_results [{key, id, action: insert|update, code}], id null when the row
-- was refused. Mapping and snapshot are what was in the file. An entity that was written by the drain in the meantime may
-- hold the file's older values now: it is marked doubtful and queued, and the next drain reads its record first.
-- Answers { settled, busy }: `busy` rows are being written by a drain, or held by a transaction, at this moment.
create or replace function public.zoho_backfill_settle(p_job uuid, p_results jsonb) returns jsonb
language plpgsql set search_path = '' set plan_cache_mode = 'force_custom_plan' set enable_nestloop = off as $$
declare
  v_run public.zoho_backfill_runs;
  v_zoho_type text;
  v_all uuid[];
  v_ready uuid[];
  v_existing uuid[];
  v_refused uuid[];
  v_overtaken uuid[];
  v_taken uuid[];
  -- The rows that may be settled now, each once, beside their results. Arrays, because a set-returning function would be
  -- run again by each of the statements below.
  v_ids uuid[];
  v_zoho_ids text[];
  v_actions text[];
  v_codes text[];
  v_fields jsonb[];
  v_logs uuid[];
begin
  select r.* into v_run from public.zoho_backfill_runs r
  join public.zoho_backfill_jobs j on j.run_id = r.id where j.id = p_job;
  v_zoho_type := zoho_sync.backfill_zoho_type(v_run.entity_type);
  select coalesce(array_agg(b.entity_id), '{}') into v_all
  from zoho_sync.backfill_rows b join jsonb_to_recordset(p_results) x (key text) on x.key = b.key
  where b.job_id = p_job;

  -- Locks in the order of everybody: entities, mappings, queue. None is waited for.
  v_existing := array(select e.id from zoho_sync.backfill_entities(v_run.entity_type) e where e.id = any (v_all));
  v_ready := zoho_sync.backfill_lock(v_run.entity_type, v_all);
  with free as (
    select m.circletel_id from public.zoho_entity_mappings m
    where m.circletel_type = v_run.entity_type and m.circletel_id = any (v_ready)
    order by m.circletel_id for update skip locked)
  select coalesce(array_agg(r), '{}') into v_ready from unnest(v_ready) r
  where r in (select f.circletel_id from free f)
    or not exists (select from public.zoho_entity_mappings m
      where m.circletel_type = v_run.entity_type and m.circletel_id = r);
  -- One in flight is decided without knowing of this record; its end is waited for.
  with free as (
    select q.entity_id from public.zoho_sync_queue q
    where q.entity_type = v_run.entity_type and q.entity_id = any (v_ready) and q.status <> 'in_flight'
    order by q.entity_id for update skip locked)
  select coalesce(array_agg(r), '{}') into v_ready from unnest(v_ready) r
  where r in (select f.entity_id from free f)
    or not exists (select from public.zoho_sync_queue q
      where q.entity_type = v_run.entity_type and q.entity_id = r);

  select coalesce(array_agg(t.entity_id), '{}'), array_agg(t.id), array_agg(t.action), array_agg(t.code),
    array_agg(t.fields), array_agg(t.log_id)
  into v_ids, v_zoho_ids, v_actions, v_codes, v_fields, v_logs
  from (
    select distinct on (b.entity_id) b.entity_id, x.id, x.action, x.code, b.fields, b.log_id
    from zoho_sync.backfill_rows b
    join jsonb_to_recordset(p_results) x (key text, id text, action text, code text) on x.key = b.key
    where b.job_id = p_job and b.entity_id = any (v_ready)
    order by b.entity_id, x.id nulls last) t;

  -- Somebody else's record: the queue says so in its own way.
  v_taken := array(
    select t.entity_id from unnest(v_ids, v_zoho_ids, v_actions, v_codes, v_fields, v_logs) t (entity_id, zoho_id, action, code, fields, log_id)
    where exists (select from public.zoho_entity_mappings o
        where o.zoho_type = v_zoho_type and o.zoho_id = t.zoho_id
          and (o.circletel_type, o.circletel_id) is distinct from (v_run.entity_type, t.entity_id))
      or (v_run.entity_type = 'contract' and exists (
        select from public.contracts c where c.zoho_deal_id = t.zoho_id and c.id <> t.entity_id)));
  v_refused := array(select t.entity_id from unnest(v_ids, v_zoho_ids, v_actions, v_codes, v_fields, v_logs) t (entity_id, zoho_id, action, code, fields, log_id) where t.zoho_id is null) || v_taken;
  v_overtaken := array(
    select t.entity_id from unnest(v_ids, v_zoho_ids, v_actions, v_codes, v_fields, v_logs) t (entity_id, zoho_id, action, code, fields, log_id)
    join public.zoho_entity_mappings m on m.circletel_type = v_run.entity_type and m.circletel_id = t.entity_id
    where t.zoho_id is not null);

  update public.zoho_entity_mappings m set doubtful = true
  where m.circletel_type = v_run.entity_type and m.circletel_id = any (v_overtaken);
  insert into public.zoho_entity_mappings (circletel_type, circletel_id, zoho_type, zoho_id, snapshot, state)
  select v_run.entity_type, t.entity_id, v_zoho_type, t.zoho_id, t.fields,
    case when t.entity_id = any (v_existing) then 'linked' else 'orphaned' end
  from unnest(v_ids, v_zoho_ids, v_actions, v_codes, v_fields, v_logs) t (entity_id, zoho_id, action, code, fields, log_id)
  where t.entity_id <> all (v_refused) and t.entity_id <> all (v_overtaken)
  order by t.entity_id;
  insert into public.zoho_notices (kind, entity_type, entity_id, zoho_type, zoho_id, message)
  select 'orphaned', v_run.entity_type, t.entity_id, v_zoho_type, t.zoho_id,
    'Deleted in CircleTel while its record was being made in Zoho; the record was left as it is'
  from unnest(v_ids, v_zoho_ids, v_actions, v_codes, v_fields, v_logs) t (entity_id, zoho_id, action, code, fields, log_id)
  where t.entity_id <> all (v_refused) and t.entity_id <> all (v_existing);
  if v_run.entity_type = 'contract' then
    update public.contracts c set zoho_deal_id = t.zoho_id, last_synced_at = now()
    from unnest(v_ids, v_zoho_ids, v_actions, v_codes, v_fields, v_logs) t (entity_id, zoho_id, action, code, fields, log_id)
    where c.id = t.entity_id and t.entity_id <> all (v_refused) and t.entity_id <> all (v_overtaken);
  end if;

  update public.zoho_sync_logs l set
    status = case when t.zoho_id is null then 'failed' else 'success' end,
    zoho_entity_id = t.zoho_id, finished_at = now(),
    error_message = case when t.zoho_id is null
      then coalesce(t.code, 'UNKNOWN') || ': refused by bulk write; the queue tries it' end,
    response_payload = case when t.zoho_id is null then jsonb_build_object('code', coalesce(t.code, 'UNKNOWN'))
      else jsonb_build_object('code', 'SUCCESS', 'action', t.action, 'id', t.zoho_id) end,
    duration_ms = (extract(epoch from now() - l.created_at) * 1000)::integer
  from unnest(v_ids, v_zoho_ids, v_actions, v_codes, v_fields, v_logs) t (entity_id, zoho_id, action, code, fields, log_id) where l.id = t.log_id;

  update public.zoho_backfill_items i set state = 'done',
    plan = case when t.action = 'insert' then 'create' else 'link' end
  from unnest(v_ids, v_zoho_ids, v_actions, v_codes, v_fields, v_logs) t (entity_id, zoho_id, action, code, fields, log_id)
  where i.run_id = v_run.id and i.entity_id = t.entity_id
    and t.entity_id <> all (v_refused) and t.entity_id <> all (v_overtaken);
  delete from zoho_sync.backfill_rows b
  using jsonb_to_recordset(p_results) x (key text)
  where b.job_id = p_job and b.key = x.key and b.entity_id = any (v_ready);
  perform zoho_sync.backfill_unstage(v_run.id, v_refused || v_overtaken);

  -- What Zoho told of these records while they had no mapping is judged again by the sweep of events.
  update public.zoho_webhook_events e set status = 'received'
  where e.status = 'unmapped' and e.record_ids && v_zoho_ids and e.received_at >= v_run.started_at;

  return jsonb_build_object('settled', cardinality(v_ids), 'busy', cardinality(v_all) - cardinality(v_ids));
end $$;

-- Locks the entities' own rows, without waiting; answers those that are ours now or are gone.
create or replace function zoho_sync.backfill_lock(p_entity_type text, p_ids uuid[]) returns uuid[]
language plpgsql set search_path = '' as $$
declare
  v_locked uuid[];
begin
  -- Only a contract's own row is written.
  if p_entity_type <> 'contract' then return p_ids; end if;
  select coalesce(array_agg(c.id), '{}') into v_locked from (
    select c.id from public.contracts c where c.id = any (p_ids) order by c.id
    for no key update skip locked) c;
  return array(
    select i from unnest(p_ids) i
    where i = any (v_locked) or not exists (select from public.contracts c where c.id = i));
end $$;

-- What the queue has made of the run's items since it was last asked; the run ends when every item was tried.
create or replace function zoho_sync.backfill_refresh(p_run uuid) returns void
language plpgsql set search_path = '' set plan_cache_mode = 'force_custom_plan' set enable_nestloop = off as $$
declare
  v_run public.zoho_backfill_runs;
begin
  -- Whoever holds the run is at it, and the next look comes in a second.
  select * into v_run from public.zoho_backfill_runs r
  where r.id = p_run and not r.dry_run and r.status = 'running' for update skip locked;
  if not found then return; end if;
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

  if exists (select from public.zoho_backfill_items i
      where i.run_id = p_run and i.state in ('new', 'planned', 'queued', 'staged', 'loading'))
    or exists (select from public.zoho_backfill_jobs j
      where j.run_id = p_run and j.state not in ('done', 'failed')) then
    return;
  end if;
  -- What came of each: its attempts tell. An attempt of a live change is none of the run's.
  update public.zoho_backfill_items i set
    plan = case
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
      and l.created_at >= v_run.started_at
      and l.cause in (zoho_sync.backfill_cause(p_run, false), zoho_sync.backfill_cause(p_run, true))
    order by l.created_at limit 1) a on true
  where i.run_id = p_run and o.run_id = p_run and o.entity_id = i.entity_id;
  update public.zoho_backfill_runs r set status = 'finished', finished_at = now(),
    outcome = zoho_sync.backfill_counts(p_run), credits_used = zoho_sync.backfill_credits(r)
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
        'jobs', coalesce((
          select jsonb_agg(jsonb_build_object('state', j.state, 'rows', j.rows, 'zohoJobId', j.zoho_job_id)
            order by j.created_at)
          from public.zoho_backfill_jobs j where j.run_id = r.id), '[]'),
        'waits_for', (
          select case when s.paused_until > now() then s.pause_code
            when zoho_sync.lane_by_credits(s.daily_credits) < 2 then 'CREDITS' end
          from public.zoho_sync_state s)) as run
      from public.zoho_backfill_runs r
      where p_run is null or r.id = p_run
      order by r.started_at desc limit p_limit) s);
end $$;

-- Takes out of the queue what the run put there and nobody has touched. A bulk job that Zoho has is seen to its end: its
-- records exist. Answers { cancelled } or null when there is no such run that is open.
create or replace function public.zoho_backfill_cancel(p_run uuid) returns jsonb
language plpgsql set search_path = '' set plan_cache_mode = 'force_custom_plan' set enable_nestloop = off as $$
declare
  v_cancelled uuid[];
  v_untouched uuid[];
begin
  perform 1 from public.zoho_backfill_runs r
  where r.id = p_run and r.status in ('planning', 'running') for update;
  if not found then return null; end if;
  with gone as (
    delete from public.zoho_sync_queue q using public.zoho_backfill_items i
    where i.run_id = p_run and i.state in ('queued', 'retrying')
      and q.entity_type = i.entity_type and q.entity_id = i.entity_id
      and q.lane = 2 and q.status = 'pending' and q.attempts = 0
      and q.cause in (zoho_sync.backfill_cause(p_run, false), zoho_sync.backfill_cause(p_run, true))
    returning q.entity_id)
  select coalesce(array_agg(g.entity_id), '{}') into v_untouched from gone g;
  update public.zoho_backfill_jobs j set state = 'failed', error_code = 'CANCELLED', finished_at = now()
  where j.run_id = p_run and j.state in ('filling', 'open', 'uploaded');
  update public.zoho_sync_logs l set status = 'failed', finished_at = now(), error_message = 'CANCELLED: the backfill was cancelled'
  from zoho_sync.backfill_rows b join public.zoho_backfill_jobs j on j.id = b.job_id
  where b.run_id = p_run and j.state = 'failed' and l.id = b.log_id;
  v_cancelled := array(
    select i.entity_id from public.zoho_backfill_items i
    left join public.zoho_backfill_jobs j on j.id = i.job_id
    where i.run_id = p_run and (i.entity_id = any (v_untouched) or i.state in ('new', 'planned', 'staged')
      or i.state = 'loading' and j.state = 'failed'));
  update public.zoho_backfill_items i set state = 'cancelled'
  where i.run_id = p_run and i.entity_id = any (v_cancelled);
  delete from zoho_sync.backfill_rows b where b.run_id = p_run and b.entity_id = any (v_cancelled);
  delete from zoho_sync.backfill_links l where l.run_id = p_run;
  update public.zoho_backfill_runs r set status = 'cancelled', finished_at = now(),
    credits_used = case when r.dry_run then r.credits_used else zoho_sync.backfill_credits(r) end
  where r.id = p_run;
  return jsonb_build_object('cancelled', cardinality(v_cancelled));
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
  if exists (select from public.zoho_backfill_runs r where r.status in ('planning', 'running'))
    or exists (select from public.zoho_backfill_jobs j where j.state not in ('done', 'failed')) then
    perform zoho_sync.call_function('zoho-admin/backfill/step', '{"reason":"schedule"}'::jsonb);
  end if;
end $$;

do $$
declare
  f record;
begin
  for f in select p.oid::regprocedure as signature, n.nspname || '.' || p.proname as name
    from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
    where (n.nspname = 'public' and (p.proname like 'zoho\_backfill\_%' or p.proname = 'zoho_set_aside'))
      or (n.nspname = 'zoho_sync' and (p.proname like 'backfill\_%'
        or p.proname in (
        'spend', 'bulk_credits', 'lane_by_credits', 'open_lane', 'is_backfill_closed', 'sweep_backfill')))
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

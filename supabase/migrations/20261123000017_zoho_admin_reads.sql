-- What operators see, one function for each answer of zoho-admin: one round trip, keyset pages, nothing that grows
-- with the log. Plans and times at 1,000,000 log rows: docs/queries.md. Keys are those of the answer (admin/answers.ts).

-- How long changes took: one row for every settlement, written when the queue rows go. Append only: no row that two
-- settlements would queue up for.
create table if not exists zoho_sync.settled_waits (
  at timestamptz not null default clock_timestamp(),
  settled integer not null,
  -- Milliseconds from the edit's commit to the settlement, lanes 0 and 1 only: a backfill waits on purpose.
  waits_ms integer[] not null
);
create index if not exists settled_waits_at_idx on zoho_sync.settled_waits (at);
alter table zoho_sync.settled_waits enable row level security;
revoke all on zoho_sync.settled_waits from public, anon, authenticated;
grant select on zoho_sync.settled_waits to service_role;

create or replace function zoho_sync.note_waits() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  -- A row that no drain held went because its contract did.
  insert into zoho_sync.settled_waits (settled, waits_ms)
  select count(*), coalesce(array_agg(least(2147483647, greatest(0,
      extract(epoch from clock_timestamp() - o.enqueued_at) * 1000))::integer) filter (where o.lane < 2), '{}')
  from old_rows o where o.status = 'in_flight'
  having count(*) > 0;
  return null;
end $$;
drop trigger if exists note_waits on public.zoho_sync_queue;
create trigger note_waits after delete on public.zoho_sync_queue
  referencing old table as old_rows for each statement execute function zoho_sync.note_waits();

-- Attempts and waits by the hour, for hours that are over: 24 h may hold 100,000 of each.
create table if not exists zoho_sync.attempt_hours (
  hour timestamptz primary key,
  succeeded integer not null,
  failed integer not null,
  settled integer not null,
  p50_ms integer,
  p95_ms integer
);
alter table zoho_sync.attempt_hours enable row level security;
revoke all on zoho_sync.attempt_hours from public, anon, authenticated;
grant select on zoho_sync.attempt_hours to service_role;

-- A function that sets its search_path is never inlined: whatever is done for each of thousands of rows is spelled out.
create or replace function zoho_sync.hour_of(p_at timestamptz) returns timestamptz
language sql immutable set search_path = '' as $$
  select date_bin('1 hour', p_at, timestamptz '2000-01-01 00:00:00+00');
$$;

-- Attempts that are over, from p_from until p_until; what the inward way applied is no attempt of ours.
create or replace function zoho_sync.count_attempts(p_from timestamptz, p_until timestamptz)
returns table (hour timestamptz, succeeded integer, failed integer)
language sql stable set search_path = '' as $$
  select date_bin('1 hour', l.created_at, timestamptz '2000-01-01 00:00:00+00'),
    (count(*) filter (where l.status = 'success'))::integer,
    (count(*) filter (where l.status in ('failed', 'retrying')))::integer
  from public.zoho_sync_logs l
  where l.created_at >= p_from and l.created_at < p_until and l.drain_id is not null
  group by 1;
$$;

-- The settlements of the same time.
create or replace function zoho_sync.count_waits(p_from timestamptz, p_until timestamptz)
returns table (hour timestamptz, settled integer, p50_ms integer, p95_ms integer)
language sql stable set search_path = '' as $$
  with rows_of_it as materialized (
    select date_bin('1 hour', w.at, timestamptz '2000-01-01 00:00:00+00') as hour, w.settled, w.waits_ms
    from zoho_sync.settled_waits w where w.at >= p_from and w.at < p_until),
  waits as (
    select x.hour, percentile_disc(array[0.5, 0.95]) within group (order by x.wait) as p
    from (select r.hour, unnest(r.waits_ms) as wait from rows_of_it r) x group by x.hour)
  select r.hour, sum(r.settled)::integer, min(w.p[1]), min(w.p[2])
  from rows_of_it r left join waits w on w.hour = r.hour group by r.hour;
$$;

-- Ten minutes after its end no attempt of an hour is open any more.
create or replace function zoho_sync.roll_hours() returns void
language plpgsql security definer set search_path = '' as $$
declare
  v_until timestamptz := zoho_sync.hour_of(clock_timestamp() - interval '10 minutes');
  v_from timestamptz := greatest(v_until - interval '25 hours',
    (select max(h.hour) + interval '1 hour' from zoho_sync.attempt_hours h));
begin
  insert into zoho_sync.attempt_hours (hour, succeeded, failed, settled, p50_ms, p95_ms)
  select g.hour, coalesce(c.succeeded, 0), coalesce(c.failed, 0), coalesce(w.settled, 0), w.p50_ms, w.p95_ms
  from generate_series(v_from, v_until - interval '1 hour', interval '1 hour') g (hour)
  left join zoho_sync.count_attempts(v_from, v_until) c on c.hour = g.hour
  left join zoho_sync.count_waits(v_from, v_until) w on w.hour = g.hour
  on conflict (hour) do nothing;
  delete from zoho_sync.attempt_hours h where h.hour < now() - interval '90 days';
  delete from zoho_sync.settled_waits w where w.at < now() - interval '8 days';
end $$;

-- The Notification API's channels, as Zoho last told of them.
create table if not exists public.zoho_channels (
  channel_id text not null,
  module text not null,
  expires_at timestamptz,
  checked_at timestamptz not null default now(),
  primary key (channel_id, module)
);
alter table public.zoho_channels enable row level security;
revoke all on public.zoho_channels from public, anon, authenticated;
grant select on public.zoho_channels to authenticated;
grant select, insert, update, delete on public.zoho_channels to service_role;
drop policy if exists "active admins read channels" on public.zoho_channels;
create policy "active admins read channels" on public.zoho_channels
  for select to authenticated using ((select zoho_sync.is_active_admin()));

-- All channels that Zoho named just now; what it no longer names is gone. [{channelId, module, expiresAt}]
create or replace function public.zoho_note_channels(p_channels jsonb) returns void
language sql set search_path = '' as $$
  delete from public.zoho_channels c
  where not exists (
    select from jsonb_to_recordset(p_channels) n ("channelId" text, module text)
    where n."channelId" = c.channel_id and n.module = c.module);
  insert into public.zoho_channels (channel_id, module, expires_at)
  select n."channelId", n.module, n."expiresAt"
  from jsonb_to_recordset(p_channels) n ("channelId" text, module text, "expiresAt" timestamptz)
  on conflict (channel_id, module) do update set expires_at = excluded.expires_at, checked_at = now();
$$;

-- The oldest change, and pages of the queue by age.
create index if not exists zoho_sync_queue_age_idx on public.zoho_sync_queue (enqueued_at, entity_id);
-- Problems by cause: few rows among many.
create index if not exists zoho_sync_queue_error_idx
  on public.zoho_sync_queue (error_code, error_field, enqueued_at, entity_id) where error_code is not null;
-- Pages of events by status and module.
create index if not exists zoho_webhook_events_status_idx on public.zoho_webhook_events (status, seq desc);
create index if not exists zoho_webhook_events_module_idx on public.zoho_webhook_events (module, seq desc);
-- An invoice by its number; contract and quote numbers are unique.
create index if not exists customer_invoices_invoice_number_idx on public.customer_invoices (invoice_number);
-- What was told and done of one entity.
create index if not exists zoho_notices_entity_idx on public.zoho_notices (entity_id, created_at desc);
create index if not exists zoho_notices_open_id_idx on public.zoho_notices (id desc) where acknowledged_at is null;
create index if not exists zoho_admin_actions_details_idx on public.zoho_admin_actions using gin (details jsonb_path_ops);

-- { items, next } of rows that were asked for with one more than the page takes; each row carries its `cursor`.
create or replace function zoho_sync.page(p_rows jsonb, p_limit integer) returns jsonb
language sql immutable set search_path = '' as $$
  select jsonb_build_object(
    'items', coalesce((
      select jsonb_agg(r.value - 'cursor' order by r.place)
      from jsonb_array_elements(p_rows) with ordinality r (value, place) where r.place <= p_limit), '[]'),
    'next', case when jsonb_array_length(p_rows) > p_limit then p_rows -> (p_limit - 1) ->> 'cursor' end);
$$;

-- Microseconds since 1970: a moment in a cursor comes back exactly as it was.
create or replace function zoho_sync.to_micros(p_at timestamptz) returns bigint
language sql immutable set search_path = '' as $$ select (extract(epoch from p_at) * 1000000)::bigint $$;
create or replace function zoho_sync.from_micros(p_micros bigint) returns timestamptz
language sql immutable set search_path = '' as $$
  select timestamptz '1970-01-01 00:00:00+00' + p_micros * interval '1 microsecond';
$$;

-- Rows of the queue as they are answered, in the order given, each with its cursor. Numbers are looked up one by one: a
-- join over a page of 50 may be planned as a hash of all contracts.
create or replace function zoho_sync.queue_items(p_rows public.zoho_sync_queue[]) returns jsonb
language sql stable set search_path = '' as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'entityType', q.entity_type, 'entityId', q.entity_id,
    'number', case q.entity_type
      when 'contract' then (select c.contract_number from public.contracts c where c.id = q.entity_id)
      when 'quote' then (select bq.quote_number from public.business_quotes bq where bq.id = q.entity_id)
      when 'invoice' then (select i.invoice_number from public.customer_invoices i where i.id = q.entity_id) end,
    'lane', q.lane, 'status', q.status, 'attempts', q.attempts, 'cause', q.cause, 'forced', q.forced,
    'enqueuedAt', q.enqueued_at, 'nextAttemptAt', q.next_attempt_at, 'leaseUntil', q.lease_until,
    'error', case when q.error_code is not null then jsonb_build_object(
      'code', q.error_code, 'field', q.error_field, 'message', q.error_message) end,
    'cursor', (extract(epoch from q.enqueued_at) * 1000000)::bigint || '.' || q.entity_id) order by q.ordinality), '[]')
  from unnest(p_rows) with ordinality q;
$$;

create or replace function zoho_sync.status_queue() returns jsonb
language sql stable set search_path = '' as $$
  with counted as (
    select q.lane, q.status, count(*) as count, min(q.enqueued_at) as oldest
    from public.zoho_sync_queue q group by q.lane, q.status),
  unsent as (select min(c.oldest) as oldest from counted c where c.status <> 'dead' and c.lane < 2)
  select jsonb_build_object(
    'counts', coalesce((
      select jsonb_agg(jsonb_build_object('lane', c.lane, 'status', c.status, 'count', c.count, 'oldestAt', c.oldest,
        'ageSeconds', floor(extract(epoch from clock_timestamp() - c.oldest))) order by c.lane, c.status) from counted c), '[]'),
    'waiting', (select coalesce(sum(c.count) filter (where c.status <> 'dead'), 0) from counted c),
    'dead', (select coalesce(sum(c.count) filter (where c.status = 'dead'), 0) from counted c),
    'oldestUnsentAt', u.oldest,
    'oldestUnsentSeconds', floor(extract(epoch from clock_timestamp() - u.oldest)))
  from unsent u;
$$;

-- 24 whole hours and the one that is running: what is rolled up, and from there on what is there. The waits of the whole
-- day are sorted once more: percentiles of hours do not add up.
create or replace function zoho_sync.status_day() returns jsonb
language sql stable set search_path = '' as $$
  with span as (
    select zoho_sync.hour_of(now()) - interval '24 hours' as first_hour, zoho_sync.hour_of(now()) as last_hour),
  rolled as (
    select h.* from zoho_sync.attempt_hours h, span s where h.hour >= s.first_hour),
  rest as (
    select greatest(s.first_hour, coalesce((select max(r.hour) + interval '1 hour' from rolled r), s.first_hour)) as first_hour,
      s.last_hour + interval '1 hour' as until
    from span s),
  hours as (
    select g.hour, coalesce(r.succeeded, a.succeeded, 0) as succeeded, coalesce(r.failed, a.failed, 0) as failed,
      coalesce(r.settled, w.settled, 0) as settled, coalesce(r.p50_ms, w.p50_ms) as p50, coalesce(r.p95_ms, w.p95_ms) as p95
    from span s cross join lateral generate_series(s.first_hour, s.last_hour, interval '1 hour') g (hour)
    left join rolled r on r.hour = g.hour
    left join (select c.* from rest cross join lateral zoho_sync.count_attempts(rest.first_hour, rest.until) c) a
      on a.hour = g.hour
    left join (select c.* from rest cross join lateral zoho_sync.count_waits(rest.first_hour, rest.until) c) w
      on w.hour = g.hour),
  whole as (
    select percentile_disc(array[0.5, 0.95]) within group (order by x.wait) as p
    from (select unnest(w.waits_ms) as wait from zoho_sync.settled_waits w, span s where w.at >= s.first_hour) x)
  select jsonb_build_object(
    'hours', jsonb_agg(jsonb_build_object('hour', h.hour, 'succeeded', h.succeeded, 'failed', h.failed,
      'settled', h.settled, 'p50Ms', h.p50, 'p95Ms', h.p95) order by h.hour),
    'succeeded', sum(h.succeeded), 'failed', sum(h.failed), 'settled', sum(h.settled),
    'successRate', round(sum(h.succeeded)::numeric / nullif(sum(h.succeeded) + sum(h.failed), 0), 4),
    'p50Ms', (select w.p[1] from whole w), 'p95Ms', (select w.p[2] from whole w))
  from hours h;
$$;

create or replace function zoho_sync.status_credits() returns jsonb
language sql stable set search_path = '' as $$
  with day as (select * from public.zoho_credit_ledger l where l.quarter > now() - interval '24 hours')
  select jsonb_build_object(
    'budget', (select s.daily_credits from public.zoho_sync_state s),
    'byLane', coalesce((
      select jsonb_agg(jsonb_build_object('lane', d.lane, 'credits', d.credits, 'calls', d.calls) order by d.lane)
      from (select d.lane, sum(d.credits) as credits, sum(d.calls) as calls from day d group by d.lane) d), '[]'),
    'quarters', coalesce((
      select jsonb_agg(jsonb_build_object('at', q.quarter, 'credits', q.credits) order by q.quarter)
      from (select d.quarter, sum(d.credits) as credits from day d group by d.quarter) q), '[]'));
$$;

-- The newest attempt that succeeded. The newest rows may all be failures or come from Zoho: after a few thousand of
-- them the hours tell where to look.
create or replace function zoho_sync.last_write() returns timestamptz
language sql stable set search_path = '' as $$
  select coalesce(
    (select n.created_at from (
        select l.created_at, l.status, l.drain_id from public.zoho_sync_logs l order by l.created_at desc limit 2000) n
      where n.status = 'success' and n.drain_id is not null
      order by n.created_at desc limit 1),
    (select max(l.created_at) from public.zoho_sync_logs l
      where l.status = 'success' and l.drain_id is not null
        and l.created_at >= (select max(h.hour) from zoho_sync.attempt_hours h where h.succeeded > 0)
        and l.created_at < (select max(h.hour) from zoho_sync.attempt_hours h where h.succeeded > 0) + interval '1 hour'));
$$;

-- The owner's rights, for a schema that the API's roles do not see. Null where the platform keeps no record.
create or replace function zoho_sync.newest_migration() returns text
language plpgsql stable security definer set search_path = '' as $$
declare
  v_version text;
begin
  if to_regclass('supabase_migrations.schema_migrations') is not null then
    execute 'select max(version) from supabase_migrations.schema_migrations' into v_version;
  end if;
  return v_version;
end $$;

create or replace function zoho_sync.status_channels() returns jsonb
language sql stable set search_path = '' as $$
  select coalesce(jsonb_agg(jsonb_build_object('channelId', c.channel_id, 'module', c.module,
    'expiresAt', c.expires_at, 'checkedAt', c.checked_at) order by c.channel_id, c.module), '[]')
  from public.zoho_channels c;
$$;

-- What later migrations add to the status (20261123000018).
create or replace function zoho_sync.status_parts() returns jsonb
language sql stable set search_path = '' as $$ select '{}'::jsonb $$;

create or replace function public.zoho_admin_status() returns jsonb
language sql stable set search_path = '' as $$
  select jsonb_build_object(
    'at', clock_timestamp(),
    'queue', zoho_sync.status_queue(),
    'paused', case when s.paused_until > now() then jsonb_build_object(
      'code', s.pause_code, 'message', s.pause_message, 'until', nullif(s.paused_until, 'infinity'),
      'byHand', coalesce(s.pause_code = 'PAUSED_BY_HAND', false)) end,
    'isDraining', coalesce(s.drain_until > now(), false),
    'lastDrainAt', s.last_drain_at,
    'lastHeardAt', (select max(e.received_at) from public.zoho_webhook_events e),
    'lastWriteAt', zoho_sync.last_write(),
    'events', (
      select jsonb_build_object('open', count(*) filter (where e.status = 'received'),
        'failed', count(*) filter (where e.status = 'failed'),
        'refusals24h', (select coalesce(sum(r.count), 0) from public.zoho_webhook_refusals r
          where r.minute > now() - interval '24 hours'))
      from public.zoho_webhook_events e where e.status in ('received', 'failed')),
    'notices', jsonb_build_object('open', (
      select count(*) from public.zoho_notices n where n.acknowledged_at is null)),
    'day', zoho_sync.status_day(),
    'credits', zoho_sync.status_credits(),
    'token', (
      select jsonb_build_object(
        'expiresAt', case when t.expires_at > '-infinity' then t.expires_at end,
        'refreshedAt', t.recent_refreshes[cardinality(t.recent_refreshes)],
        'errorCode', t.error_code, 'errorAt', t.error_at)
      from public.zoho_tokens t limit 1),
    'channels', zoho_sync.status_channels(),
    'migration', zoho_sync.newest_migration())
    || zoho_sync.status_parts()
  from public.zoho_sync_state s;
$$;

-- Pages are planned for what is asked: a plan for every filter at once would read from end to end.
create or replace function public.zoho_admin_queue(
  p_lane smallint default null, p_status text default null, p_code text default null, p_field text default null,
  p_after text default null, p_limit integer default 50) returns jsonb
language plpgsql stable set search_path = '' set plan_cache_mode = 'force_custom_plan' as $$
declare
  v_at timestamptz := zoho_sync.from_micros(split_part(p_after, '.', 1)::bigint);
  v_id uuid := split_part(p_after, '.', 2)::uuid;
  v_rows public.zoho_sync_queue[];
begin
  -- Of one cause: dead letters, and what failed at least twice. p_field '' is "no field".
  v_rows := array(
    select q from public.zoho_sync_queue q
    where (p_lane is null or q.lane = p_lane) and (p_status is null or q.status = p_status)
      and (p_code is null or (q.error_code = p_code and (q.status = 'dead' or q.attempts >= 2)
        and (p_field is null or coalesce(q.error_field, '') = p_field)))
      and (p_after is null or (q.enqueued_at, q.entity_id) > (v_at, v_id))
    order by q.enqueued_at, q.entity_id
    limit p_limit + 1);
  return zoho_sync.page(zoho_sync.queue_items(v_rows), p_limit);
end $$;

create or replace function public.zoho_admin_problems() returns jsonb
language sql stable set search_path = '' as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'code', p.error_code, 'field', p.error_field, 'dead', p.dead, 'retrying', p.retrying, 'oldestAt', p.oldest,
    'examples', (
      select jsonb_agg(jsonb_build_object('entityType', e.entity ->> 'type', 'entityId', e.entity ->> 'id',
        'number', case e.entity ->> 'type'
      when 'contract' then (select c.contract_number from public.contracts c where c.id = (e.entity ->> 'id')::uuid)
      when 'quote' then (select bq.quote_number from public.business_quotes bq where bq.id = (e.entity ->> 'id')::uuid)
      when 'invoice' then (select i.invoice_number from public.customer_invoices i where i.id = (e.entity ->> 'id')::uuid) end) order by e.place)
      from unnest(p.entities) with ordinality e (entity, place)))
    order by p.dead desc, p.retrying desc, p.oldest), '[]')
  from (
    select q.error_code, q.error_field,
      count(*) filter (where q.status = 'dead') as dead, count(*) filter (where q.status <> 'dead') as retrying,
      min(q.enqueued_at) as oldest,
      (array_agg(jsonb_build_object('type', q.entity_type, 'id', q.entity_id) order by q.enqueued_at))[1:5] as entities
    from public.zoho_sync_queue q
    where q.error_code is not null and (q.status = 'dead' or q.attempts >= 2)
    group by q.error_code, q.error_field) p;
$$;

-- Makes changes due again, their rounds at nought: named ones ([{type, id}]), those of one cause, or all that failed.
create or replace function public.zoho_admin_retry(
  p_entities jsonb default null, p_code text default null, p_field text default null, p_limit integer default 10000)
returns jsonb
language plpgsql set search_path = '' set plan_cache_mode = 'force_custom_plan' as $$
declare
  v_count integer;
begin
  with named as (
    select n.type, n.id from jsonb_to_recordset(p_entities) n (type text, id uuid)),
  chosen as (
    select q.entity_type, q.entity_id from public.zoho_sync_queue q
    where q.status in ('dead', 'pending')
      and case when p_entities is not null
        then (q.entity_type, q.entity_id) in (select n.type, n.id from named n)
        else q.error_code is not null and (q.status = 'dead' or q.attempts >= 2)
          and (p_code is null or q.error_code = p_code)
          and (p_field is null or coalesce(q.error_field, '') = p_field) end
    order by q.entity_id
    limit p_limit
    for update)
  update public.zoho_sync_queue q set status = 'pending', attempts = 0, next_attempt_at = now()
  from chosen c where q.entity_type = c.entity_type and q.entity_id = c.entity_id;
  get diagnostics v_count = row_count;
  if v_count > 0 then
    perform zoho_sync.call_function('zoho-sync', '{"reason":"retried"}'::jsonb);
  end if;
  return jsonb_build_object('retried', v_count, 'more', v_count = p_limit);
end $$;

-- A fault must not end, nor set a time to, the pause that a person asked for.
create or replace function public.zoho_pause(
  p_code text, p_message text, p_seconds integer default null, p_until_resumed boolean default false)
returns timestamptz
language plpgsql set search_path = '' as $$
begin
  update public.zoho_sync_state s set
    pause_code = p_code, pause_message = p_message, pause_count = s.pause_count + 1,
    concurrency = case when p_code in ('TOO_MANY_REQUESTS', 'RATE_LIMIT_EXCEEDED', 'HTTP_429')
      then greatest(1, s.concurrency / 2) else s.concurrency end,
    paused_until = case
      when p_until_resumed then 'infinity'
      else now() + make_interval(secs => coalesce(p_seconds, least(30 * 2 ^ least(s.pause_count, 5), 900))) end
  where s.id and (p_code = 'PAUSED_BY_HAND' or s.paused_until is null
    or s.pause_code is distinct from 'PAUSED_BY_HAND');
  return (select s.paused_until from public.zoho_sync_state s);
end $$;

-- One entity by its number, or by its id; null when there is none. `source` is what its projection is made of.
create or replace function public.zoho_admin_contract(p_number text default null, p_id uuid default null) returns jsonb
language plpgsql stable set search_path = '' set plan_cache_mode = 'force_custom_plan' as $$
declare
  v_type text;
  v_id uuid;
  v_number text;
  v_status text;
begin
  select f.type, f.id, f.number, f.status into v_type, v_id, v_number, v_status
  from (
    select 'contract' as type, c.id, c.contract_number as number, c.status
    from public.contracts c where c.contract_number = p_number or c.id = p_id
    union all
    select 'quote', q.id, q.quote_number, q.status::text
    from public.business_quotes q where q.quote_number = p_number or q.id = p_id
    union all
    select 'invoice', i.id, i.invoice_number, i.status
    from public.customer_invoices i where i.invoice_number = p_number or i.id = p_id
    union all
    select 'customer', cu.id, null, null from public.customers cu where cu.id = p_id) f
  limit 1;
  if v_id is null then return null; end if;
  return jsonb_build_object(
    'entityType', v_type, 'entityId', v_id, 'number', v_number, 'status', v_status,
    'related', coalesce((
      select jsonb_agg(jsonb_build_object('entityType', r.type, 'entityId', r.id, 'number', r.number))
      from (
        select 'quote' as type, q.id, q.quote_number as number
        from public.business_quotes q
        where (v_type = 'contract' and q.id = (select c.quote_id from public.contracts c where c.id = v_id))
          or (v_type = 'customer' and q.customer_id = v_id)
        union all
        select 'contract', c.id, c.contract_number from public.contracts c
        where (v_type = 'quote' and c.quote_id = v_id) or (v_type = 'customer' and c.customer_id = v_id)
        limit 50) r), '[]'),
    'source', (select s.source from zoho_sync.sources(array[v_type], array[v_id]) s),
    'mapping', (
      select jsonb_build_object('zohoType', m.zoho_type, 'zohoId', m.zoho_id, 'state', m.state,
        'isDoubtful', m.doubtful or m.sending is not null, 'snapshot', m.snapshot,
        'zohoModifiedAt', m.zoho_modified_at, 'lastSyncedAt', m.last_synced_at)
      from public.zoho_entity_mappings m where m.circletel_type = v_type and m.circletel_id = v_id),
    'queue', zoho_sync.queue_items(array(
      select q from public.zoho_sync_queue q where q.entity_type = v_type and q.entity_id = v_id)) -> 0 #- '{cursor}');
end $$;

-- Everything that happened to one entity, newest first: attempts, events, notices, acts of operators.
create or replace function public.zoho_admin_history(
  p_entity_type text, p_entity_id uuid, p_after text default null, p_limit integer default 50) returns jsonb
language plpgsql stable set search_path = '' set plan_cache_mode = 'force_custom_plan' as $$
declare
  v_at timestamptz := coalesce(zoho_sync.from_micros(split_part(p_after, '.', 1)::bigint), 'infinity');
  v_key text := coalesce(split_part(p_after, '.', 2), '');
  v_zoho_id text := (select m.zoho_id from public.zoho_entity_mappings m
    where m.circletel_type = p_entity_type and m.circletel_id = p_entity_id);
  v_rows jsonb;
begin
  select jsonb_agg(jsonb_build_object('at', h.at, 'kind', h.kind, 'id', h.id, 'status', h.status,
      'summary', h.summary, 'actor', h.actor, 'details', jsonb_strip_nulls(h.details),
      'cursor', zoho_sync.to_micros(h.at) || '.' || h.key) order by h.at desc, h.key desc)
  into v_rows
  from (
    select * from (
      (select l.created_at as at, 'attempt' as kind, l.id::text as id, 'l' || l.id as key, l.status,
        coalesce(l.error_message, case l.status when 'success' then 'Zoho confirmed' else l.status end
          || ' (' || coalesce(l.cause, 'no cause') || ')') as summary,
        null as actor,
        jsonb_build_object('zohoType', l.zoho_entity_type, 'zohoId', l.zoho_entity_id, 'attempt', l.attempt_number,
          'durationMs', l.duration_ms, 'finishedAt', l.finished_at, 'cause', l.cause, 'drainId', l.drain_id,
          'sent', l.request_payload, 'answered', l.response_payload) as details
      from public.zoho_sync_logs l
      where l.entity_type = p_entity_type and l.entity_id = p_entity_id
        and l.created_at <= v_at and (l.created_at < v_at or 'l' || l.id < v_key)
      order by l.created_at desc, l.id desc limit p_limit + 1)
      union all
      (select e.received_at, 'event', e.id::text, 'e' || e.id, e.status,
        e.module || ' ' || e.operation || coalesce(': ' || e.reason, ''), null,
        jsonb_build_object('seq', e.seq, 'source', e.source, 'module', e.module, 'operation', e.operation,
          'reason', e.reason, 'attempts', e.attempts, 'appliedAt', e.applied_at)
      from public.zoho_webhook_events e
      where e.seq in (
          select c.seq from public.zoho_webhook_events c where c.contract_id = p_entity_id
          union select r.seq from public.zoho_webhook_events r where r.record_ids @> array[v_zoho_id])
        and e.received_at <= v_at and (e.received_at < v_at or 'e' || e.id < v_key)
      order by e.received_at desc, e.id desc limit p_limit + 1)
      union all
      (select n.created_at, 'notice', n.id::text, 'n' || n.id,
        case when n.acknowledged_at is null then 'open' else 'acknowledged' end, n.message, null,
        jsonb_build_object('kind', n.kind, 'zohoType', n.zoho_type, 'zohoId', n.zoho_id,
          'acknowledgedAt', n.acknowledged_at)
      from public.zoho_notices n
      where n.entity_id = p_entity_id
        and n.created_at <= v_at and (n.created_at < v_at or 'n' || n.id < v_key)
      order by n.created_at desc, n.id desc limit p_limit + 1)
      union all
      (select a.at, 'action', a.id::text, 'a' || a.id, 'done', a.action, a.actor, a.details
      from public.zoho_admin_actions a
      where (a.details @> jsonb_build_object('id', p_entity_id)
          or a.details @> jsonb_build_object('entities', jsonb_build_array(jsonb_build_object('id', p_entity_id))))
        and a.at <= v_at and (a.at < v_at or 'a' || a.id < v_key)
      order by a.at desc, a.id desc limit p_limit + 1)) all_of_them
    order by at desc, key desc limit p_limit + 1) h;
  return zoho_sync.page(coalesce(v_rows, '[]'), p_limit);
end $$;

-- Setup as far as the database knows it.
create or replace function public.zoho_admin_settings() returns jsonb
language sql stable set search_path = '' as $$
  select jsonb_build_object('channels', zoho_sync.status_channels(), 'migration', zoho_sync.newest_migration(),
    'dailyCredits', s.daily_credits, 'concurrency', s.concurrency,
    'syncedTypes', to_jsonb(s.synced_types), 'fieldMetadata', coalesce((
      select jsonb_agg(to_jsonb(f) order by f.module, f.field) from public.zoho_fields f), '[]'))
  from public.zoho_sync_state s;
$$;

-- Calls to Zoho beside the drain: a record read for a person.
create or replace function public.zoho_note_credits(p_lane smallint, p_credits integer, p_calls integer) returns void
language sql set search_path = '' as $$
  insert into public.zoho_credit_ledger as ledger (quarter, lane, credits, calls)
  values (date_bin('15 minutes', now(), timestamptz '2000-01-01 00:00:00+00'), p_lane, p_credits, p_calls)
  on conflict (quarter, lane) do update
    set credits = ledger.credits + excluded.credits, calls = ledger.calls + excluded.calls;
$$;

-- An event that cannot be applied now is left for a while, so that a hundred of them do not fill every sweep.
alter table public.zoho_webhook_events add column if not exists next_attempt_at timestamptz;
comment on column public.zoho_webhook_events.next_attempt_at is
  'Not before; null is at once. A lookup that failed for good also burns one of its eight attempts.';

create or replace function zoho_sync.event_items(p_rows public.zoho_webhook_events[]) returns jsonb
language sql stable set search_path = '' as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'id', e.id, 'seq', e.seq, 'receivedAt', e.received_at, 'source', e.source, 'module', e.module,
    'operation', e.operation, 'recordIds', to_jsonb(e.record_ids), 'status', e.status, 'reason', e.reason,
    'attempts', e.attempts, 'appliedAt', e.applied_at, 'contractId', e.contract_id,
    'contractNumber', (select c.contract_number from public.contracts c where c.id = e.contract_id),
    'cursor', e.seq::text) order by e.ordinality), '[]')
  from unnest(p_rows) with ordinality e;
$$;

-- Newest first. Seq is the order of receipt, so a span of time is a span of seq as well.
create or replace function public.zoho_admin_events(
  p_status text default null, p_module text default null, p_from timestamptz default null,
  p_to timestamptz default null, p_after bigint default null, p_limit integer default 50) returns jsonb
language plpgsql stable set search_path = '' set plan_cache_mode = 'force_custom_plan' as $$
declare
  -- A minute to either side: two transactions may have taken their seq in the other order.
  v_first bigint := (select min(b.seq) from (select e.seq from public.zoho_webhook_events e
    where e.received_at >= p_from - interval '1 minute' order by e.received_at limit 100) b);
  v_last bigint := (select max(b.seq) from (select e.seq from public.zoho_webhook_events e
    where e.received_at < p_to + interval '1 minute' order by e.received_at desc limit 100) b);
  v_rows public.zoho_webhook_events[];
begin
  v_rows := array(
    select e from public.zoho_webhook_events e
    where (p_status is null or e.status = p_status) and (p_module is null or e.module = p_module)
      and (p_from is null or (e.seq >= v_first and e.received_at >= p_from))
      and (p_to is null or (e.seq <= v_last and e.received_at < p_to))
      and (p_after is null or e.seq < p_after)
    order by e.seq desc
    limit p_limit + 1);
  return zoho_sync.page(zoho_sync.event_items(v_rows), p_limit);
end $$;

create or replace function public.zoho_admin_event(p_id uuid) returns jsonb
language sql stable set search_path = '' as $$
  select zoho_sync.event_items(array[e]) -> 0 #- '{cursor}'
    || jsonb_build_object('body', e.body, 'nextAttemptAt', e.next_attempt_at)
  from public.zoho_webhook_events e where e.id = p_id;
$$;

create or replace function public.zoho_admin_actions_page(
  p_actor text default null, p_action text default null, p_after bigint default null, p_limit integer default 50)
returns jsonb
language plpgsql stable set search_path = '' set plan_cache_mode = 'force_custom_plan' as $$
declare
  v_rows jsonb;
begin
  select jsonb_agg(jsonb_build_object('id', a.id::text, 'at', a.at, 'actor', a.actor,
      -- Production's admin_users may have no full_name.
      'actorName', (select to_jsonb(u) ->> 'full_name' from public.admin_users u where u.id::text = a.actor),
      'action', a.action, 'details', a.details, 'cursor', a.id::text) order by a.id desc)
  into v_rows
  from (
    select a.* from public.zoho_admin_actions a
    where (p_actor is null or a.actor = p_actor) and (p_action is null or a.action = p_action)
      and (p_after is null or a.id < p_after)
    order by a.id desc limit p_limit + 1) a;
  return zoho_sync.page(coalesce(v_rows, '[]'), p_limit);
end $$;

create or replace function public.zoho_admin_notices(
  p_open_only boolean default true, p_after bigint default null, p_limit integer default 50) returns jsonb
language plpgsql stable set search_path = '' set plan_cache_mode = 'force_custom_plan' as $$
declare
  v_rows jsonb;
begin
  select jsonb_agg(jsonb_build_object('id', n.id::text, 'at', n.created_at, 'kind', n.kind,
      'entityType', n.entity_type, 'entityId', n.entity_id,
      'number', case n.entity_type
      when 'contract' then (select c.contract_number from public.contracts c where c.id = n.entity_id)
      when 'quote' then (select bq.quote_number from public.business_quotes bq where bq.id = n.entity_id)
      when 'invoice' then (select i.invoice_number from public.customer_invoices i where i.id = n.entity_id) end, 'zohoType', n.zoho_type, 'zohoId', n.zoho_id,
      'message', n.message, 'acknowledgedAt', n.acknowledged_at, 'cursor', n.id::text) order by n.id desc)
  into v_rows
  from (
    select n.* from public.zoho_notices n
    where (not p_open_only or n.acknowledged_at is null) and (p_after is null or n.id < p_after)
    order by n.id desc limit p_limit + 1) n;
  return zoho_sync.page(coalesce(v_rows, '[]'), p_limit);
end $$;

create or replace function public.zoho_acknowledge_notices(p_ids bigint[]) returns integer
language sql set search_path = '' as $$
  with told as (
    update public.zoho_notices n set acknowledged_at = now()
    where n.id = any (p_ids) and n.acknowledged_at is null returning 1)
  select count(*)::integer from told;
$$;

-- A backfill or a comparison; what is not common to both is in `details`.
create or replace function zoho_sync.long_run(p_kind text, p_run jsonb) returns jsonb
language sql immutable set search_path = '' as $$
  select jsonb_build_object('kind', p_kind, 'id', p_run ->> 'id', 'status', p_run ->> 'status',
    'startedAt', p_run -> 'started_at', 'finishedAt', p_run -> 'finished_at',
    'details', p_run - array['id', 'status', 'started_at', 'finished_at', 'cursor', 'lease_owner', 'lease_until',
      'step_owner', 'step_until']);
$$;

create or replace function public.zoho_admin_runs(p_limit integer default 50) returns jsonb
language sql stable set search_path = '' as $$
  select jsonb_build_object(
    'drains', coalesce((
      select jsonb_agg(jsonb_build_object('drainId', d.drain_id, 'startedAt', d.started_at,
        'finishedAt', case when d.under_way = 0 then d.finished_at end,
        'succeeded', d.succeeded, 'failed', d.failed, 'underWay', d.under_way) order by d.started_at desc)
      from (
        select n.drain_id, min(n.created_at) as started_at, max(n.finished_at) as finished_at,
          count(*) filter (where n.status = 'success') as succeeded,
          count(*) filter (where n.status in ('failed', 'retrying')) as failed,
          count(*) filter (where n.status = 'pending') as under_way
        from (
          select l.drain_id, l.created_at, l.finished_at, l.status from public.zoho_sync_logs l
          order by l.created_at desc limit 2000) n
        where n.drain_id is not null
        group by n.drain_id order by 2 desc limit p_limit) d), '[]'),
    'longRuns', coalesce((
      select jsonb_agg(r.run order by r.run ->> 'startedAt' desc)
      from (
        (select zoho_sync.long_run('backfill', to_jsonb(b)) as run
          from public.zoho_backfill_runs b order by b.started_at desc limit p_limit)
        union all
        (select zoho_sync.long_run('reconcile', to_jsonb(c))
          from public.zoho_reconcile_runs c order by c.started_at desc limit p_limit)) r), '[]'));
$$;

create or replace view zoho_sync.due_events with (security_invoker = true) as
  select * from public.zoho_webhook_events e
  where e.status in ('received', 'failed') and e.received_at < now() - interval '1 minute'
    and (e.next_attempt_at is null or e.next_attempt_at <= now());
revoke all on zoho_sync.due_events from public, anon, authenticated;
grant select on zoho_sync.due_events to service_role;

-- Handed out for a minute: a sweep that takes longer than the time to the next one does not share its events with it.
create or replace function public.zoho_open_events(p_limit integer default 100, p_most_attempts integer default 8)
returns setof public.zoho_webhook_events
language sql volatile set search_path = '' as $$
  with due as (
    select e.id from public.zoho_webhook_events e
    where e.id in (select d.id from zoho_sync.due_events d where d.attempts < p_most_attempts order by d.seq limit p_limit)
    for update skip locked),
  taken as (
    update public.zoho_webhook_events e set next_attempt_at = now() + interval '1 minute'
    from due where e.id = due.id
    returning e.*)
  select * from taken t order by t.seq;
$$;

create or replace function zoho_sync.sweep_events() returns void
language plpgsql security definer set search_path = '' as $$
begin
  if exists (select from zoho_sync.due_events d where d.attempts < 8) then
    perform zoho_sync.call_function('zoho-admin/sweep', '{"reason":"schedule"}'::jsonb);
  end if;
end $$;

-- A fault of the whole call (Zoho is away, no token) says nothing of the event and burns no attempt; any other does,
-- and the eighth makes it a failed event that a person may replay.
create or replace function public.zoho_put_off_event(p_event_id uuid, p_code text, p_burns boolean) returns void
language sql set search_path = '' as $$
  update public.zoho_webhook_events e set
    attempts = e.attempts + p_burns::integer,
    status = case when p_burns and e.attempts + 1 >= 8 then 'failed' else e.status end,
    reason = 'Zoho could not be asked: ' || p_code,
    next_attempt_at = now() + case when p_burns then interval '1 minute' * 2 ^ least(e.attempts, 6) else interval '5 minutes' end
  where e.id = p_event_id and e.status in ('received', 'failed');
$$;

revoke all on function
  zoho_sync.note_waits(), zoho_sync.hour_of(timestamptz), zoho_sync.count_attempts(timestamptz, timestamptz),
  zoho_sync.count_waits(timestamptz, timestamptz),
  zoho_sync.roll_hours(), zoho_sync.page(jsonb, integer), zoho_sync.to_micros(timestamptz),
  zoho_sync.from_micros(bigint), zoho_sync.queue_items(public.zoho_sync_queue[]),
  zoho_sync.status_queue(), zoho_sync.status_day(), zoho_sync.status_credits(), zoho_sync.last_write(),
  zoho_sync.newest_migration(), zoho_sync.status_channels(), zoho_sync.status_parts(),
  zoho_sync.event_items(public.zoho_webhook_events[]), zoho_sync.long_run(text, jsonb),
  public.zoho_note_channels(jsonb), public.zoho_admin_status(),
  public.zoho_admin_queue(smallint, text, text, text, text, integer), public.zoho_admin_problems(),
  public.zoho_admin_retry(jsonb, text, text, integer), public.zoho_pause(text, text, integer, boolean),
  public.zoho_admin_contract(text, uuid), public.zoho_admin_history(text, uuid, text, integer),
  public.zoho_admin_events(text, text, timestamptz, timestamptz, bigint, integer), public.zoho_admin_event(uuid),
  public.zoho_admin_actions_page(text, text, bigint, integer),
  public.zoho_admin_notices(boolean, bigint, integer), public.zoho_acknowledge_notices(bigint[]),
  public.zoho_admin_runs(integer), public.zoho_admin_settings(), public.zoho_note_credits(smallint, integer, integer),
  public.zoho_open_events(integer, integer),
  public.zoho_put_off_event(uuid, text, boolean)
  from public, anon, authenticated;
grant execute on function
  zoho_sync.hour_of(timestamptz), zoho_sync.count_attempts(timestamptz, timestamptz),
  zoho_sync.count_waits(timestamptz, timestamptz),
  zoho_sync.page(jsonb, integer), zoho_sync.to_micros(timestamptz),
  zoho_sync.from_micros(bigint), zoho_sync.queue_items(public.zoho_sync_queue[]),
  zoho_sync.status_queue(), zoho_sync.status_day(), zoho_sync.status_credits(), zoho_sync.last_write(),
  zoho_sync.newest_migration(), zoho_sync.status_channels(), zoho_sync.status_parts(),
  zoho_sync.event_items(public.zoho_webhook_events[]), zoho_sync.long_run(text, jsonb),
  public.zoho_note_channels(jsonb), public.zoho_admin_status(),
  public.zoho_admin_queue(smallint, text, text, text, text, integer), public.zoho_admin_problems(),
  public.zoho_admin_retry(jsonb, text, text, integer), public.zoho_pause(text, text, integer, boolean),
  public.zoho_admin_contract(text, uuid), public.zoho_admin_history(text, uuid, text, integer),
  public.zoho_admin_events(text, text, timestamptz, timestamptz, bigint, integer), public.zoho_admin_event(uuid),
  public.zoho_admin_actions_page(text, text, bigint, integer),
  public.zoho_admin_notices(boolean, bigint, integer), public.zoho_acknowledge_notices(bigint[]),
  public.zoho_admin_runs(integer), public.zoho_admin_settings(), public.zoho_note_credits(smallint, integer, integer),
  public.zoho_open_events(integer, integer),
  public.zoho_put_off_event(uuid, text, boolean)
  to service_role;

do $$
begin
  if to_regprocedure('cron.schedule(text,text,text)') is null then return; end if;
  execute $cron$select cron.schedule('zoho-admin-hours', '11 * * * *', 'select zoho_sync.roll_hours()')$cron$;
end $$;

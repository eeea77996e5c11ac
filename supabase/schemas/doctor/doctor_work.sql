-- Whether work proceeds: the pause, the queue, and what waits for a person.
create or replace function zoho_sync.doctor_pause() returns jsonb
language sql stable set search_path = '' as $$
  select jsonb_build_object('until', nullif(s.paused_until, 'infinity'), 'code', s.pause_code, 'message', s.pause_message)
  from public.zoho_sync_state s where s.paused_until > now();
$$;

-- A backfill may wait for the day's credits, and what a person holds is not late; compliance may wait for nothing.
create or replace function zoho_sync.doctor_queue() returns jsonb
language sql stable set search_path = '' as $$
  select jsonb_build_object(
    'waiting', count(*) filter (where q.status = 'pending'),
    'dead', count(*) filter (where q.status = 'dead'),
    'oldest_seconds', coalesce(extract(epoch from now() - min(q.enqueued_at)
      filter (where q.status <> 'dead' and q.lane < 2 and q.next_attempt_at <= now()
        and q.entity_id <> all (zoho_sync.held_entities()))), 0)::int,
    'compliance', count(*) filter (where q.lane = 0 and q.enqueued_at < now() - interval '15 minutes'),
    -- Which lanes the day's credits leave open: 0 compliance only, 1 all but backfill, 2 all.
    'open_lane', (select zoho_sync.lane_by_credits(s.daily_credits) from public.zoho_sync_state s),
    'unfolded_seconds', (
      select coalesce(extract(epoch from now() - min(o.noted_at)), 0)::int from zoho_sync.outbox o))
  from public.zoho_sync_queue q;
$$;

create or replace function zoho_sync.doctor_questions() returns jsonb
language sql stable set search_path = '' as $$
  select jsonb_build_object('open', count(*), 'oldest_hours', coalesce(extract(epoch from now() - min(q.asked_at)) / 3600, 0)::int)
  from public.zoho_questions q where q.closed_at is null and q.answer is null;
$$;

-- Whether a person may change their own row of admin_users, and so switch themself on again: the right to write a column
-- that decides who is an admin, and a policy that lets one's own row through.
create or replace function zoho_sync.doctor_admins() returns jsonb
language sql stable set search_path = '' as $$
  select jsonb_build_object(
    'active', (select count(*) from public.admin_users a where a.is_active),
    'write_own_row', exists (
      select from pg_catalog.pg_policies p
      where p.schemaname = 'public' and p.tablename = 'admin_users' and p.cmd in ('UPDATE', 'ALL')
        and p.permissive = 'PERMISSIVE' and p.roles && array['authenticated', 'public']::name[]
        and coalesce(p.qual, '') ~ 'uid\(\)'
        and coalesce(p.with_check, '') !~ 'is_active')
      and exists (
        select from unnest(array['is_active', 'role']) c (name)
        where has_column_privilege('authenticated', 'public.admin_users', c.name, 'UPDATE')));
$$;

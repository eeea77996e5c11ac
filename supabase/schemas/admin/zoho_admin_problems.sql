-- Codes that are a problem at the first failure: a record that alone makes Zoho refuse a whole call. The list by cause, its
-- changes and their retry agree on it.
create or replace function zoho_sync.problem_at_once() returns text
language sql immutable set search_path = '' as $$
  select '^(HTTP_5..|INTERNAL_ERROR|INTERNAL_SERVER_ERROR|(DEPENDENT_)?SERVICE_\w+|NETWORK|UNREADABLE)$';
$$;

-- What failed, by cause: dead letters, what failed at least twice, and at once what bears a code of problem_at_once.
create or replace function public.zoho_admin_problems() returns jsonb
language sql stable set search_path = '' as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'code', p.error_code, 'field', p.error_field, 'dead', p.dead, 'retrying', p.retrying, 'oldestAt', p.oldest,
    'examples', (
      select jsonb_agg(jsonb_build_object('entityType', e.entity ->> 'type', 'entityId', e.entity ->> 'id',
        'number', zoho_sync.entity_number(e.entity ->> 'type', (e.entity ->> 'id')::uuid)) order by e.place)
      from unnest(p.entities) with ordinality e (entity, place)))
    order by p.dead desc, p.retrying desc, p.oldest), '[]')
  from (
    select q.error_code, q.error_field,
      count(*) filter (where q.status = 'dead') as dead, count(*) filter (where q.status <> 'dead') as retrying,
      min(q.enqueued_at) as oldest,
      (array_agg(jsonb_build_object('type', q.entity_type, 'id', q.entity_id) order by q.enqueued_at))[1:5] as entities
    from public.zoho_sync_queue q
    where q.error_code is not null and (q.status = 'dead' or q.failed_rounds >= 2 or q.failed_rounds = 1
      and q.error_code ~ zoho_sync.problem_at_once())
    group by q.error_code, q.error_field) p;
$$;

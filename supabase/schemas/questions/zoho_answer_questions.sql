-- A person's answer to open questions, one or many. Nothing is done here but to a conflict: the answer is kept, the record
-- is read again, and the answer acts if the record still shows what was shown. Answers
-- { answered, closed, unknown } with the number of each; `closed` were answered before or are over.
create or replace function public.zoho_answer_questions(p_ids uuid[], p_choice text, p_answered_by text) returns jsonb
language plpgsql set search_path = '' as $$
declare
  v_answered uuid[];
begin
  -- Contracts, then the queue, then questions, as a settlement does.
  perform from public.contracts c
  where c.id in (select q.entity_id from public.zoho_questions q where q.id = any (p_ids) and q.kind = 'conflict')
  order by c.id for no key update;
  perform zoho_sync.enqueue(array_agg(q.entity_type), array_agg(q.entity_id), array_agg(1::smallint),
    array_agg('question answered'::text), p_look => true)
  from (select distinct q.entity_type, q.entity_id from public.zoho_questions q
    where q.id = any (p_ids) and q.closed_at is null and q.kind <> 'conflict' and p_choice = any (q.answers)) q;
  with open as (
    select q.id from public.zoho_questions q
    where q.id = any (p_ids) and q.closed_at is null and p_choice = any (q.answers)
    order by q.id for update),
  answered as (
    update public.zoho_questions q set answer = p_choice, answered_at = now(), answered_by = p_answered_by
    from open o where q.id = o.id returning q.id)
  select coalesce(array_agg(a.id), '{}') into v_answered from answered a;
  perform zoho_sync.answer_conflicts(v_answered);
  if cardinality(v_answered) > 0 then perform zoho_sync.ring_doorbell(); end if;
  return jsonb_build_object('answered', cardinality(v_answered),
    'closed', (select count(*) from public.zoho_questions q where q.id = any (p_ids) and q.id <> all (v_answered)),
    'unknown', (select count(*) from unnest(p_ids) i (id)
      where not exists (select from public.zoho_questions q where q.id = i.id)));
end $$;

-- Taking Zoho's side sets the status that its stage asked for, if the contract still has the one that stood; from there on
-- it is a change of CircleTel's like any other.
create or replace function zoho_sync.answer_conflicts(p_ids uuid[]) returns void
language plpgsql set search_path = '' as $$
begin
  -- A business trigger finds its tables as in a statement of the Data API.
  perform set_config('search_path', 'public, extensions', true);
  update public.contracts c set status = q.asks
  from public.zoho_questions q
  where q.id = any (p_ids) and q.kind = 'conflict' and q.answer = 'zoho' and q.asks is not null
    and q.entity_type = 'contract' and c.id = q.entity_id and coalesce(c.status, 'draft') = q.shown ->> 'status';
  update public.zoho_questions q set closed_at = now(), closed_because = 'answered'
  where q.id = any (p_ids) and q.kind = 'conflict';
end $$;

-- The open questions, oldest first, a page at a time; of one entity, or of all.
create or replace function public.zoho_open_questions(
  p_entity_type text default null, p_entity_id uuid default null, p_after text default null, p_limit integer default 50)
returns jsonb
language sql stable set search_path = '' as $$
  select zoho_sync.page(coalesce(jsonb_agg(jsonb_build_object(
    'id', q.id, 'kind', q.kind, 'entityType', q.entity_type, 'entityId', q.entity_id, 'number', e.reference,
    'field', nullif(q.field, ''), 'ours', q.ours, 'theirs', q.theirs, 'asks', q.asks, 'answers', to_jsonb(q.answers),
    'changedBy', q.changed_by, 'changedAt', q.changed_at, 'askedAt', q.asked_at, 'answer', q.answer,
    'answeredBy', q.answered_by,
    'cursor', zoho_sync.to_micros(q.asked_at) || '.' || q.id) order by q.asked_at, q.id), '[]'), p_limit)
  from (
    select * from public.zoho_questions o
    where o.closed_at is null
      and (p_entity_id is null or (o.entity_type = p_entity_type and o.entity_id = p_entity_id))
      and (p_after is null or (o.asked_at, o.id) >
        (zoho_sync.from_micros(split_part(p_after, '.', 1)::bigint), split_part(p_after, '.', 2)::uuid))
    order by o.asked_at, o.id limit p_limit + 1) q
  left join lateral zoho_sync.reconcile_entities(q.entity_type, array[q.entity_id]) e on true;
$$;

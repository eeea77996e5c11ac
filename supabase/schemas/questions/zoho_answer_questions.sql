-- A person's answer to open questions, one or many; p_chosen_id is the Account that is chosen for a company or the Contact for a
-- customer; where it is not given, the only one that was shown. The answer is kept, the records are read again, and it acts if
-- they still show what was shown. Done at once: a conflict's status is taken over,
-- a company is linked. Answers { answered, closed, unknown, woken, refused: [{id, code, message}] }: `closed` were answered
-- before or are over, `woken` is the number of entities that are due again, `refused` stay open since a business trigger or a
-- check refused the status.
create or replace function public.zoho_answer_questions(
  p_ids uuid[], p_choice text, p_answered_by text, p_chosen_id text default null) returns jsonb
language plpgsql set search_path = '' as $$
declare
  v_answered uuid[];
  v_woken integer;
  v_refused jsonb;
begin
  if p_choice = 'link' and p_chosen_id is null and exists (
    select from public.zoho_questions q
    where q.id = any (p_ids) and q.closed_at is null and q.kind in ('account', 'contact_match')
      and jsonb_array_length(q.theirs) is distinct from 1)
  then
    raise exception 'A question shows several records, or none; give the id of the one that is chosen'
      using errcode = 'invalid_parameter_value';
  end if;
  -- Contracts, then the queue, then questions, as a settlement does; companies before the queue, as they are asked about.
  perform from public.contracts c
  where c.id in (select q.entity_id from public.zoho_questions q where q.id = any (p_ids) and q.kind = 'conflict')
  order by c.id for no key update;
  perform from public.zoho_questions q where q.id = any (p_ids) and q.kind = 'account' order by q.account_key for update;
  v_woken := zoho_sync.enqueue_answered(p_ids, p_choice);
  with open as (
    select q.id from public.zoho_questions q
    where q.id = any (p_ids) and q.closed_at is null and p_choice = any (q.answers)
    order by q.id for update),
  answered as (
    update public.zoho_questions q set answer = p_choice, answered_at = clock_timestamp(), answered_by = p_answered_by,
      chosen_id = case when q.kind in ('account', 'contact_match') and p_choice = 'link'
        then coalesce(p_chosen_id, q.theirs -> 0 ->> 'id') end
    from open o where q.id = o.id returning q.id)
  select coalesce(array_agg(a.id), '{}') into v_answered from answered a;
  perform zoho_sync.answer_accounts(v_answered);
  -- A Contact that stays merged.
  update public.zoho_questions q set closed_at = now(), closed_because = 'answered'
  where q.id = any (v_answered) and q.kind = 'contact_match' and q.answer = 'keep';
  v_refused := zoho_sync.answer_conflicts(v_answered);
  v_answered := array(select unnest(v_answered) except select (r ->> 'id')::uuid from jsonb_array_elements(v_refused) r);
  if cardinality(v_answered) > 0 then perform zoho_sync.ring_doorbell(); end if;
  return jsonb_build_object('answered', cardinality(v_answered), 'woken', v_woken, 'refused', v_refused,
    'closed', (select count(*) from public.zoho_questions q where q.id = any (p_ids) and q.id <> all (v_answered))
      - jsonb_array_length(v_refused),
    'unknown', (select count(*) from unnest(p_ids) i (id)
      where not exists (select from public.zoho_questions q where q.id = i.id)));
end $$;

-- What the questions are about, what shows the customer or waits for the company, is due again with a look.
create or replace function zoho_sync.enqueue_answered(p_ids uuid[], p_choice text) returns integer
language sql set search_path = '' as $$
  with open as (
    select * from public.zoho_questions q where q.id = any (p_ids) and q.closed_at is null and p_choice = any (q.answers))
  select zoho_sync.enqueue(array_agg(e.entity_type), array_agg(e.entity_id), array_agg(1::smallint),
    array_agg('question answered'::text), p_look => true)
  from (
    select o.entity_type, o.entity_id from open o where o.kind not in ('conflict', 'account', 'person_erased')
    union
    select c.entity_type, c.entity_id from zoho_sync.customer_entities(array(
      select o.entity_id from open o where o.kind = 'contact_match')) c
    union
    select w.entity_type, w.entity_id from zoho_sync.waiting_for(array(select o.account_key from open o)) w) e;
$$;

-- A company's Account was chosen, or is to be made: what waited finds or makes it.
create or replace function zoho_sync.answer_accounts(p_ids uuid[]) returns void
language sql set search_path = '' as $$
  insert into public.zoho_accounts (account_key, zoho_id, matched_by)
  select q.account_key, q.chosen_id, 'chosen' from public.zoho_questions q
  where q.id = any (p_ids) and q.kind = 'account' and q.chosen_id is not null
  on conflict (account_key) do update set zoho_id = excluded.zoho_id, matched_by = excluded.matched_by;
  delete from zoho_sync.account_waits w using public.zoho_questions q
  where q.id = any (p_ids) and w.account_key = q.account_key;
  update public.zoho_questions q set closed_at = now(), closed_because = 'answered' where q.id = any (p_ids) and q.kind in ('account', 'person_erased');
$$;

-- Taking Zoho's side sets the status that its stage asked for, if the contract still has the status that was shown; from there on
-- it is a change of CircleTel's like any other. Each in a savepoint of its own, constraint triggers included: a question whose
-- status the database refuses stays open. Answers those.
create or replace function zoho_sync.answer_conflicts(p_ids uuid[]) returns jsonb
language plpgsql set search_path = '' as $$
declare
  q public.zoho_questions;
  v_refused jsonb := '[]';
begin
  -- A business trigger finds its tables as in a statement of the Data API.
  perform set_config('search_path', 'public, extensions', true);
  for q in
    select * from public.zoho_questions n where n.id = any (p_ids) and n.kind = 'conflict' order by n.entity_id, n.id
  loop
    begin
      if q.answer = 'zoho' and q.entity_type = 'contract' and q.asks is not null then
        update public.contracts c set status = q.asks
        where c.id = q.entity_id and coalesce(c.status, 'draft') = q.shown ->> 'status';
        set constraints all immediate;
      end if;
      update public.zoho_questions n set closed_at = now(), closed_because = 'answered' where n.id = q.id;
    exception when others then
      update public.zoho_questions n set answer = null, answered_at = null, answered_by = null where n.id = q.id;
      v_refused := v_refused || jsonb_build_object('id', q.id, 'code', sqlstate, 'message', sqlerrm);
    end;
  end loop;
  return v_refused;
end $$;

-- The open questions, oldest first, a page at a time; of one entity and the company that it waits for, or of all.
create or replace function public.zoho_open_questions(
  p_entity_type text default null, p_entity_id uuid default null, p_after text default null, p_limit integer default 50)
returns jsonb
language sql stable set search_path = '' as $$
  select zoho_sync.page(coalesce(jsonb_agg(jsonb_build_object(
    'id', q.id, 'kind', q.kind, 'entityType', q.entity_type, 'entityId', q.entity_id,
    'number', zoho_sync.entity_number(q.entity_type, q.entity_id),
    'accountKey', q.account_key, 'reason', q.reason, 'field', nullif(q.field, ''), 'ours', q.ours,
    'theirs', case when q.reason is null then q.theirs end,
    'candidates', case when q.reason is null then '[]' else q.theirs end,
    'waiting', (select count(*) from zoho_sync.waiting_for(array[q.account_key])),
    'asks', q.asks, 'answers', to_jsonb(q.answers),
    'changedBy', q.changed_by, 'changedAt', q.changed_at, 'askedAt', q.asked_at, 'answer', q.answer,
    'answeredBy', zoho_sync.actor_name(q.answered_by),
    'cursor', zoho_sync.to_micros(q.asked_at) || '.' || q.id) order by q.asked_at, q.id), '[]'), p_limit)
  from (
    select * from public.zoho_questions o
    where o.closed_at is null
      and (p_entity_id is null or (o.entity_type = p_entity_type and o.entity_id = p_entity_id)
        or o.account_key in (select w.account_key from zoho_sync.account_waits w
          where w.entity_type = p_entity_type and w.entity_id = p_entity_id))
      and (p_after is null or (o.asked_at, o.id) >
        (zoho_sync.from_micros(split_part(p_after, '.', 1)::bigint), split_part(p_after, '.', 2)::uuid))
    order by o.asked_at, o.id limit p_limit + 1) q;
$$;

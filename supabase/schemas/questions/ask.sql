-- Those of these questions that are not open with the very same values. Questions about one entity, or, where it is null, about
-- the companies that they name.
create or replace function zoho_sync.unasked(p_entity_type text, p_entity_id uuid, p_questions jsonb)
returns setof public.zoho_questions
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
begin
  return query
  select n.* from jsonb_populate_recordset(null::public.zoho_questions, p_questions) n
  where not exists (
    select from zoho_sync.open_question(p_entity_type, p_entity_id, n) q
    where (q.ours, q.theirs, q.asks, q.reason, q.shown)
      is not distinct from (n.ours, n.theirs, n.asks, n.reason, coalesce(n.shown, '{}')));
end $$;

-- The open question of the same kind and field about the same entity or company.
create or replace function zoho_sync.open_question(p_entity_type text, p_entity_id uuid, p_new public.zoho_questions)
returns setof public.zoho_questions
language sql stable set search_path = '' as $$
  select q.* from public.zoho_questions q
  where q.closed_at is null and q.kind = p_new.kind and q.field = coalesce(p_new.field, '')
    and (q.entity_type = p_entity_type and q.entity_id = p_entity_id or q.account_key = p_new.account_key);
$$;

-- Asks each question once. What is to be shown otherwise is another question: the one that was open is over, with the answer
-- that it may have had.
create or replace function zoho_sync.ask(p_entity_type text, p_entity_id uuid, p_questions jsonb) returns void
language sql set search_path = '' as $$
  update public.zoho_questions q set closed_at = now(), closed_because = 'over'
  from zoho_sync.unasked(p_entity_type, p_entity_id, p_questions) n
  cross join lateral zoho_sync.open_question(p_entity_type, p_entity_id, n) o
  where q.id = o.id and q.closed_at is null;
  insert into public.zoho_questions
    (kind, entity_type, entity_id, account_key, field, ours, theirs, reason, asks, answers, shown, changed_by, changed_at)
  select n.kind, p_entity_type, p_entity_id, n.account_key, coalesce(n.field, ''), n.ours, n.theirs, n.reason, n.asks,
    n.answers, coalesce(n.shown, '{}'), n.changed_by, n.changed_at
  from zoho_sync.unasked(p_entity_type, p_entity_id, p_questions) n
  on conflict do nothing;
$$;

-- The questions of settled entities: what the merge asks is asked, and what it asked before and does not any more is over.
-- A conflict stays until a person has seen it, and so does that a person was erased. The answer to a taken record was to look again, which was done: what is taken
-- still is asked again.
create or replace function zoho_sync.ask_settled(p_results jsonb, p_ready uuid[]) returns void
language plpgsql set search_path = '' as $$
begin
  update public.zoho_questions q set closed_at = now(), closed_because = case when q.answer is null then 'over' else 'answered' end
  from jsonb_to_recordset(p_results) r (entity_type text, entity_id uuid, questions jsonb)
  where q.entity_type = r.entity_type and q.entity_id = r.entity_id and q.closed_at is null and q.kind not in ('conflict', 'person_erased')
    and r.questions is not null and r.entity_id = any (p_ready)
    and (q.kind = 'record_taken' and q.answer is not null or not exists (
      select from jsonb_to_recordset(r.questions) n (kind text, field text)
      where n.kind = q.kind and coalesce(n.field, '') = q.field));
  perform zoho_sync.ask(r.entity_type, r.entity_id, r.questions)
  from jsonb_to_recordset(p_results) r (entity_type text, entity_id uuid, questions jsonb)
  where jsonb_array_length(r.questions) > 0 and r.entity_id = any (p_ready);
end $$;

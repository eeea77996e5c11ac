-- Asks about one entity, each question once: what is shown anew takes the place of what was shown, and an answer to that.
create or replace function zoho_sync.ask(p_entity_type text, p_entity_id uuid, p_questions jsonb) returns void
language sql set search_path = '' as $$
  insert into public.zoho_questions as q
    (kind, entity_type, entity_id, field, ours, theirs, asks, answers, shown, changed_by, changed_at)
  select n.kind, p_entity_type, p_entity_id, coalesce(n.field, ''), n.ours, n.theirs, n.asks,
    array(select jsonb_array_elements_text(n.answers)), coalesce(n.shown, '{}'), n.changed_by, n.changed_at
  from jsonb_to_recordset(p_questions) n (
    kind text, field text, ours jsonb, theirs jsonb, asks text, answers jsonb, shown jsonb, changed_by text,
    changed_at text)
  on conflict (entity_type, entity_id, kind, field) where closed_at is null do update set
    ours = excluded.ours, theirs = excluded.theirs, asks = excluded.asks, answers = excluded.answers,
    shown = excluded.shown, changed_by = excluded.changed_by, changed_at = excluded.changed_at,
    asked_at = now(), answer = null, answered_at = null, answered_by = null
  where (q.ours, q.theirs, q.asks, q.shown) is distinct from (excluded.ours, excluded.theirs, excluded.asks, excluded.shown);
$$;

-- The questions of settled entities: what the merge asks is asked, and what it asked before and does not any more is over.
-- A conflict stays until a person has seen it.
create or replace function zoho_sync.ask_settled(p_results jsonb, p_ready uuid[]) returns void
language sql set search_path = '' as $$
  update public.zoho_questions q set closed_at = now(), closed_because = case when q.answer is null then 'over' else 'answered' end
  from jsonb_to_recordset(p_results) r (entity_type text, entity_id uuid, questions jsonb)
  where q.entity_type = r.entity_type and q.entity_id = r.entity_id and q.closed_at is null and q.kind <> 'conflict'
    and r.questions is not null and r.entity_id = any (p_ready)
    and not exists (
      select from jsonb_to_recordset(r.questions) n (kind text, field text)
      where n.kind = q.kind and coalesce(n.field, '') = q.field);
  select zoho_sync.ask(r.entity_type, r.entity_id, r.questions)
  from jsonb_to_recordset(p_results) r (entity_type text, entity_id uuid, questions jsonb)
  where jsonb_array_length(r.questions) > 0 and r.entity_id = any (p_ready);
$$;

-- Asks which Contact a customer has, unless one was found meanwhile (p_asked: [{entity_id, questions}]), and ends what was asked
-- about customers who have one now (p_links).
create or replace function zoho_sync.ask_about_contacts(p_links jsonb, p_asked jsonb) returns void
language sql set search_path = '' as $$
  update public.zoho_questions q set closed_at = now(), closed_because = case when q.answer is null then 'over' else 'answered' end
  from jsonb_to_recordset(p_links) l (circletel_type text, circletel_id uuid)
  where q.entity_type = l.circletel_type and q.entity_id = l.circletel_id and q.kind = 'contact_match' and q.closed_at is null;
  select zoho_sync.ask('customer', a.entity_id, a.questions)
  from jsonb_to_recordset(p_asked) a (entity_id uuid, questions jsonb)
  where exists (select from public.customers cu where cu.id = a.entity_id) and not exists (
    select from public.zoho_entity_mappings m where m.circletel_type = 'customer' and m.circletel_id = a.entity_id);
$$;

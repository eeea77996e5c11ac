-- Stores what a page would become, as its dry run says:
--   p_items [{entity_id, plan, reason, would}]   p_links [{kind: account|customer|product, key, zoho_id}]
--   p_credits {estimated: what the page would cost, spent, calls: what the dry run of it has cost}
create or replace function public.zoho_backfill_planned(
  p_run uuid, p_items jsonb, p_links jsonb, p_credits jsonb) returns void
language plpgsql set search_path = '' as $$
begin
  update public.zoho_backfill_items i set plan = p.plan, reason = p.reason, would = p.would, state = 'planned'
  from jsonb_to_recordset(p_items) p (entity_id uuid, plan text, reason text, would jsonb)
  where i.run_id = p_run and i.entity_id = p.entity_id and i.state = 'new';
  insert into zoho_sync.backfill_links (run_id, kind, key, zoho_id)
  select p_run, l.kind, l.key, l.zoho_id
  from jsonb_to_recordset(p_links) l (kind text, key text, zoho_id text)
  on conflict do nothing;
  perform zoho_sync.record_credits(2::smallint, (p_credits ->> 'spent')::integer, (p_credits ->> 'calls')::integer);
  update public.zoho_backfill_runs r set
    credits_estimated = r.credits_estimated + (p_credits ->> 'estimated')::integer,
    credits_used = r.credits_used + (p_credits ->> 'spent')::integer
  where r.id = p_run;
end $$;

-- The entities of a run in its order, each with what became of it, or would: p_plan, p_reason narrow it down.
create or replace function public.zoho_backfill_items_page(
  p_run uuid, p_plan text default null, p_reason text default null, p_after integer default 0, p_limit integer default 50)
returns jsonb
language sql stable set search_path = '' as $$
  select zoho_sync.page(coalesce(jsonb_agg(jsonb_build_object(
    'entityType', i.entity_type, 'entityId', i.entity_id,
    'number', case i.entity_type
      when 'contract' then (select c.contract_number from public.contracts c where c.id = i.entity_id)
      when 'quote' then (select bq.quote_number from public.business_quotes bq where bq.id = i.entity_id)
      when 'invoice' then (select n.invoice_number from public.customer_invoices n where n.id = i.entity_id) end,
    'plan', i.plan, 'reason', i.reason, 'state', zoho_sync.backfill_state(i.status, i.state), 'would', i.would,
    'cursor', i.position::text) order by i.position), '[]'), p_limit)
  from (
    select b.*, r.status from public.zoho_backfill_items b join public.zoho_backfill_runs r on r.id = b.run_id
    where b.run_id = p_run and b.position > p_after
      and (p_plan is null or b.plan = p_plan) and (p_reason is null or b.reason = p_reason)
    order by b.position limit p_limit + 1) i;
$$;

-- The sources of a mixed lot; none for a kind that is switched off or for a row that does not go to the CRM.
create or replace function zoho_sync.sources(p_types text[], p_ids uuid[])
returns table (entity_type text, entity_id uuid, source jsonb)
language plpgsql stable set search_path = '' as $$
declare
  v_kind record;
begin
  for v_kind in
    select u.entity_type as name, array_agg(u.id) as ids
    from unnest(p_types, p_ids) u (entity_type, id), public.zoho_sync_state s
    where u.entity_type = any (s.synced_types) group by u.entity_type
  loop
    -- Each only where it is wanted: the plans of the others cost more than the rows of one.
    case v_kind.name
      when 'contract' then return query select v_kind.name, s.* from zoho_sync.contract_sources(v_kind.ids) s;
      when 'quote' then return query select v_kind.name, s.* from zoho_sync.quote_sources(v_kind.ids) s;
      when 'customer' then return query select v_kind.name, s.* from zoho_sync.customer_sources(v_kind.ids) s;
      when 'invoice' then return query select v_kind.name, s.* from zoho_sync.invoice_sources(v_kind.ids) s;
    end case;
  end loop;
end $$;

-- Accounts, Contacts and Products that were deleted or merged away: the stored id becomes the master's if it is
-- known (p_gone: [{zoho_id, master}]), else it is removed and found or made again; records that point there are requeued.
create or replace function public.zoho_gone_links(p_zoho_type text, p_gone jsonb) returns integer
language plpgsql set search_path = '' as $$
declare
  v_gone text[] := array(select g.zoho_id from jsonb_to_recordset(p_gone) g (zoho_id text) order by 1);
  v_pointing jsonb;
begin
  if p_zoho_type = 'Products' then
    -- Lines keep the product's name in Zoho; the next write of a quote makes the product again.
    delete from public.zoho_products p where p.zoho_id = any (v_gone);
    return 0;
  end if;
  select jsonb_agg(jsonb_build_object('entity_type', m.circletel_type, 'entity_id', m.circletel_id)) into v_pointing
  from (
    select a.* from public.zoho_entity_mappings a
    where p_zoho_type = 'Accounts' and a.snapshot #>> '{Account_Name,id}' = any (v_gone) and a.state = 'linked'
    union all
    select c.* from public.zoho_entity_mappings c
    where p_zoho_type = 'Contacts' and c.snapshot #>> '{Contact_Name,id}' = any (v_gone) and c.state = 'linked'
    union all
    select o.* from public.zoho_entity_mappings o
    where p_zoho_type = 'Contacts' and o.zoho_type = 'Contacts' and o.zoho_id = any (v_gone)) m;

  if p_zoho_type = 'Accounts' then
    update public.zoho_accounts a set zoho_id = g.master
    from jsonb_to_recordset(p_gone) g (zoho_id text, master text)
    where a.zoho_id = g.zoho_id and g.master is not null;
    delete from public.zoho_accounts a using jsonb_to_recordset(p_gone) g (zoho_id text, master text)
    where a.zoho_id = g.zoho_id and g.master is null;
  else
    perform from public.zoho_entity_mappings m
    where m.zoho_type = 'Contacts' and m.zoho_id = any (v_gone) order by m.circletel_id for update;
    update public.zoho_entity_mappings m
    set zoho_id = g.master, snapshot = '{}', zoho_modified_at = null, state = case m.state when 'unlinked' then m.state else 'linked' end
    from (
      -- Zoho merges up to three at once: of several customers' Contacts one customer gets the master.
      select distinct on (r.master) k.id, r.master
      from jsonb_to_recordset(p_gone) r (zoho_id text, master text)
      join public.zoho_entity_mappings k on k.zoho_type = 'Contacts' and k.zoho_id = r.zoho_id
      where r.master is not null and not exists (select from public.zoho_entity_mappings o
        where o.zoho_type = 'Contacts' and o.zoho_id = r.master)
      order by r.master, k.state <> 'linked', k.circletel_id) g
    where m.id = g.id;
    -- One that was merged into another customer's is looked at by its customer's own change, where there is one: it asks.
    delete from public.zoho_entity_mappings m using jsonb_to_recordset(p_gone) g (zoho_id text, master text)
    where m.zoho_type = 'Contacts' and m.zoho_id = g.zoho_id and (g.master is null
      or not exists (select from public.zoho_sync_state s where 'customer' = any (s.synced_types)));
  end if;
  return coalesce((
    select sum(zoho_sync.reconcile_enqueue(t.entity_type, t.ids, 'merged or deleted in Zoho: ' || p_zoho_type))
    from (
      select e.entity_type, array_agg(e.entity_id) as ids
      from jsonb_to_recordset(v_pointing) e (entity_type text, entity_id uuid)
      group by e.entity_type order by e.entity_type) t), 0);
end $$;

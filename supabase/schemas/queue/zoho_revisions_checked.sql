-- Of these revisions, those that no attempt of this database's log sent.
create or replace function public.zoho_unknown_revisions(p_revisions text[]) returns text[]
language sql stable set search_path = '' as $$
  select coalesce(array_agg(r.revision), '{}') from unnest(p_revisions) r (revision)
  where not exists (select from public.zoho_sync_logs l where l.revision = r.revision);
$$;

-- No record in Zoho carries a revision that this database did not give: made sure of at this moment.
create or replace function public.zoho_revisions_checked() returns void
language sql set search_path = '' as $$
  update public.zoho_sync_state s set revisions_checked_at = clock_timestamp() where s.id;
$$;

-- A person resumes after a restore, or beside another deployment: the present epoch is closed, those of the other writer are
-- known from now on, and a new one begins. Every linked Deal is looked at, behind all live changes: those that carry a write
-- which this database does not remember and that disagree are asked about, one by one or all at once. Answers the new epoch.
create or replace function public.zoho_adopt_revisions(p_other_epochs integer[] default '{}') returns integer
language plpgsql set search_path = '' as $$
declare
  v_epoch integer;
begin
  v_epoch := zoho_sync.draw_epoch(p_other_epochs);
  if exists (select from public.zoho_sync_state s where s.pause_code in ('UNKNOWN_WRITES', 'WRONG_ORG')) then
    perform zoho_sync.end_pause();
  end if;
  perform zoho_sync.look_at_contracts();
  perform zoho_sync.call_function('zoho-sync', '{"reason":"resumed"}'::jsonb);
  return v_epoch;
end $$;

-- Closes the present epoch, unless no revision of it was given, and begins another one. Answers it.
create or replace function zoho_sync.draw_epoch(p_other_epochs integer[] default '{}') returns integer
language plpgsql set search_path = '' as $$
declare
  v_closed integer[] := (select array_agg(s.revision_epoch) from public.zoho_sync_state s where s.last_revision > 0);
  v_epoch integer;
begin
  update public.zoho_sync_state s set
    earlier_epochs = array(select distinct unnest(s.earlier_epochs || v_closed || p_other_epochs) order by 1),
    revision_epoch = zoho_sync.new_epoch(), revisions_checked_at = '-infinity'
  where s.id returning s.revision_epoch into v_epoch;
  return v_epoch;
end $$;

create or replace function zoho_sync.look_at_contracts() returns void
language plpgsql set search_path = '' as $$
declare
  v_ids constant uuid[] := array(select m.circletel_id from public.zoho_entity_mappings m
    where m.circletel_type = 'contract' and m.state = 'linked');
  v_count constant integer := cardinality(v_ids);
begin
  perform zoho_sync.enqueue(array_fill('contract'::text, array[v_count]), v_ids, array_fill(2::smallint, array[v_count]),
    array_fill('look after a restore'::text, array[v_count]), p_look => true);
end $$;

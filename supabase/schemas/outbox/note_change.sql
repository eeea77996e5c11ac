-- The trigger of every watched table: appends to the outbox and does nothing else. It never raises: whatever goes wrong
-- inside, all rows of the statement are noted or a notice says why they are not, and the business commits.
--
-- Its arguments are the queries of zoho_sync.change_queries; the first that Postgres accepts is used. They are executed as
-- text, because a statement that names a column of CircleTel's would fail for good once the column is renamed.
-- Security definer: a user who edits a contract needs no right to write the outbox.
create or replace function zoho_sync.note_change() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  v_query text;
  v_ids uuid[];
  v_owners uuid[];
  v_changed text[];
  v_fault text;
  v_is_noted boolean := true;
begin
  -- A cascade runs a statement per parent row, most of them over nothing.
  if tg_op = 'DELETE' then
    if not exists (select from old_rows) then return null; end if;
  elsif tg_op <> 'TRUNCATE' then
    if not exists (select from new_rows) then return null; end if;
  end if;

  foreach v_query in array coalesce(tg_argv, '{}') loop
    begin
      execute v_query into v_ids, v_owners, v_changed;
      exit;
    exception when others then
      -- Messages of class 42 name identifiers; others may quote a value.
      v_fault := coalesce(v_fault, sqlstate || case when sqlstate like '42%' then ' ' || sqlerrm else '' end);
    end;
  end loop;
  if v_ids is null and v_fault is null and tg_op <> 'TRUNCATE' then return null; end if;

  if current_setting('zoho_sync.noted', true) = pg_current_xact_id()::text then
    perform zoho_sync.append_outbox(tg_table_name, tg_op, v_ids, v_owners, v_changed, v_fault is null, false);
  else
    begin
      -- Tried once in a transaction, which proves table and rights for the rest of it. A subtransaction for each of a
      -- thousand statements would slow down every other session (more than 64 overflow a backend's cache of them).
      perform zoho_sync.append_outbox(tg_table_name, tg_op, v_ids, v_owners, v_changed, v_fault is null, true);
      perform set_config('zoho_sync.noted', pg_current_xact_id()::text, true);
    exception when others then
      v_is_noted := false;
      v_fault := 'the outbox refused them: ' || sqlstate;
    end;
  end if;
  if v_fault is not null then
    begin
      v_fault := format('%s on %s: the changed rows could not be compared (%s). %s', tg_op, tg_table_name, v_fault,
        case
          when not v_is_noted then 'They are not marked; start a full reconcile.'
          when v_ids is null then 'They are not known; the next reconcile compares everything.'
          else 'All rows of the statement are marked.' end);
      -- One notice for a table and cause, until a person has read it.
      insert into public.zoho_notices (kind, message)
      select 'trigger_fault', v_fault
      where not exists (
        select from public.zoho_notices n
        where n.kind = 'trigger_fault' and n.message = v_fault and n.acknowledged_at is null);
    exception when others then
      raise warning 'zoho_sync: %', v_fault;
    end;
  end if;
  return null;
end $$;

-- 10,000 ids a row, so that no row is more than one fold can take in the 8 s of the platform's statement timeout.
create or replace function zoho_sync.append_outbox(
  p_table text, p_operation text, p_ids uuid[], p_owners uuid[], p_changed text[], p_is_exact boolean, p_rings boolean)
returns void
language sql set search_path = '' as $$
  insert into zoho_sync.outbox (source_table, operation, ids, owners, changed, is_exact, rings)
  select p_table, p_operation, p_ids[f:f + 9999], p_owners[f:f + 9999], p_changed, p_is_exact, p_rings and f = 1
  from generate_series(1, greatest(1, cardinality(p_ids), cardinality(p_owners)), 10000) f;
$$;

-- Holds a module for 30 s, then longer, as a pause is: 15 minutes at most. Calls that failed together are one hold. Answers how
-- many seconds are left.
create or replace function public.zoho_hold_module(p_module text, p_code text, p_message text) returns double precision
language plpgsql set search_path = '' as $$
declare
  v_now constant timestamptz := clock_timestamp();
  v_until timestamptz;
begin
  insert into zoho_sync.module_holds as h (module, code, message, held_until)
  values (p_module, p_code, p_message, v_now + zoho_sync.rest_of(0))
  on conflict (module) do update set
    code = excluded.code, message = excluded.message,
    since = case when zoho_sync.is_recent_hold(h.held_until) then h.since else v_now end,
    count = case when h.held_until > v_now then h.count when zoho_sync.is_recent_hold(h.held_until) then h.count + 1 else 1 end,
    held_until = case when h.held_until > v_now then h.held_until
      when zoho_sync.is_recent_hold(h.held_until) then v_now + zoho_sync.rest_of(h.count) else excluded.held_until end
  returning h.held_until into v_until;
  return extract(epoch from v_until - v_now);
end $$;

-- How long a pause or a hold lasts after so many in a row.
create or replace function zoho_sync.rest_of(p_before integer) returns interval
language sql immutable set search_path = '' as $$
  select make_interval(secs => least(30 * 2 ^ least(p_before, 5), 900));
$$;

create or replace function zoho_sync.is_recent_hold(p_held_until timestamptz) returns boolean
language sql stable set search_path = '' as $$ select p_held_until > clock_timestamp() - interval '1 hour' $$;

-- Entities whose own module is held: no claim takes them.
create or replace function zoho_sync.held_types() returns text[]
language plpgsql stable set search_path = '' as $$
begin
  return (
    select coalesce(array_agg(t.entity_type), '{}')
    from zoho_sync.module_holds h join zoho_sync.record_types() t on t.module = h.module
    where h.held_until > clock_timestamp());
end $$;

-- The holds that a drain has to know of; of one that is over no seconds are left, and the module is asked first.
create or replace function zoho_sync.known_holds() returns jsonb
language plpgsql stable set search_path = '' as $$
begin
  return (
    select coalesce(jsonb_agg(jsonb_build_object('module', h.module, 'code', h.code, 'message', h.message,
      'seconds_left', greatest(0, extract(epoch from h.held_until - clock_timestamp())))), '[]')
    from zoho_sync.module_holds h where zoho_sync.is_recent_hold(h.held_until));
end $$;

-- The modules that rest now, for people.
create or replace function zoho_sync.resting_modules() returns jsonb
language sql stable set search_path = '' as $$
  select coalesce(jsonb_agg(jsonb_build_object('module', h.module, 'code', h.code, 'message', h.message, 'since', h.since,
    'until', h.held_until) order by h.since, h.module), '[]')
  from zoho_sync.module_holds h where h.held_until > clock_timestamp();
$$;

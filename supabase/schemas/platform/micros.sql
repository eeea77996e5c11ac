-- Microseconds since 1970: a moment in a cursor comes back exactly as it was.
create or replace function zoho_sync.to_micros(p_at timestamptz) returns bigint
language sql immutable set search_path = '' as $$ select (extract(epoch from p_at) * 1000000)::bigint $$;

create or replace function zoho_sync.from_micros(p_micros bigint) returns timestamptz
language sql immutable set search_path = '' as $$
  select timestamptz '1970-01-01 00:00:00+00' + p_micros * interval '1 microsecond';
$$;

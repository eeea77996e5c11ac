-- What became of our own calls of the functions in the last quarter of an hour, and how long pg_net's queue is. Null without
-- pg_net. An answer is due after two minutes: pg_net gives each call 5 s and finishes a batch of 200 before the next.
create or replace function zoho_sync.doctor_calls() returns jsonb
language plpgsql stable set search_path = '' as $$
declare
  v_calls jsonb := null;
begin
  if to_regclass('net._http_response') is not null then
    execute $sql$with judged as (
        select r.id, r.function, case
            when p.status_code between 200 and 299 then 'answered'
            when p.status_code in (401, 403) then 'refused'
            when p.status_code = 404 then 'missing'
            when p.status_code is not null then 'failed'
            when p.timed_out then 'timed_out'
            when p.id is not null then 'unreachable'
            when r.called_at > now() - interval '2 minutes' then 'under_way'
            when q.id is not null then 'queued'
            else 'silent' end as outcome
        from zoho_sync.rings r
        left join net._http_response p on p.id = r.request_id and p.created between r.called_at - interval '1 second' and now()
        left join net.http_request_queue q on q.id = r.request_id
        where r.called_at > now() - interval '15 minutes'),
      by_function as (
        select j.function, count(*) filter (where j.outcome <> 'under_way') as due,
          count(*) filter (where j.outcome = 'answered') as answered,
          (array_agg(j.outcome order by j.id desc) filter (where j.outcome <> 'under_way'))[1] as newest
        from judged j group by 1)
      select jsonb_build_object(
        'queue', (select count(*) from net.http_request_queue),
        'functions', coalesce((select jsonb_agg(to_jsonb(b) order by b.function) from by_function b), '[]'))$sql$
      into v_calls;
  end if;
  return v_calls;
end $$;

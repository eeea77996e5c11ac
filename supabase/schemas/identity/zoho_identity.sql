-- Whose database this is, and whether the functions of p_project_url (their SUPABASE_URL) may write. `askedBy` is how they are
-- named here. Without p_project_url no caller is refused.
create or replace function public.zoho_identity(p_project_url text default null) returns jsonb
language plpgsql stable set search_path = '' as $$
declare
  v_host constant text := zoho_sync.project_host(p_project_url);
begin
  return (
    select jsonb_build_object(
      'projectHost', i.project_host, 'askedBy', v_host, 'isOwn', coalesce(i.project_host = v_host, true),
      'pinnedAt', i.pinned_at, 'orgId', i.org_id, 'orgCredentials', i.org_credentials,
      'channelId', i.channel_id, 'epoch', s.revision_epoch, 'observingSince', i.observing_since)
    from zoho_sync.identity i, public.zoho_sync_state s);
end $$;

-- A project by its address: host and port, a loopback address by its name alone, since local stacks take the ports that are
-- free.
create or replace function zoho_sync.project_host(p_url text) returns text
language plpgsql immutable set search_path = '' as $$
declare
  v_host constant text := lower(substring(p_url from '^https?://([^/?#]+)'));
begin
  return case when v_host ~ '^(localhost|127(\.\d+){3}|\[::1\])(:\d+)?$' then 'localhost' else v_host end;
end $$;

-- The first claim of a function makes the database its project's. A new epoch then: two copies of a database that none had
-- claimed from would otherwise give the same revisions. Answers whether it pinned; the state row is locked.
create or replace function zoho_sync.pin_project(p_project_url text) returns boolean
language plpgsql set search_path = '' as $$
begin
  if not exists (select from zoho_sync.identity i where i.project_host is null) then return false; end if;
  update zoho_sync.identity i set project_host = zoho_sync.project_host(p_project_url), pinned_at = clock_timestamp()
  where i.id and zoho_sync.project_host(p_project_url) is not null;
  if not found then return false; end if;
  perform zoho_sync.draw_epoch();
  return true;
end $$;

-- Why the functions of a project get nothing to do, as a claim answers it; null when they may work.
create or replace function zoho_sync.reason_to_rest(
  p_identity jsonb, p_state public.zoho_sync_state, p_now timestamptz) returns jsonb
language plpgsql stable set search_path = '' as $$
begin
  if not (p_identity -> 'isOwn')::boolean then
    return jsonb_build_object('until', null, 'code', 'NOT_THIS_PROJECT', 'message', format(
      'The database belongs to %s, and these functions to %s: nothing is written until a person adopts the database.',
      p_identity ->> 'projectHost', p_identity ->> 'askedBy'));
  end if;
  if p_state.paused_until > p_now then
    return jsonb_build_object('until', nullif(p_state.paused_until, 'infinity'),
      'code', p_state.pause_code, 'message', p_state.pause_message);
  end if;
  if p_identity ->> 'observingSince' is not null then
    return jsonb_build_object('until', null, 'code', 'OBSERVING',
      'message', 'Observe mode: the sync plans and reports, and writes nothing until a person ends that.');
  end if;
  return null;
end $$;

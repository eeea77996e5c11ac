-- Ten minutes ahead of the hour's end, so that no change waits for a token.
create or replace function zoho_sync.refresh_token_ahead() returns void
language plpgsql security definer set search_path = '' as $$
begin
  if exists (select from public.zoho_tokens t where t.expires_at > now() + interval '10 minutes')
    and not exists (select from public.zoho_sync_state s where s.pause_code like 'TOKEN\_%' or s.pause_code = 'SECRET_UNREADABLE') then
    return;
  end if;
  perform zoho_sync.call_function('zoho-token-refresh', '{"reason":"schedule"}'::jsonb);
end $$;

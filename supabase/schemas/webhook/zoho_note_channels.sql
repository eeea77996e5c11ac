-- All channels that Zoho named just now; what it no longer names is gone. [{channelId, module, expiresAt}]
create or replace function public.zoho_note_channels(p_channels jsonb) returns void
language sql set search_path = '' as $$
  delete from public.zoho_channels c
  where not exists (
    select from jsonb_to_recordset(p_channels) n ("channelId" text, module text)
    where n."channelId" = c.channel_id and n.module = c.module);
  insert into public.zoho_channels (channel_id, module, expires_at)
  select n."channelId", n.module, n."expiresAt"
  from jsonb_to_recordset(p_channels) n ("channelId" text, module text, "expiresAt" timestamptz)
  on conflict (channel_id, module) do update set expires_at = excluded.expires_at, checked_at = now();
$$;

-- The org that the credentials in use belong to, as Zoho says it. The first one is pinned. Answers { orgId, isOwn }: the pinned
-- org, and whether it is this one.
create or replace function public.zoho_note_org(p_org_id text, p_credentials text) returns jsonb
language sql volatile set search_path = '' as $$
  update zoho_sync.identity i set org_id = p_org_id, org_credentials = p_credentials
  where i.id and coalesce(i.org_id, p_org_id) = p_org_id;
  select jsonb_build_object('orgId', i.org_id, 'isOwn', i.org_id = p_org_id) from zoho_sync.identity i;
$$;

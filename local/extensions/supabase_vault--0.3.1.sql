\echo Use "CREATE EXTENSION supabase_vault" to load this file. \quit

-- Vault: the same functions and view. The real one encrypts with a key that lies outside the database; here the secret
-- is only encoded, so that whoever reads the wrong column notices.

-- The schema of a trusted extension is made by whoever asks for it; on the platform it belongs to the superuser, too.
do $$ begin execute format('alter schema vault owner to %I', current_user); end $$;

create table vault.secrets (
  id uuid primary key default gen_random_uuid(),
  name text,
  description text not null default '',
  secret text not null,
  key_id uuid,
  nonce bytea,
  created_at timestamptz not null default current_timestamp,
  updated_at timestamptz not null default current_timestamp
);
create unique index secrets_name_idx on vault.secrets (name) where name is not null;

create function vault._encode(plain text) returns text language sql immutable set search_path = '' as $$
  select encode(convert_to(plain, 'UTF8'), 'base64')
$$;

create function vault._decode(secret text) returns text language sql immutable set search_path = '' as $$
  select convert_from(decode(secret, 'base64'), 'UTF8')
$$;

create view vault.decrypted_secrets as
select id, name, description, secret, vault._decode(secret) as decrypted_secret, key_id, nonce, created_at, updated_at
from vault.secrets;

create function vault.create_secret(
  new_secret text,
  new_name text default null,
  new_description text default '',
  new_key_id uuid default null
) returns uuid language sql volatile security definer set search_path = '' as $$
  insert into vault.secrets (secret, name, description)
  values (vault._encode(new_secret), new_name, coalesce(new_description, ''))
  returning id
$$;

create function vault.update_secret(
  secret_id uuid,
  new_secret text default null,
  new_name text default null,
  new_description text default null,
  new_key_id uuid default null
) returns void language sql volatile security definer set search_path = '' as $$
  update vault.secrets set
    secret = coalesce(vault._encode(new_secret), secret),
    name = coalesce(new_name, name),
    description = coalesce(new_description, description),
    updated_at = now()
  where id = secret_id
$$;

revoke all on all functions in schema vault from public;

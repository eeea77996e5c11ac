-- What every database of the platform starts with. Since 2026-10-30 nothing in `public` is granted to the API's roles
-- by itself: they may enter the schema, and each migration says what they may do there.
grant usage on schema public to anon, authenticated, service_role;

create schema extensions;
grant usage on schema extensions to postgres, anon, authenticated, service_role;
grant create on schema extensions to postgres;
create extension pgcrypto with schema extensions;
create extension "uuid-ossp" with schema extensions;

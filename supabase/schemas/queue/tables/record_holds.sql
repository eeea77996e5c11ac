-- Entities that a person holds: nothing is decided about them, whatever happens on either side; what happens is queued. Null
-- until: until a person releases it.
create table if not exists zoho_sync.record_holds (
  entity_type text not null check (entity_type in ('quote', 'contract', 'invoice', 'customer')),
  entity_id uuid not null,
  reason text,
  -- An admin's id, or "secret key".
  held_by text not null,
  held_at timestamptz not null default now(),
  until timestamptz,
  primary key (entity_type, entity_id)
);
alter table zoho_sync.record_holds enable row level security;

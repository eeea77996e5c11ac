-- Customers who were erased. Nothing of them is sent, searched or kept again while CircleTel's own row still names them, whether
-- or not they had a record in Zoho and whatever becomes of that record.
create table if not exists zoho_sync.erased_people (
  customer_id uuid primary key,
  erased_at timestamptz not null default now()
);
alter table zoho_sync.erased_people enable row level security;

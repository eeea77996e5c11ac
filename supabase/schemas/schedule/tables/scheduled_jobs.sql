-- Since when each job is scheduled as it is: one that has not run since then is late, not new.
create table if not exists zoho_sync.scheduled_jobs (
  name text primary key,
  scheduled_at timestamptz not null default now()
);
alter table zoho_sync.scheduled_jobs enable row level security;

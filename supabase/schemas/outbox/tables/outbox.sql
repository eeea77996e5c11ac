-- What business transactions append: one row per statement (and per 10,000 ids), never changed by them. They lock nothing
-- here that another one wants, and read nothing that one writes: no deadlock, and no 40001 at REPEATABLE READ or
-- SERIALIZABLE. Logged, so a crash between commit and fold loses no mark. Ids and column names only.
create table if not exists zoho_sync.outbox (
  id bigint generated always as identity primary key,
  source_table text not null,
  operation text not null check (operation in ('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE')),
  -- The rows of the statement. Null: not known (a TRUNCATE, or an id column that is not there any more).
  ids uuid[],
  -- Whose records the rows speak for, by the foreign keys in zoho_sync.watched_tables(): old owners and new ones.
  owners uuid[],
  -- Which of the compared columns changed, and whether the id did. Null: an insert or delete, or not known, so anything may have.
  changed text[],
  -- False: the statement's rows could not be compared, and all of them are here.
  is_exact boolean not null,
  -- True for the first row of a transaction: it rings the doorbell at commit.
  rings boolean not null,
  noted_at timestamptz not null default clock_timestamp()
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_insert_threshold = 10000);
-- 10,000 ids are 160 kB; compressing what lives for milliseconds is lost work.
alter table zoho_sync.outbox alter column ids set storage external, alter column owners set storage external;
alter table zoho_sync.outbox enable row level security;

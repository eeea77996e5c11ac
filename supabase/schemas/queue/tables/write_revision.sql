-- Counts our writes of a stage; a revision is the epoch followed by this number in ten digits. Never cycled: ten thousand
-- million writes an epoch.
create sequence if not exists zoho_sync.write_revision minvalue 1 maxvalue 9999999999;

-- The first digits of this database's revisions, drawn when it is made or adopted: six digits below 900,000, so that a
-- revision is exact in a JSON number.
create or replace function zoho_sync.new_epoch() returns integer
language sql volatile set search_path = '' as $$ select 100000 + floor(random() * 800000)::integer $$;

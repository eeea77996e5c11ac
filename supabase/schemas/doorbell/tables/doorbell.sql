-- The last moment (epoch ms) at which a drain promised to look at the outbox a little later. A sequence, because it is
-- read by business transactions outside of their snapshot: no stale value under repeatable read, and no row that they
-- could conflict on. Only drains write it.
create sequence if not exists zoho_sync.doorbell minvalue 0 start 0;

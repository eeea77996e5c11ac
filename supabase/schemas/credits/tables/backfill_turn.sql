-- When the backfill lane was last open, in epoch ms. A sequence, because it is read and written outside of transactions:
-- no row that every claim would queue up for.
create sequence if not exists zoho_sync.backfill_turn minvalue 0 start 0;

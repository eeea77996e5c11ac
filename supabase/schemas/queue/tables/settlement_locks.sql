-- What a settlement has locked: entities that are ready, and the contracts among them whose row it may write.
do $$
begin
  if to_regtype('zoho_sync.settlement_locks') is null then
    create type zoho_sync.settlement_locks as (ready uuid[], writable uuid[]);
  end if;
end $$;

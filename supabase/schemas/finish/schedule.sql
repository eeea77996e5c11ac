-- Every job, where pg_cron is there; later by hand or by the doctor's advice.
do $$
begin
  perform zoho_sync.schedule_all();
end $$;

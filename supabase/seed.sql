-- Data for a local database or a preview branch. `supabase start`, `supabase db reset` and the creation of a branch
-- read this file; `supabase db push` does not (unless it is told to). Never run it on production.
--
-- Everything here is invented. It may run twice: what is there stays as it is. It needs neither pg_net nor pg_cron
-- nor Vault; without them nothing rings, and the contract waits in the queue until somebody calls zoho-sync.

-- Where the doorbell finds the functions: the API gateway as Postgres sees it inside `supabase start`. On a branch
-- replace it by the branch's own address:
--   select vault.update_secret(id, 'https://<branch ref>.supabase.co') from vault.secrets where name = 'project_url';
--
-- The key is not here: every local stack and every branch has its own. Take a secret key (`supabase status` shows the
-- local one) and store it once:
--   select vault.create_secret('sb_secret_…', 'zoho_sync_key');
do $$
declare
  v_known boolean;
begin
  if to_regprocedure('vault.create_secret(text, text, text, uuid)') is null then
    raise notice 'zoho_sync: no Vault here; the doorbell will not ring';
    return;
  end if;
  execute 'select exists (select from vault.secrets where name = ''project_url'')' into v_known;
  if not v_known then
    execute $vault$
      select vault.create_secret('http://api.supabase.internal:8000', 'project_url', 'Read by zoho_sync.call_function')
    $vault$;
  end if;
  execute 'select exists (select from vault.secrets where name = ''zoho_sync_key'')' into v_known;
  if not v_known then
    raise notice 'zoho_sync: store a secret key: select vault.create_secret(''sb_secret_…'', ''zoho_sync_key'')';
  end if;
end $$;

-- One business: a customer with an accepted quote, a completed KYC session and a contract that waits for signatures.
insert into public.customers (id, first_name, last_name, email, phone, account_type, business_name)
values ('5eed0000-0000-4000-8000-000000000001', 'Exampla', 'Sampleson', 'exampla@sample-bakery.example',
  '+27 00 000 0000', 'business', 'Sample Bakery (Pty) Ltd')
on conflict do nothing;

insert into public.business_quotes (id, quote_number, customer_id, customer_type, company_name, contact_name,
  contact_email, contact_phone, service_address, status, contract_term, total_monthly, total_installation, valid_until)
values ('5eed0000-0000-4000-8000-000000000002', 'BQ-SAMPLE-001', '5eed0000-0000-4000-8000-000000000001', 'smme',
  'Sample Bakery (Pty) Ltd', 'Exampla Sampleson', 'exampla@sample-bakery.example', '+27 00 000 0000',
  '1 Nowhere Street, Sampleville', 'accepted', 24, 999, 1500, '2099-12-31')
on conflict do nothing;

insert into public.kyc_sessions (id, quote_id, didit_session_id, status, verification_result, risk_tier, completed_at)
values ('5eed0000-0000-4000-8000-000000000003', '5eed0000-0000-4000-8000-000000000002', 'didit_sample_001',
  'completed', 'approved', 'low', '2026-11-20 08:00+00')
on conflict do nothing;

insert into public.contracts (id, contract_number, quote_id, customer_id, kyc_session_id, contract_type,
  contract_term_months, start_date, end_date, monthly_recurring, installation_fee, total_contract_value, status)
values ('5eed0000-0000-4000-8000-000000000004', 'CT-SAMPLE-001', '5eed0000-0000-4000-8000-000000000002',
  '5eed0000-0000-4000-8000-000000000001', '5eed0000-0000-4000-8000-000000000003', 'fibre', 24, '2026-12-01',
  '2028-11-30', 999, 1500, 25476, 'pending_signature')
on conflict do nothing;

-- The columns of CircleTel's tables that a record depends on, once, as data. A change of any other column marks nothing:
-- our own write-backs (contracts.zoho_deal_id, last_synced_at) and updated_at are not here.
--   owners    foreign keys to the row whose record also shows this one
--   compared  an update that changes none of them is not noted
--   lane      0 compliance, 1 ordinary
create or replace function zoho_sync.watched_tables()
returns table (source_table text, lane smallint, owners text[], compared text[])
language sql immutable set search_path = '' as $$
  values
    ('contracts', 0::smallint, '{customer_id}'::text[],
      '{contract_number,status,total_contract_value,start_date,fully_signed_date,created_at,quote_id,customer_id,kyc_session_id}'::text[]),
    ('kyc_sessions', 0, '{quote_id}',
      '{status,verification_result,risk_tier,completed_at,quote_id,created_at}'),
    ('rica_submissions', 0, '{kyc_session_id}',
      '{status,kyc_session_id,created_at}'),
    ('business_quotes', 1, '{customer_id}',
      '{quote_number,company_name,customer_id,status,contract_term,total_monthly,total_installation,valid_until,created_at,registration_number,vat_number}'),
    ('business_quote_items', 1, '{quote_id}',
      '{quote_id,service_name,quantity,monthly_price,installation_price,display_order}'),
    ('customers', 1, '{}',
      '{first_name,last_name,email,business_name,account_type,business_registration,tax_number}'),
    ('customer_invoices', 1, '{}',
      '{customer_id,invoice_number,invoice_date,due_date,total_amount,status}');
$$;

-- Forty businesses that were customers before the sync: each with a quote and its items, KYC, a contract, RICA where the
-- contract is signed, and an invoice where it is active. Everything is invented.
with names (n, company, person, surname) as (
  select row_number() over (), company, person, surname
  from (values
    ('Karoo Traders', 'Thandi', 'Nkosi'), ('Protea Dental Studio', 'Johan', 'van Wyk'), ('Blouberg Surf Hire', 'Ayanda', 'Dlamini'),
    ('Vaal Steel Works', 'Pieter', 'Botha'), ('Umhlanga Legal', 'Priya', 'Naidoo'), ('Fynbos Bakery', 'Lerato', 'Mokoena'),
    ('Highveld Logistics', 'Sipho', 'Khumalo'), ('Stellenbosch Press', 'Anke', 'de Villiers'), ('Garden Route Guest House', 'Fatima', 'Davids'),
    ('Soweto Print', 'Kabelo', 'Molefe')) v (company, person, surname)
),
kinds (k, suffix, town) as (values (0, '(Pty) Ltd', 'Cape Town'), (1, 'CC', 'Durban'), (2, 'Inc', 'Pretoria'), (3, 'NPC', 'Gqeberha')),
businesses as (
  select (k * 10 + n)::integer as i, format('%s %s %s', company, town, suffix) as company, person, surname
  from names cross join kinds
),
new_customers as (
  insert into public.customers (id, first_name, last_name, email, phone, account_type, business_name)
  select gen_random_uuid(), person, surname, format('%s.%s@business-%s.example', lower(person), lower(replace(surname, ' ', '')), i),
    '+27 00 000 0000', 'business', company
  from businesses
  returning id, business_name
),
new_quotes as (
  insert into public.business_quotes (quote_number, customer_id, customer_type, company_name, contact_name, contact_email,
    contact_phone, service_address, status, contract_term, total_monthly, total_installation, valid_until)
  select format('BQ-2026-%s', lpad((900 + b.i)::text, 4, '0')), c.id, 'smme', b.company, b.person || ' ' || b.surname,
    format('%s@business-%s.example', lower(b.person), b.i), '+27 00 000 0000', '1 Example Street', 'accepted', 24,
    999 + 100 * (b.i % 10), 1500, '2026-12-31'
  from businesses b join new_customers c on c.business_name = b.company
  returning id, customer_id, company_name, total_monthly, quote_number
),
new_items as (
  insert into public.business_quote_items (quote_id, item_type, quantity, monthly_price, installation_price, service_name,
    service_type, display_order)
  select id, 'primary', 1, total_monthly, 1500, 'BizFibre Connect 100', 'fibre', 0 from new_quotes
),
new_kyc as (
  insert into public.kyc_sessions (quote_id, didit_session_id, status, verification_result, risk_tier, completed_at)
  select id, 'didit_' || quote_number,
    case when right(quote_number, 1)::integer < 8 then 'completed' else 'in_progress' end,
    case when right(quote_number, 1)::integer < 8 then 'approved' end,
    case when right(quote_number, 1)::integer < 8 then (array['low', 'low', 'medium', 'high'])[1 + right(quote_number, 1)::integer % 4] end,
    case when right(quote_number, 1)::integer < 8 then '2026-11-20T08:00:00Z'::timestamptz end
  from new_quotes
  returning id, quote_id, status
),
new_contracts as (
  insert into public.contracts (contract_number, quote_id, customer_id, kyc_session_id, contract_type, contract_term_months,
    start_date, end_date, monthly_recurring, installation_fee, total_contract_value, status, fully_signed_date)
  select 'CT-2026-' || right(q.quote_number, 4), q.id, q.customer_id, k.id, 'fibre', 24, '2026-12-01', '2028-11-30',
    q.total_monthly, 1500, 24 * q.total_monthly + 1500,
    case when k.status = 'completed' then (array['active', 'fully_signed'])[1 + right(q.quote_number, 1)::integer % 2] else 'draft' end,
    case when k.status = 'completed' then '2026-11-21T10:00:00Z'::timestamptz end
  from new_quotes q join new_kyc k on k.quote_id = q.id
  returning customer_id, kyc_session_id, status, total_contract_value, contract_number
),
new_rica as (
  insert into public.rica_submissions (kyc_session_id, iccid, status, submitted_at, approved_at)
  select kyc_session_id, array['89270000000000000001'], 'approved', '2026-11-21T11:00:00Z', '2026-11-22T09:00:00Z'
  from new_contracts where status <> 'draft'
)
insert into public.customer_invoices (customer_id, invoice_number, invoice_date, due_date, subtotal, tax_amount, total_amount,
  amount_due, status, line_items)
select customer_id, 'INV-' || right(contract_number, 4), '2026-11-21', '2026-12-05', 1500, 225, 1725, 1725, 'sent',
  '[{"description": "Installation", "quantity": 1, "unit_price": 1500, "amount": 1500}]'
from new_contracts where status = 'active';

-- What an entity is called, its table, and its record in Zoho; `reference` is the unique field that a lost create is found
-- by.
create or replace function zoho_sync.record_types()
returns table (
  entity_type text, source_table text, label text, zoho_type text, module text, record text, reference text)
language plpgsql immutable rows 4 set search_path = '' as $$
begin
  return query values
    ('contract', 'contracts', 'Contract', 'Deals', 'Deals', 'Deal', 'Contract_Number'),
    ('quote', 'business_quotes', 'Quote', 'Estimates', 'Quotes', 'Estimate', 'Quote_Reference'),
    ('customer', 'customers', 'Customer', 'Contacts', 'Contacts', 'Contact', 'Customer_Reference'),
    ('invoice', 'customer_invoices', 'Invoice', 'Invoices', 'Invoices', 'Invoice', 'Invoice_Reference');
end $$;

create or replace function zoho_sync.zoho_type_of(p_entity_type text) returns text
language plpgsql immutable set search_path = '' as $$
begin
  return (select t.zoho_type from zoho_sync.record_types() t where t.entity_type = p_entity_type);
end $$;

-- Under which e-mail a Contact was to be made, until Zoho's answer is stored. If the answer was lost and the e-mail
-- changes before the next try, the Contact would be made a second time: it has nothing else to be found by. The log
-- cannot tell, its e-mails are masked.
create table if not exists zoho_sync.contact_tries (
  customer_id uuid primary key,
  email text not null,
  tried_at timestamptz not null default now()
);
alter table zoho_sync.contact_tries enable row level security;

import { ask } from "./patience.ts";
import type { Findings } from "./report.ts";
import type { World } from "./world.ts";

/** A company is one Account and a customer one Contact, and each of them belongs to somebody. */
export async function checkPeople(world: World, findings: Findings): Promise<void> {
  await checkAccounts(world, findings);
  await checkContacts(world, findings);
}

async function checkAccounts(world: World, { doubled, wrong }: Findings): Promise<void> {
  const accounts = await world.stack.zoho.records("Accounts");
  const byName = Map.groupBy(accounts, ({ Account_Name: name }) => fold(name));
  for (const [name, same] of byName) {
    if (same.length > 1) doubled.push(`the company "${name}" has ${same.length} Accounts`);
  }
  const known = await ask(
    world,
    (sql) => sql<{ zoho_id: string }[]>`select zoho_id from public.zoho_accounts`,
  );
  const ids = new Set(accounts.map(({ id }) => id));
  for (const { zoho_id } of known) {
    if (!ids.has(zoho_id)) wrong.push(`Account ${zoho_id} is known here and not in Zoho`);
  }
}

async function checkContacts(world: World, { doubled, wrong }: Findings): Promise<void> {
  const contacts = await world.stack.zoho.records("Contacts");
  const byEmail = Map.groupBy(contacts, ({ Email: email }) => fold(email));
  for (const [email, same] of byEmail) {
    if (same.length > 1) doubled.push(`the e-mail ${email} has ${same.length} Contacts`);
  }
  const mapped = new Set(
    (await ask(world, (sql) =>
      sql<{ zoho_id: string }[]>`
        select zoho_id from public.zoho_entity_mappings where zoho_type = 'Contacts'
      `)).map(({ zoho_id }) => zoho_id),
  );
  // One that is not linked may still be a customer's own: made for a contract that went to somebody else before Zoho's
  // answer came. It is found by its e-mail when it is needed. One that nobody's e-mail finds is left over for ever.
  const emails = new Set(
    (await ask(world, (sql) => sql<{ email: string }[]>`select email from public.customers`))
      .map(({ email }) => fold(email)),
  );
  for (const { id, Email: email } of contacts) {
    if (!mapped.has(id) && !emails.has(fold(email))) {
      doubled.push(`Contact ${id} is left over: nobody has its e-mail`);
    }
  }
  for (const id of mapped) {
    if (!contacts.some((contact) => contact.id === id)) wrong.push(`Contact ${id} is mapped and not in Zoho`);
  }
}

function fold(text: unknown): string {
  return String(text).trim().replace(/\s+/g, " ").toLowerCase();
}

import { query } from "./db_retry.ts";
import type { Findings } from "./report.ts";
import type { ChaosContext } from "./context.ts";

/** A company is one Account and a customer one Contact, and each of them has an owner. */
export async function checkPeople(context: ChaosContext, findings: Findings): Promise<void> {
  await checkAccounts(context, findings);
  await checkContacts(context, findings);
}

async function checkAccounts(context: ChaosContext, { doubled, wrong }: Findings): Promise<void> {
  const accounts = await context.stack.zoho.records("Accounts");
  const byName = Map.groupBy(accounts, ({ Account_Name: name }) => fold(name));
  for (const [name, same] of byName) {
    if (same.length > 1) doubled.push(`the company "${name}" has ${same.length} Accounts`);
  }
  const known = await query(
    context,
    (sql) => sql<{ zoho_id: string }[]>`select zoho_id from public.zoho_accounts`,
  );
  const ids = new Set(accounts.map(({ id }) => id));
  for (const { zoho_id } of known) {
    if (!ids.has(zoho_id)) wrong.push(`Account ${zoho_id} is known here and not in Zoho`);
  }
}

async function checkContacts(context: ChaosContext, { doubled, wrong }: Findings): Promise<void> {
  const contacts = await context.stack.zoho.records("Contacts");
  const byReference = Map.groupBy(contacts, ({ Customer_Reference: reference }) => String(reference));
  for (const [reference, same] of byReference) {
    if (same.length > 1) doubled.push(`the customer ${reference} has ${same.length} Contacts`);
  }
  const mappings = await query(context, (sql) =>
    sql<{ zoho_id: string; circletel_id: string }[]>`
      select zoho_id, circletel_id from public.zoho_entity_mappings where zoho_type = 'Contacts'
    `);
  const mapped = new Set(mappings.map(({ zoho_id }) => zoho_id));
  // One that is not linked may be a customer's only one all the same: made for a contract that was deleted or went to
  // another one before Zoho's answer came.
  for (const { zoho_id, circletel_id } of mappings) {
    const held = contacts.find(({ id }) => id === zoho_id)?.Customer_Reference;
    if (held !== circletel_id) wrong.push(`Contact ${zoho_id} of customer ${circletel_id} carries ${held}`);
  }
  for (const id of mapped) {
    if (!contacts.some((contact) => contact.id === id)) wrong.push(`Contact ${id} is mapped and not in Zoho`);
  }
}

function fold(text: unknown): string {
  return String(text).trim().replace(/\s+/g, " ").toLowerCase();
}

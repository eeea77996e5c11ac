import type { EntityType, ZohoType } from "../api/answers.ts";

/** Zoho's pages of a module's records. */
const tabs: Readonly<Record<string, string>> = {
  Deals: "Potentials",
  Estimates: "Quotes",
  Quotes: "Quotes",
  Invoices: "Invoices",
  Contacts: "Contacts",
  Accounts: "Accounts",
  Products: "Products",
};

/** A record's page in Zoho CRM; null for a kind that has none. */
export function zohoLink(zohoUrl: string, zohoType: ZohoType | string, id: string): string | null {
  const tab = tabs[zohoType];
  return tab === undefined || !/^\d+$/.test(id) ? null : `${zohoUrl}/crm/tab/${tab}/${id}`;
}

/** What an entity's record is called in Zoho. */
export const recordWords: Readonly<Record<EntityType, string>> = {
  contract: "Deal",
  quote: "Quote",
  invoice: "Invoice",
  customer: "Contact",
};

/** A row in Supabase Studio's table editor, which addresses a table by its oid. */
export function studioLink(studioUrl: string | null, oid: number, id: string): string | null {
  return studioUrl === null ? null : `${studioUrl}/editor/${oid}?filter=id:eq:${id}`;
}

/** Studio of a hosted project; null elsewhere, so that no link leads nowhere. */
export function studioOf(supabaseUrl: string): string | null {
  const ref = /^https:\/\/([a-z]{20})\.supabase\.co$/.exec(supabaseUrl)?.[1];
  return ref === undefined ? null : `https://supabase.com/dashboard/project/${ref}`;
}

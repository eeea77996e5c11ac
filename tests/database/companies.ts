import type postgres from "postgres";
import { rpc } from "./steps.ts";

// Companies and their Accounts, as the drain asks for them.

interface Known {
  companies: {
    account_key: string;
    registrations: string[];
    vats: string[];
    declined: string[];
    asked: boolean;
  }[];
  remembered: { account_key: string; zoho_id: string; registrations: string[]; vats: string[] }[];
}

/** Asks for what is known of companies, each by its Account key with its normalised name. */
export function unknown(sql: postgres.Sql, companies: Record<string, string | null>): Promise<Known> {
  const asked = Object.entries(companies).map(([account_key, normalised_name]) => ({
    account_key,
    normalised_name,
  }));
  return rpc(
    sql,
    (tx) => tx`select public.zoho_unknown_companies(${JSON.stringify(asked)}::text::jsonb) as answer`,
  );
}

/** As if the Account had been made for the company. */
export async function remember(sql: postgres.Sql, key: string, zohoId: string): Promise<void> {
  await sql`insert into zoho_accounts (account_key, zoho_id, matched_by) values (${key}, ${zohoId}, 'created')`;
}

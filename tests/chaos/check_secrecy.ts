import { query } from "./db_retry.ts";
import type { Findings } from "./report.ts";
import type { ChaosContext } from "./context.ts";

/** Tables that an operator or an auditor reads. */
const tables = [
  "zoho_sync_queue",
  "zoho_sync_logs",
  "zoho_sync_state",
  "zoho_webhook_events",
  "zoho_webhook_refusals",
  "zoho_notices",
  "zoho_admin_actions",
  "zoho_credit_ledger",
  "zoho_tokens",
];
const secretShapes = /1000\.[\w.]{6,}|sb_secret_[\w-]+|eyJ[\w-]+\.[\w-]+\.[\w-]+/;
/** What a healthy function may print besides its own JSON. */
const harmless = /^\s*$/;

/** No name, e-mail, phone or ID number and no token where it does not belong; no uncaught fault. */
export async function checkSecrecy(context: ChaosContext, { other }: Findings): Promise<void> {
  const texts: [string, string][] = context.lines.map(({ fn, line }) => [`a line of ${fn}`, line]);
  for (const table of tables) {
    const rows = await query(
      context,
      (sql) => sql<{ text: string }[]>`select t::text as text from ${sql(`public.${table}`)} t`,
    );
    texts.push(...rows.map(({ text }): [string, string] => [table, text]));
  }
  const people = await query(context, (sql) =>
    sql<{ word: string }[]>`
      select distinct unnest(array[first_name, last_name, split_part(email, '@', 1), phone, id_number]) as word
      from public.customers
    `);
  const personal = new RegExp(people.map(({ word }) => word.replace(/[.+]/g, "\\$&")).join("|"), "i");
  const leaks = new Map<string, { count: number; example: string }>();
  for (const [where, text] of texts) {
    const what = personal.test(text) ? "personal data" : secretShapes.test(text) ? "a secret" : null;
    if (what === null) continue;
    const key = `${where} holds ${what}`;
    leaks.set(key, { count: (leaks.get(key)?.count ?? 0) + 1, example: text.slice(0, 300) });
  }
  for (const [leak, { count, example }] of leaks) other.push(`${leak} (${count} times): ${example}`);
  other.push(...uncaught(context));
}

function uncaught({ lines }: ChaosContext): string[] {
  const odd = lines.filter(({ line }) => !isJson(line) && !harmless.test(line));
  const faults = lines.filter(({ line }) =>
    /"fault":"(TypeError|RangeError|ReferenceError|SyntaxError|ZodError)"/.test(line)
  );
  return [...odd, ...faults].slice(0, 5).map(({ fn, line }) => `${fn} printed: ${line.slice(0, 300)}`);
}

function isJson(line: string): boolean {
  try {
    return typeof JSON.parse(line) === "object";
  } catch {
    return false;
  }
}

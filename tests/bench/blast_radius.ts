import type { Stack } from "../../local/stack.ts";
import { type FaultInput, ZohoControl } from "../../local/zoho/mod.ts";
import { insertCustomer, insertQuote, insertQuoteItem, type Row } from "../support/fixtures.ts";
import { type Figure, goal, median, ms } from "../support/figures.ts";
import { queueEmpty, settled } from "../support/queue.ts";
import { sell, settledDeal } from "../support/sale.ts";
import { until } from "../support/until.ts";
import { clockMs } from "./support.ts";

const records = 400;
const mostExtraCalls = 20;
/** Quotes that wait for a Product, before each edit. */
const waiting = 5;

/** What one fault costs the others: the calls for a poisoned record, and how fast compliance goes while Products are hidden. */
export async function blastRadius(stack: Stack, edits: number): Promise<Figure[]> {
  return [...await poisonedRecords(stack), ...await besideHiddenProducts(stack, edits)];
}

const making = { method: "POST", path: "/Deals$" };
const poisons: { what: string; prefix: string; fault: FaultInput }[] = [
  { what: "500", prefix: "CT-P500", fault: { match: making, kind: "status", status: 500 } },
  {
    what: "400 with HTML",
    prefix: "CT-PHTML",
    fault: { match: making, kind: "status", status: 400, html: "<html>Bad Request</html>" },
  },
  { what: "413", prefix: "CT-P413", fault: { match: making, kind: "refuse_call", code: "FILE_TOO_LARGE" } },
  {
    what: "a firewall's 403 for its text",
    prefix: "CT-PTEXT",
    fault: { match: making, kind: "status", status: 403, html: "<html>blocked</html>" },
  },
];

async function poisonedRecords(stack: Stack): Promise<Figure[]> {
  const zoho = new ZohoControl(stack.zohoUrl);
  // A quote without a number stays in CircleTel; the Account is made once, before anything is counted.
  const quote = await insertQuote(stack.sql, { quote_number: null });
  await insertContracts(stack, quote, "CT-PFIRST", 1);
  await queueEmpty(stack);
  const figures: Figure[] = [];
  for (const { what, prefix, fault } of poisons) {
    const poisoned = `${prefix}-237`;
    await zoho.addFaults({ ...fault, match: { ...fault.match, text: `"${poisoned}"` } });
    const before = (await zoho.calls()).at(-1)?.seq ?? 0;
    const contracts = await insertContracts(stack, quote, prefix, records);
    await settled(stack, contracts.filter(({ contract_number }) => contract_number !== poisoned));
    const calls = (await zoho.calls(before)).filter(({ path }) => path.endsWith("/Deals")).length;
    const extra = calls - records / 100;
    figures.push({
      what: `one of ${records} makes Zoho answer ${what}: extra calls until the others are in Zoho`,
      measured: String(extra),
      beside: goal(extra <= mostExtraCalls, `≤ ${mostExtraCalls}`),
    });
    await zoho.clearFaults();
  }
  await stack.sql`delete from public.zoho_sync_queue where true`;
  return figures;
}

async function insertContracts({ sql }: Stack, quote: Row, prefix: string, count: number): Promise<Row[]> {
  return await sql<Row[]>`
    insert into public.contracts (contract_number, quote_id, contract_type, contract_term_months, start_date,
      total_contract_value)
    select ${prefix}::text || '-' || i, ${quote.id}, 'fibre', 24, '2026-12-01', i
    from generate_series(1, ${count}::int) i
    returning *`;
}

/** By turns with Products there and hidden, so that what else happens on the machine happens to both. */
async function besideHiddenProducts(stack: Stack, edits: number): Promise<Figure[]> {
  const { contract, kyc } = await sell(stack);
  await settledDeal(stack, contract);
  const tiers = ["Low", "Medium", "High"];
  const took = { shown: [] as number[], hidden: [] as number[] };
  for (let edit = 0; edit < 2 * edits; edit++) {
    const isHidden = edit % 2 === 1;
    await stack.zoho.changeSettings({ hiddenModules: isHidden ? ["Products"] : [] });
    await insertQuotes(stack);
    const tier = tiers[edit % tiers.length] ?? "";
    const startedAtMs = clockMs();
    await stack.sql`update public.kyc_sessions set risk_tier = ${tier.toLowerCase()} where id = ${
      kyc?.id ?? null
    }`;
    await until(async () => (await settledTier(stack, contract)) === tier, {
      what: `${tier} in Zoho`,
      everyMs: 2,
    });
    took[isHidden ? "hidden" : "shown"].push(clockMs() - startedAtMs);
    await stack.zoho.changeSettings({ hiddenModules: [] });
    await stack.sql`select public.zoho_resume()`;
    await queueEmpty(stack);
  }
  const [shown, hidden] = [median(took.shown), median(took.hidden)];
  return [{
    what: `a contract's KYC → Deal beside ${waiting} quotes that wait, Products hidden: p50 of ${edits}`,
    measured: ms(hidden),
    beside: `Products there: ${ms(shown)}; ratio ${(hidden / shown).toFixed(2)}`,
  }];
}

async function settledTier({ zoho }: Stack, contract: Row): Promise<unknown> {
  const [deal] = (await zoho.records("Deals")).filter(({ Contract_Number }) =>
    Contract_Number === contract.contract_number
  );
  return deal?.Risk_Tier;
}

/** Each with a service of its own, which no Product has yet. */
async function insertQuotes({ sql }: Stack): Promise<void> {
  await sql.begin(async (tx) => {
    const customer = await insertCustomer(tx);
    for (let n = 0; n < waiting; n++) {
      const quote = await insertQuote(tx, { customer_id: customer.id, status: "sent" });
      await insertQuoteItem(tx, quote.id, { service_name: `Service ${crypto.randomUUID()}` });
    }
  });
}

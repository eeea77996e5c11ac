import { assert, assertEquals } from "@std/assert";
import type { Stack } from "../../local/stack.ts";
import { until } from "../support/until.ts";
import { idOf } from "../support/rows.ts";
import { sell } from "../support/sale.ts";
import { sweep } from "../support/queue.ts";
import { quoteFor, startAllTypes } from "./record_types_steps.ts";

// Zoho points at what it refuses, inside a lookup or a line; the outermost name is not always what is meant.

let stack: Stack;
Deno.test.beforeAll(async () => {
  stack = await startAllTypes();
});
Deno.test.afterAll(() => stack.stop());
Deno.test.afterEach(() => stack.zoho.clearFaults());

const countOf = async (module: string) => (await stack.zoho.records(module)).length;

/** So many records in Zoho, and nothing left to do. */
const made = (module: string, count: number) =>
  until(async () => {
    const [left] = await stack.sql`
      select from zoho_sync.outbox union all select from public.zoho_sync_queue where status <> 'dead' limit 1`;
    return left === undefined && await countOf(module) === count;
  }, { what: `${count} of ${module}` });

/** The queue row of an entity once it was refused. */
const refused = (entity: string) =>
  until(async () => {
    const [row] = await stack.sql`
      select status, error_code, error_field from public.zoho_sync_queue
      where entity_id = ${entity} and error_code is not null`;
    return row;
  }, { what: "a refused change" });

Deno.test("a refused quantity is a fault of the line and forgets no Product", async () => {
  const known = await countOf("Quotes");
  const { quote, items } = await quoteFor(stack, {
    items: [{ service_name: "Quantity Fibre", installation_price: 0 }],
  });
  await made("Quotes", known + 1);
  await stack.zoho.addFaults({
    match: { module: "Quotes", method: "PUT" },
    kind: "record_error",
    code: "INVALID_DATA",
    details: {
      api_name: "Quantity",
      json_path: "$.data[0].Quoted_Items[0].Quantity",
      expected_data_type: "double",
    },
  });
  const products = async () => (await stack.sql`select from public.zoho_products`).length;
  const before = await products();
  await stack.sql`update public.business_quote_items set monthly_price = 888 where id = ${
    items[0]?.id ?? null
  }`;
  const row = await refused(quote.id);
  assertEquals([row.status, row.error_code, row.error_field], ["dead", "INVALID_DATA", "Quoted_Items"]);
  assertEquals(await products(), before);
});

Deno.test("a refusal inside a lookup is the lookup's, not the record's own id", async () => {
  const known = await countOf("Deals");
  const quote = { company_name: "Inner Ventures" };
  await sell(stack, { quote });
  await made("Deals", known + 1);
  await stack.zoho.addFaults({
    match: { module: "Deals", method: "POST" },
    kind: "record_error",
    code: "INVALID_DATA",
    times: 1,
    message: "the id given seems to be invalid",
    details: { api_name: "id", json_path: "$.data[0].Account_Name.id" },
  });
  const second = await sell(stack, { quote });
  const row = await refused(second.contract.id);
  assertEquals([row.status, row.error_code, row.error_field], ["pending", "LINK_FAILED", "Account_Name"]);
  await stack
    .sql`update public.zoho_sync_queue set next_attempt_at = now() where entity_id = ${second.contract.id}`;
  await sweep(stack);
  await made("Deals", known + 2);
  const accounts = (await stack.zoho.records("Deals")).map((deal) => idOf(deal.Account_Name));
  assert(!accounts.includes(null));
});

import { assert, assertEquals } from "@std/assert";
import type { Stack } from "../../local/stack.ts";
import { TestZoho } from "../../local/zoho/testing.ts";
import type { SettingsAnswer } from "../../supabase/functions/_shared/admin/answers.ts";
import { readRecord } from "../../supabase/functions/_shared/mapping/read.ts";
import type { Field } from "../../supabase/functions/_shared/mapping/record_type.ts";
import type { EntityType, Fields } from "../../supabase/functions/_shared/mapping/types.ts";
import { isSameValue } from "../../supabase/functions/_shared/merge/values.ts";
import { kinds, type RecordKind } from "../../supabase/functions/_shared/sync/claim/kinds.ts";
import { asked } from "../support/admin_calls.ts";
import { plainRules } from "../support/agreement.ts";
import { insertQuoteItem } from "../support/fixtures.ts";
import { fold } from "../support/fold.ts";
import { until } from "../support/until.ts";
import { sell } from "../support/sale.ts";
import { startQuietStack } from "../support/stack.ts";
import { deliver, heard, webhookEnv } from "../support/webhook.ts";
import { get, reconcileAll, repairRun } from "./reconcile_steps.ts";
import { addInvoice, allTypes } from "./record_types_steps.ts";

// Every field that a record type declares, from its column to Zoho and back: nothing here names one. What reconcile can
// repair, the live path keeps right.

/** A record, and what CircleTel wants it to hold. */
interface Pair {
  entityType: EntityType;
  kind: RecordKind;
  zohoId: string;
  wanted: Fields;
}

Deno.test("every declared field is made, filled, shown, compared, repaired, and put back after a hint", async (t) => {
  const stack = await startQuietStack({
    functions: ["zoho-sync", "zoho-admin", "zoho-webhook"],
    functionEnv: webhookEnv,
    types: allTypes,
    zoho: { bare: true },
  });
  try {
    const made = await stack.invoke("zoho-admin/fields", { apply: true });
    assertEquals(made.status, 200, JSON.stringify(made.body));
    const pairs = await soldEverything(stack);
    const others = {
      Account_Name: { id: await stack.zoho.create("Accounts", { Account_Name: "Another company" }) },
      Contact_Name: { id: await stack.zoho.create("Contacts", { Last_Name: "Another person" }) },
    };
    const { mapping } = await asked<SettingsAnswer>(stack, "GET /settings");
    const { text: plan } = await get(stack, "fields");

    for (const { kind, zohoId, wanted } of pairs) {
      const { module, fields, owners } = kind;
      const held = readRecord(Object.keys(owners), await stack.zoho.record(module, zohoId));
      const shown = mapping.find((each) => each.module === module)?.fields ?? [];
      assertEquals(shown.map(({ field }) => field), Object.keys(fields));
      for (const [name, value] of Object.entries(wanted)) {
        await t.step(`${name} of ${module} is ${JSON.stringify(value)}`, () => {
          assert(value !== null, "the sale fills every field");
          assert(isSameValue(name, held[name], value, plainRules), JSON.stringify(held[name]));
          assert(plan.includes(`"${name}"`), "the setup knows it");
        });
      }
    }

    await editEverything(stack, pairs, others);
    const { items, run } = await reconcileAll(stack);
    await t.step("a comparison names every field that was edited, and no other", () => {
      const found = items.map(({ entityType, fields }) => [entityType, Object.keys(fields).toSorted()]);
      const edited = pairs.map(({ entityType, wanted }) => [entityType, Object.keys(wanted).toSorted()]);
      assertEquals(found.toSorted(), edited.toSorted());
    });
    await repairRun(stack, run.id);
    await nothingWaits(stack);
    await t.step("a repair corrects every one of them", () => assertRight(stack, pairs));

    await editEverything(stack, pairs, others);
    for (const { kind: { module }, zohoId } of pairs) {
      const record = await stack.zoho.record(module, zohoId);
      await deliver(stack, { module, operation: "edit", record_id: zohoId, record_data: { ...record } });
    }
    await heard(stack, ...pairs.map(({ zohoId }) => zohoId));
    await nothingWaits(stack);
    await t.step("a hint corrects every one of them", () => assertRight(stack, pairs));
  } finally {
    await stack.stop();
  }
});

/** A signed contract with its quote, invoice and customer, whose columns all have a value; in step. */
async function soldEverything(stack: Stack): Promise<Pair[]> {
  const { customer, quote } = await sell(stack, {
    contract: { status: "active", fully_signed_date: "2026-11-20T08:00:00Z" },
  });
  if (customer === null) throw new Error("the sale has no customer");
  await insertQuoteItem(stack.sql, quote.id);
  await addInvoice(stack, customer);
  await nothingWaits(stack);
  const rows = await stack.sql<{ type: EntityType; zoho_id: string; source: unknown }[]>`
    select m.circletel_type as type, m.zoho_id, s.source
    from public.zoho_entity_mappings m
    join zoho_sync.sources(
      array(select e.circletel_type from public.zoho_entity_mappings e order by e.id),
      array(select e.circletel_id from public.zoho_entity_mappings e order by e.id)) s
      on s.entity_id = m.circletel_id and s.entity_type = m.circletel_type`;
  assertEquals(rows.map(({ type }) => type).toSorted(), allTypes.toSorted());
  const products = await stack.zoho.records("Products");
  const productIds = new Map(products.map((product) => [String(product.Product_Code), product.id]));
  return rows.map(({ type, zoho_id, source }) => {
    const subject = kinds[type].read(source);
    if ("field" in subject) throw new Error(`${type}: ${subject.field}`);
    const { account_id, contact } = subject.party;
    const links = { accountId: account_id, contactId: contact?.zoho_id ?? null, productIds };
    const wanted = subject.project({ links, timeZone: plainRules.timeZone });
    return { entityType: type, kind: kinds[type], zohoId: zoho_id, wanted };
  });
}

/** Waits until everything is settled; a refusal fails at once. */
async function nothingWaits({ sql }: Stack): Promise<void> {
  const left = () =>
    sql<{ status: string }[]>`
      select q.status, q.entity_type, q.error_code, q.error_field from public.zoho_sync_queue q`;
  await until(async () => {
    await fold(sql);
    return (await left()).every(({ status }) => status === "dead");
  }, { what: "a queue in which nothing waits" });
  assertEquals([...await left()], []);
}

/** What a seller might do to every field that is CircleTel's. */
async function editEverything(
  stack: Stack,
  pairs: Pair[],
  others: Record<string, { id: string }>,
): Promise<void> {
  for (const { kind: { module, fields }, zohoId, wanted } of pairs) {
    const record = await stack.zoho.record(module, zohoId);
    const values = Object.entries(fields).filter(([name]) => name in wanted).map(([name, field]) => [
      name,
      field.data_type === "lookup"
        ? others[name]
        : otherValues[field.data_type]?.(record[name], field.values ?? []) ?? `Another ${name}`,
    ]);
    const { text, status } = await new TestZoho(stack.zohoUrl).call("PUT", `${module}/${zohoId}`, {
      data: [Object.fromEntries(values)],
    });
    assert(status === 200 && !text.includes('"error"'), text);
  }
}

/** Another value by the field's type; of a picklist another of its values, of a text one that is no reference of ours. */
const otherValues: Partial<Record<Field["data_type"], (now: unknown, values: readonly string[]) => unknown>> =
  {
    date: () => "2031-01-01",
    currency: () => 1,
    email: () => "another@example.co.za",
    picklist: (now, values) => values.find((value) => value !== now) ?? "Existing Business",
    subform: (now) =>
      Array.isArray(now) ? now.slice(0, 1).map((row: object) => ({ ...row, List_Price: 1 })) : [],
  };

async function assertRight(stack: Stack, pairs: Pair[]): Promise<void> {
  for (const { kind: { module, owners }, zohoId, wanted } of pairs) {
    const held = readRecord(Object.keys(owners), await stack.zoho.record(module, zohoId));
    const wrong = Object.entries(wanted).filter(([name, value]) =>
      !isSameValue(name, held[name], value, plainRules)
    );
    assertEquals(wrong.map(([name, value]) => [name, held[name], value]), [], module);
  }
}

import { assertEquals, fail } from "@std/assert";
import type { Stack } from "../../local/stack.ts";
import { asked, refused } from "../support/admin_calls.ts";
import { completeBackfill, insertOldContracts } from "../support/backfill.ts";
import { insertPlainToken } from "../support/plain_token.ts";
import { queueEmpty } from "../support/queue.ts";
import { quickNet, withStack } from "../support/stack.ts";
import { unnoticed } from "../support/unnoticed.ts";
import { bookmark } from "../support/zoho_calls.ts";

// From the original service to this one (docs/cut-over.md): its plain token, its Deals by zoho_deal_id, its rows of
// zoho_entity_mappings. The sync observes first; then it does what it said that it would do.

const count = 1_000;
const functions = ["zoho-sync", "zoho-admin"];

interface Item {
  entityId: string;
  number: string;
  plan: string;
  reason: string | null;
  would: Would | null;
}

interface Would {
  zohoId: string | null;
  sends: Record<string, unknown> | null;
  takesIn: string | null;
  asks: string[];
}

Deno.test("an observing sync reports for 1,000 contracts, some half synced, what it then does", () =>
  withStack({ net: quickNet, cron: false, readFields: true, functions }, async (stack) => {
    const { sql, zoho } = stack;
    await sql`select public.zoho_observe(true)`;
    await insertOldContracts(sql, { count, perCompany: 7, perCustomer: 3 });
    await leaveHalfSynced(stack);
    const statuses = await statusesOf(stack);
    const mark = await bookmark(stack);

    // Edited while it observes: nothing is written, whatever the cause.
    await sql`update public.contracts set total_contract_value = 9 where contract_number = 'CT-OLD-1'`;
    const [edited] = await sql`select id from public.contracts where contract_number = 'CT-OLD-1'`;
    const { body } = await stack.invoke("zoho-sync", { entity: "contract", id: edited?.id });
    assertEquals(String((body as { error?: string }).error).startsWith("Paused (OBSERVING)"), true);
    assertEquals((await refused(stack, "POST /backfill", { entity: "contract" })).code, "OBSERVING");
    const dry = await completeBackfill(stack, { dryRun: true });
    const said = await itemsOf(stack, dry.id);
    assertEquals(said.length, count);
    assertEquals((await zoho.changes({ since: mark.changes })).changes, []);
    assertEquals(await statusesOf(stack), statuses);

    await asked(stack, "POST /observe", { on: false });
    await queueEmpty(stack);
    const startedAt = await startOf(stack, dry.id);
    const done = await completeBackfill(stack);
    await queueEmpty(stack);
    const did = await didOf(stack, startedAt);
    const before = new Map(statuses.map(({ id, status }) => [id, status]));
    for (const item of said) {
      const saying = `${item.number}: ${item.plan} ${item.reason}`;
      const { comparable: done, zohoId, status } = did.get(item.entityId) ?? fail(saying);
      assertEquals(done, comparable(item.would?.sends ?? null, item.would?.asks ?? []), saying);
      assertEquals(status, item.would?.takesIn ?? before.get(item.entityId), saying);
      // A record that is yet to be made has a made-up id.
      if (/^\d+$/.test(item.would?.zohoId ?? "")) assertEquals(zohoId, item.would?.zohoId, saying);
    }
    assertEquals(done.outcome?.refuse, dry.outcome?.refuse);
    // The sample has every case.
    const kinds = Object.fromEntries(
      Map.groupBy(said, ({ plan, would }) => would?.asks[0] ?? plan).entries().map((
        [kind, all],
      ) => [kind, all.length]),
    );
    assertEquals(kinds, { adopted_stage: 100, create: 600, link: 100, update: 200 });
  }));

/** As the original service left it: of every ten contracts five have a Deal of its making, in various states. */
async function leaveHalfSynced({ sql, zoho }: Stack): Promise<void> {
  await insertPlainToken(sql, { access_token: "plain", refresh_token: "plain", expires_at: "2026-11-01" });
  const deal = (n: number, more = {}) => ({
    Deal_Name: `Contract CT-OLD-${n}`,
    Stage: "Closed Won",
    Amount: 1000 + n,
    ...more,
  });
  const numbers = (rest: number) => Array.from({ length: count / 10 }, (_, index) => index * 10 + rest);
  // Known by zoho_deal_id and a mapping; by zoho_deal_id alone; only in Zoho; moved by a seller; gone from Zoho.
  const mapped = await zoho.bulkCreate("Deals", numbers(1).map((n) => deal(n)));
  const named = await zoho.bulkCreate("Deals", numbers(2).map((n) => deal(n, { Amount: 1 })));
  await zoho.bulkCreate("Deals", numbers(3).map((n) => deal(n, { Contract_Number: `CT-OLD-${n}` })));
  const moved = await zoho.bulkCreate("Deals", numbers(4).map((n) => deal(n, { Stage: "Closed Lost" })));
  const name = (ids: string[], rest: number) =>
    unnoticed(sql, (tx) =>
      tx`update public.contracts c set zoho_deal_id = d.id
      from unnest(${ids}::text[]) with ordinality d (id, place)
      where c.contract_number = 'CT-OLD-' || ((d.place - 1) * 10 + ${rest}::int)`);
  await name(mapped, 1);
  await name(named, 2);
  await name(moved, 4);
  await name(numbers(5).map((n) => String(7_000_000_000_000_000n + BigInt(n))), 5);
  await sql`insert into public.zoho_entity_mappings (circletel_type, circletel_id, zoho_type, zoho_id)
    select 'contract', c.id, 'Deals', c.zoho_deal_id from public.contracts c where c.zoho_deal_id = any (${mapped})`;
  await unnoticed(
    sql,
    (tx) =>
      tx`update public.contracts set status = case when contract_number like '%6' then 'draft' else 'terminated' end
      where contract_number like '%6' or contract_number like '%7'`,
  );
}

async function itemsOf(stack: Stack, run: string): Promise<Item[]> {
  const items: Item[] = [];
  for (let after: string | null = "0"; after !== null;) {
    const page: { items: Item[]; next: string | null } = await asked(
      stack,
      `GET /backfill/items?run=${run}&limit=200&after=${after}`,
    );
    items.push(...page.items);
    after = page.next;
  }
  return items;
}

interface Status {
  id: string;
  status: string;
  zoho_deal_id: string | null;
}

async function statusesOf({ sql }: Stack): Promise<Status[]> {
  return [
    ...await sql<Status[]>`select id, status, zoho_deal_id from public.contracts order by contract_number`,
  ];
}

async function startOf({ sql }: Stack, run: string): Promise<Date> {
  const [row] = await sql<
    { at: Date }[]
  >`select finished_at as at from public.zoho_backfill_runs where id = ${run}`;
  return row?.at ?? new Date(0);
}

interface Did {
  comparable: ReturnType<typeof comparable>;
  zohoId: string | null;
  status: string;
}

/** What the log, the contracts and the questions say was done since then. */
async function didOf({ sql }: Stack, since: Date): Promise<Map<string, Did>> {
  const rows = await sql<
    { id: string; zoho_id: string; sent: Would["sends"]; status: string; asks: string[] }[]
  >`
    select c.id, m.zoho_id, c.status,
      (select l.request_payload from public.zoho_sync_logs l
        where l.entity_id = c.id and l.zoho_entity_type = 'Deals' and l.status = 'success' and l.drain_id is not null
          and l.request_payload is not null and l.created_at > ${since} order by l.created_at desc limit 1) as sent,
      array(select q.kind from public.zoho_questions q where q.entity_id = c.id and q.closed_at is null) as asks
    from public.contracts c left join public.zoho_entity_mappings m on m.circletel_id = c.id`;
  return new Map(
    rows.map(({ id, sent, asks, status, zoho_id: zohoId }) => [
      id,
      { comparable: comparable(sent, asks), zohoId, status },
    ]),
  );
}

/** Ids that are given when a record is made are not known before; a revision neither. */
function comparable(sends: Would["sends"], asks: string[]) {
  const { CircleTel_Revision: _, ...fields } = sends ?? {};
  for (const name of ["Account_Name", "Contact_Name"]) {
    if (fields[name] !== undefined) fields[name] = "a record";
  }
  return { sends: sends === null ? null : fields, asks: asks.toSorted() };
}

import { assert, assertEquals } from "@std/assert";
import type postgres from "postgres";
import { withDatabase } from "../support/database.ts";
import { insertBusiness, insertQuote } from "../support/fixtures.ts";
import {
  claim,
  type ClaimedChange,
  claimOne,
  done,
  insertContracts,
  linkContract,
  onlyChange,
  queueRows,
  type ResultInput,
  settle,
  takeIn,
} from "./steps.ts";

// A status that Zoho's stage asks for: taken in only by the very row that was decided about, each in a savepoint of its own.

const WORKER = crypto.randomUUID();
const DEAL = "5000000000001";
const before = { Stage: "Negotiation/Review" };

async function inStep(sql: postgres.Sql): Promise<ClaimedChange> {
  const { contract } = await insertBusiness(sql);
  await linkContract(sql, contract.id, DEAL, before);
  return await claimOne(sql, WORKER);
}

/** The look found Closed Won: the contract becomes active. */
function won(change: ClaimedChange, dealId = DEAL): ResultInput {
  return {
    ...done(change, dealId, before),
    take_in: takeIn(change, "active"),
    seen: { outcome: "applied", reason: "draft → active", details: {} },
  };
}

async function both(sql: postgres.Sql, id: string) {
  const [row] = await sql<Record<string, unknown>[]>`
    select c.status, m.snapshot ->> 'Stage' as stage, m.agreed_status
    from contracts c join zoho_entity_mappings m on m.circletel_id = c.id where c.id = ${id}`;
  return { ...row };
}

async function hintFor(sql: postgres.Sql, { entity_id }: ClaimedChange): Promise<void> {
  await sql`
    insert into zoho_webhook_events (source, module, operation, record_id, digest, status, entity_type, entity_id)
    values ('signed', 'Deals', 'update', ${DEAL}, repeat('a', 64), 'received', 'contract', ${entity_id})`;
}

async function hintOf(sql: postgres.Sql) {
  const [row] = await sql<Record<string, unknown>[]>`
    select status, reason, applied_at is not null as is_closed from zoho_webhook_events`;
  return { ...row };
}

const appliedLogs = async (sql: postgres.Sql) =>
  (await sql`select from zoho_sync_logs where response_payload ->> 'outcome' = 'applied'`).length;

Deno.test("a status is taken in with its agreement, in the settlement's transaction", () =>
  withDatabase("plain", async (sql) => {
    const change = await inStep(sql);
    await hintFor(sql, change);
    const answer = await settle(sql, { worker: WORKER, results: [won(change)] });
    assertEquals([answer.settled, answer.left], [1, []]);
    assertEquals(await both(sql, change.entity_id), {
      status: "active",
      stage: "Closed Won",
      agreed_status: "active",
    });
    assertEquals(await hintOf(sql), { status: "applied", reason: "draft → active", is_closed: true });
    assertEquals(await appliedLogs(sql), 1);
  }));

Deno.test("a status that was taken in is no difference for the next drain", () =>
  withDatabase("plain", async (sql) => {
    const change = await inStep(sql);
    await settle(sql, { worker: WORKER, results: [won(change)] });
    // The change is CircleTel's own by now, and marks the contract as any other.
    const again = await claimOne(sql, WORKER);
    assertEquals([again.look, again.mapping?.agreed_status], [false, "active"]);
    await settle(sql, { worker: WORKER, results: [done(again)] });
    assertEquals(await queueRows(sql), []);
  }));

const edits: [what: string, edit: (sql: postgres.Sql, id: string) => Promise<unknown>][] = [
  ["whose status changed", (sql, id) => sql`update contracts set status = 'fully_signed' where id = ${id}`],
  ["whose status went there and back", async (sql, id) => {
    await sql`update contracts set status = 'active' where id = ${id}`;
    await sql`update contracts set status = 'draft' where id = ${id}`;
  }],
  [
    "of which another column changed",
    (sql, id) => sql`update contracts set total_contract_value = 7 where id = ${id}`,
  ],
];

for (const [what, edit] of edits) {
  for (const isFolded of [false, true]) {
    Deno.test(`a contract ${what} since the claim${isFolded ? ", as the queue knows," : ""} keeps its status and gets another look`, () =>
      withDatabase("plain", async (sql) => {
        const change = await inStep(sql);
        await hintFor(sql, change);
        await edit(sql, change.entity_id);
        if (isFolded) await queueRows(sql);
        const [row] = await sql`select status from contracts where id = ${change.entity_id}`;

        const answer = await settle(sql, { worker: WORKER, results: [won(change)] });
        assertEquals(answer.left, [change.entity_id]);
        assertEquals(await both(sql, change.entity_id), {
          status: row?.status,
          stage: "Negotiation/Review",
          agreed_status: "draft",
        });
        const queued = await onlyChange(sql);
        assertEquals([queued.status, queued.look, queued.failed_rounds], ["pending", true, 0]);
        assert(queued.due_in_seconds <= 0);
        assertEquals(await hintOf(sql), { status: "received", reason: null, is_closed: false });
        assertEquals(await appliedLogs(sql), 0, "nothing was taken in");
      }));
  }
}

/** A business trigger of CircleTel's; its function has no search_path of its own, as most have none. */
async function businessTrigger(sql: postgres.Sql, event: string, body: string): Promise<void> {
  await sql.unsafe(`
    create table public.refused (id uuid primary key);
    grant select on public.refused to service_role;
    create function public.business_rule() returns trigger language plpgsql as $$ begin ${body} return new; end $$;
    create trigger business_rule before ${event} on public.contracts for each row execute function public.business_rule()`);
}

async function hundred(sql: postgres.Sql): Promise<ClaimedChange[]> {
  const quote = await insertQuote(sql);
  await insertContracts(sql, quote.id, 100);
  await sql`
    insert into zoho_entity_mappings (circletel_type, circletel_id, zoho_type, zoho_id, snapshot, agreed_status)
    select 'contract', id, 'Deals', '50' || row_number() over (), '{"Stage": "Negotiation/Review"}', 'draft' from contracts`;
  return (await claim(sql, { worker: WORKER })).changes;
}

const refusals: [what: string, event: string, body: string][] = [
  [
    "a change of status",
    "update of status",
    "if exists (select from refused r where r.id = new.id) then raise exception 'SECRET of %', new.contract_number; end if;",
  ],
  [
    "any change of a contract",
    "update",
    "if exists (select from refused r where r.id = new.id) then raise check_violation using message = 'SECRET'; end if;",
  ],
];

for (const [what, event, body] of refusals) {
  Deno.test(`a business trigger that refuses ${what} makes that contract a dead letter, and the other ninety-nine are settled`, () =>
    withDatabase("plain", async (sql) => {
      const changes = await hundred(sql);
      const refused = changes[42]?.entity_id ?? "";
      await businessTrigger(sql, event, body);
      await sql`insert into public.refused (id) values (${refused})`;

      const answer = await settle(sql, {
        worker: WORKER,
        results: changes.map((change) => won(change, change.mapping?.zoho_id)),
      });
      assertEquals([answer.settled, answer.left], [100, [refused]]);
      const dead = (await queueRows(sql)).filter(({ status }) => status === "dead");
      assertEquals(dead.map(({ entity_id, error_code }) => [entity_id, error_code]), [[
        refused,
        "STATUS_REFUSED",
      ]]);
      assert(!dead[0]?.error_message?.includes("SECRET"), "a trigger's message may quote the row");
      const counts = await sql`
        select c.status, m.agreed_status, count(*)::int as count from contracts c
        join zoho_entity_mappings m on m.circletel_id = c.id group by 1, 2 order by 3`;
      assertEquals(counts.map((row) => ({ ...row })), [
        { status: "draft", agreed_status: "draft", count: 1 },
        { status: "active", agreed_status: "active", count: 99 },
      ]);
    }));
}

Deno.test("a hint whose status the database refused fails, and the log does not say it was applied", () =>
  withDatabase("plain", async (sql) => {
    const change = await inStep(sql);
    await hintFor(sql, change);
    await businessTrigger(sql, "update of status", "raise exception 'no';");
    await settle(sql, { worker: WORKER, results: [won(change)] });
    const { status, reason } = await hintOf(sql);
    assertEquals(status, "failed");
    assert(String(reason).startsWith("The database refused the status"), String(reason));
    assertEquals(await appliedLogs(sql), 0);
  }));

Deno.test("a business trigger that refuses the Deal id does not block the settlement", () =>
  withDatabase("plain", async (sql) => {
    const quote = await insertQuote(sql);
    await insertContracts(sql, quote.id, 10);
    const { changes } = await claim(sql, { worker: WORKER });
    await businessTrigger(
      sql,
      "update",
      "if exists (select from refused r where r.id = new.id) then raise exception 'archived'; end if;",
    );
    await sql`insert into public.refused (id) values (${changes[3]?.entity_id ?? ""})`;
    await settle(sql, { worker: WORKER, results: changes.map((change, i) => done(change, `60${i}`)) });
    assertEquals(await queueRows(sql), []);
    const [stamped] = await sql`select count(zoho_deal_id)::int as count from contracts`;
    assertEquals(stamped?.count, 9);
    const notices = await sql`select kind, entity_id, message from zoho_notices`;
    assertEquals(notices.map(({ kind, entity_id }) => [kind, entity_id]), [[
      "deal_id_refused",
      changes[3]?.entity_id,
    ]]);
    assert(!String(notices[0]?.message).includes("archived"), notices[0]?.message);
    assertEquals((await sql`select from zoho_entity_mappings`).length, 10);
  }));

Deno.test("a business trigger resolves its tables as in a statement of the Data API", () =>
  withDatabase("plain", async (sql) => {
    const change = await inStep(sql);
    await businessTrigger(sql, "update", "perform from refused;");
    await settle(sql, { worker: WORKER, results: [won(change)] });
    assertEquals((await both(sql, change.entity_id)).status, "active");
    const [row] = await sql`select zoho_deal_id from contracts`;
    assertEquals(row?.zoho_deal_id, DEAL);
  }));

Deno.test("a contract whose row a business transaction locks is busy, and its status taken in later", () =>
  withDatabase("plain", async (sql) => {
    const change = await inStep(sql);
    await sql.begin(async (tx) => {
      await tx`select from contracts where id = ${change.entity_id} for update`;
      const { busy, left } = await settle(sql, { worker: WORKER, results: [won(change)] });
      assertEquals([busy, left], [[change.entity_id], []]);
    });
    assertEquals((await both(sql, change.entity_id)).status, "draft");
    await settle(sql, { worker: WORKER, results: [won(change)] });
    assertEquals((await both(sql, change.entity_id)).status, "active");
  }));

Deno.test("a worker whose lease ran out takes no status in", () =>
  withDatabase("plain", async (sql) => {
    const change = await inStep(sql);
    const answer = await settle(sql, { worker: crypto.randomUUID(), results: [won(change)] });
    assertEquals([answer.lost, answer.left], [1, []]);
    assertEquals(await both(sql, change.entity_id), {
      status: "draft",
      stage: "Negotiation/Review",
      agreed_status: "draft",
    });
  }));

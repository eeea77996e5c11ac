import { assert, assertEquals } from "@std/assert";
import type postgres from "postgres";
import { withDatabase } from "../support/database.ts";
import { insertBusiness } from "../support/fixtures.ts";
import { claim, claimOne, queueRows, rpc } from "./steps.ts";

// Which write revisions this database has given, when that was last compared with Zoho's, and what an adoption changes.

const WORKER = crypto.randomUUID();

async function space(sql: postgres.Sql) {
  const { revisions } = await claim(sql, { worker: WORKER });
  if (!revisions) throw new Error("a claim says what is known of revisions");
  return revisions;
}

const adopt = (sql: postgres.Sql, others: number[] = []) =>
  rpc<number>(sql, (tx) => tx`select zoho_adopt_revisions(${others}) as answer`);

Deno.test("an epoch is random and has six digits, so that a revision is exact in a JSON number", () =>
  withDatabase("plain", async (sql) => {
    const drawn = await sql<
      { epoch: number }[]
    >`select zoho_sync.new_epoch() as epoch from generate_series(1, 200)`;
    const epochs = drawn.map(({ epoch }) => epoch);
    assert(epochs.every((epoch) => epoch >= 100_000 && epoch <= 899_999));
    assert(new Set(epochs).size > 150, "epochs repeat");
    const { epoch, earlier, checked_seconds_ago } = await space(sql);
    assert(epoch >= 100_000 && epoch <= 899_999);
    assertEquals([earlier, checked_seconds_ago], [[], null]);
  }));

Deno.test("a revision check is stored in the database, and so restored with it", () =>
  withDatabase("plain", async (sql) => {
    await rpc(sql, (tx) => tx`select zoho_revisions_checked()::text as answer`);
    const ago = (await space(sql)).checked_seconds_ago;
    assert(ago !== null && ago >= 0 && ago < 60, String(ago));
    await sql`update zoho_sync_state set revisions_checked_at = now() - interval '1 hour' where id`;
    assert(((await space(sql)).checked_seconds_ago ?? 0) >= 3600);
  }));

Deno.test("an adoption closes the epoch, knows those of the other writer, and requires a new check", () =>
  withDatabase("plain", async (sql) => {
    await insertBusiness(sql);
    const before = await space(sql);
    await rpc(sql, (tx) => tx`select zoho_revisions_checked()::text as answer`);
    const epoch = await adopt(sql, [200_001, before.epoch]);
    const after = await space(sql);
    assert(epoch !== before.epoch);
    assertEquals([after.epoch, after.checked_seconds_ago], [epoch, null]);
    assertEquals(after.earlier, [before.epoch, 200_001].toSorted((a, b) => a - b));
    assert(after.last >= before.last, "numbers are never given twice");
  }));

Deno.test("an adoption ends a pause caused by unknown writes, and no other", () =>
  withDatabase("plain", async (sql) => {
    const state = async () => {
      const [row] = await sql`select pause_code, paused_until is null as is_running from zoho_sync_state`;
      return [row?.pause_code, row?.is_running];
    };
    await rpc(sql, (tx) => tx`select zoho_pause('TOKEN_REVOKED', 'renew it', null, true)::text as answer`);
    await adopt(sql);
    assertEquals(await state(), ["TOKEN_REVOKED", false]);
    await rpc(
      sql,
      (tx) => tx`select zoho_pause('UNKNOWN_WRITES', 'see the page', null, true)::text as answer`,
    );
    await adopt(sql);
    assertEquals(await state(), [null, true]);
  }));

Deno.test("a dry run sees what a claim would return, and takes neither the change nor a revision", () =>
  withDatabase("plain", async (sql) => {
    const { contract } = await insertBusiness(sql);
    const sequence = async () => [...await sql`select last_value, is_called from zoho_sync.write_revision`];
    const before = await sequence();
    const entities = JSON.stringify([{ entity_type: "contract", entity_id: contract.id }]);
    const [peeked] = await rpc<Record<string, unknown>[]>(
      sql,
      (tx) => tx`select zoho_peek_changes(${entities}::text::jsonb) as answer`,
    );
    assertEquals([await sequence(), (await queueRows(sql))[0]?.status], [before, "pending"]);
    const { enqueued_at: _, claimed_at: __, ...claimed } = {
      enqueued_at: "",
      ...await claimOne(sql, WORKER),
    };
    assertEquals(peeked, {
      ...claimed,
      version: 0,
      lane: 1,
      look: true,
      cause: "dry run",
      planned_revision: null,
    });
  }));

Deno.test("a revision is recognised by the attempt that carried it, and by nothing else", () =>
  withDatabase("plain", async (sql) => {
    await sql`insert into zoho_sync_logs (entity_type, entity_id, zoho_entity_type, status, revision)
      values ('contract', gen_random_uuid(), 'Deals', 'failed', '2000000000000101')`;
    const asked = ["2000000000000101", "2000000000000102"];
    assertEquals(
      await rpc<string[]>(sql, (tx) => tx`select zoho_unknown_revisions(${asked}) as answer`),
      ["2000000000000102"],
    );
  }));

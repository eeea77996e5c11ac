import { assertEquals } from "@std/assert";
import type postgres from "postgres";
import { withDatabase } from "../support/database.ts";
import { insertBusiness } from "../support/fixtures.ts";
import { claim, claimOne, rpc, settle } from "./steps.ts";

// A module that is hidden, forbidden or failing holds what needs it, and nothing else.

const WORKER = crypto.randomUUID();

async function hold(sql: postgres.Sql, module = "Deals"): Promise<number> {
  const seconds = await rpc<number>(
    sql,
    (tx) => tx`select zoho_hold_module(${module}, 'INVALID_MODULE', 'it is hidden') as answer`,
  );
  return Math.round(seconds);
}

const pass = (sql: postgres.Sql) =>
  sql`update zoho_sync.module_holds set held_until = clock_timestamp() - interval '1 second'`;

Deno.test("holds in a row double from 30 s to 15 min, and calls that failed together are one", () =>
  withDatabase("plain", async (sql) => {
    const seconds: number[] = [];
    for (let i = 0; i < 7; i++) {
      seconds.push(await hold(sql));
      assertEquals(await hold(sql), seconds[i]);
      await pass(sql);
    }
    assertEquals(seconds, [30, 60, 120, 240, 480, 900, 900]);
    await sql`update zoho_sync.module_holds set held_until = clock_timestamp() - interval '61 minutes'`;
    assertEquals(await hold(sql), 30);
  }));

Deno.test("entities of a held module are not claimed until the hold is over", () =>
  withDatabase("plain", async (sql) => {
    const { contract } = await insertBusiness(sql);
    await hold(sql);
    const { changes, holds } = await claim(sql, { worker: WORKER });
    assertEquals(changes.filter(({ entity_type }) => entity_type === "contract"), []);
    assertEquals(holds.map(({ module, code }) => [module, code]), [["Deals", "INVALID_MODULE"]]);
    await pass(sql);
    const after = await claim(sql, { worker: WORKER });
    assertEquals(after.changes.map(({ entity_id }) => entity_id), [contract.id]);
    assertEquals(after.holds.map(({ seconds_left }) => seconds_left), [0]);
  }));

Deno.test("a change released for a hold keeps its reason, burns no round, and is due when a person resumes", () =>
  withDatabase("plain", async (sql) => {
    await insertBusiness(sql);
    const change = await claimOne(sql, WORKER);
    await hold(sql, "Products");
    await settle(sql, {
      worker: WORKER,
      results: [{
        entity_type: change.entity_type,
        entity_id: change.entity_id,
        version: change.version,
        outcome: "release",
        retry_in_seconds: 30,
        error: { code: "INVALID_MODULE", message: "it is hidden" },
      }],
    });
    const row = async () => {
      const [queued] = await sql`
        select status, failed_rounds, error_code, next_attempt_at > now() as later from public.zoho_sync_queue
        where entity_id = ${change.entity_id}`;
      return { ...queued };
    };
    const waits = { status: "pending", failed_rounds: 0, error_code: "INVALID_MODULE" };
    assertEquals(await row(), { ...waits, later: true });
    await rpc(sql, (tx) => tx`select zoho_resume() as answer`);
    assertEquals(await row(), { ...waits, later: false });
    assertEquals([...await sql`select from zoho_sync.module_holds`], []);
  }));

import { assert, assertEquals } from "@std/assert";
import type postgres from "postgres";
import { withDatabase } from "../support/database.ts";
import { insertBusiness } from "../support/fixtures.ts";
import { fold } from "../support/fold.ts";
import { claim, claimOne, done, settle } from "./steps.ts";

// What is kept of a pause: "no answer 10:02–10:31; 34 changes waited; all arrived 10:32".

const WORKER = crypto.randomUUID();

interface Incident {
  code: string;
  byHand: boolean;
  by: string | null;
  endedAt: string | null;
  waited: number;
  arrivedAt: string | null;
}

async function incidents(sql: postgres.Sql): Promise<Incident[]> {
  const [row] = await sql<{ page: { items: Incident[] } }[]>`select public.zoho_admin_incidents() as page`;
  return row?.page.items ?? [];
}
const follow = (sql: postgres.Sql) => sql`select zoho_sync.follow_incidents()`;
const pause = (sql: postgres.Sql, code: string, by: string | null = null) =>
  sql`select public.zoho_pause(${code}, 'no answer', ${by === null ? 30 : null}, ${by !== null}, ${by})`;
const letPausePass = (sql: postgres.Sql) =>
  sql`update public.zoho_sync_state set paused_until = now() - interval '1 second' where id`;

Deno.test("an outage is one incident from its first pause to its first successful call, and ends when all waiting changes arrived", () =>
  withDatabase("plain", async (sql) => {
    for (let n = 0; n < 2; n++) await insertBusiness(sql);
    await fold(sql);
    await pause(sql, "NETWORK");
    await insertBusiness(sql);
    await fold(sql);
    await follow(sql);
    await letPausePass(sql);
    await pause(sql, "TIMEOUT");
    await letPausePass(sql);
    await follow(sql);
    const lasting = await incidents(sql);
    assertEquals(lasting.map(({ code, waited, endedAt }) => [code, waited, endedAt]), [["NETWORK", 3, null]]);

    const { changes } = await claim(sql, { worker: WORKER, limit: 1 });
    await settle(sql, { worker: WORKER, results: changes.map((each, n) => done(each, `500000000000${n}`)) });
    await follow(sql);
    const [ended] = await incidents(sql);
    assert(ended?.endedAt);
    assertEquals([ended?.waited, ended?.arrivedAt], [3, null]);

    const rest = await claim(sql, { worker: WORKER });
    await settle(sql, {
      worker: WORKER,
      results: rest.changes.map((each, n) => done(each, `500000000001${n}`)),
    });
    // What came later does not count.
    await insertBusiness(sql);
    await fold(sql);
    await follow(sql);
    const [over] = await incidents(sql);
    assert(over?.arrivedAt && over.arrivedAt >= (over.endedAt ?? ""));
    assertEquals((await incidents(sql)).length, 1);
  }));

Deno.test("a manual pause during an outage is an incident of its own, which ends when it is resumed", () =>
  withDatabase("plain", async (sql) => {
    await insertBusiness(sql);
    await fold(sql);
    await pause(sql, "NETWORK");
    await pause(sql, "PAUSED_BY_HAND", "secret key");
    const [byHand, outage] = await incidents(sql);
    assertEquals([byHand?.code, byHand?.by, byHand?.endedAt], ["PAUSED_BY_HAND", "secret key", null]);
    assert(outage?.endedAt);
    await sql`select public.zoho_resume()`;
    const change = await claimOne(sql, WORKER);
    await settle(sql, { worker: WORKER, results: [done(change, "5000000000001")] });
    await follow(sql);
    assertEquals((await incidents(sql)).filter(({ endedAt, arrivedAt }) => !endedAt || !arrivedAt), []);
  }));

Deno.test("a pause with an end and no waiting changes ends at its end", () =>
  withDatabase("plain", async (sql) => {
    await sql`select public.zoho_pause('PAUSED_BY_HAND', 'lunch', 600, false, 'secret key')`;
    await follow(sql);
    assertEquals((await incidents(sql))[0]?.endedAt, null);
    await letPausePass(sql);
    await follow(sql);
    const [over] = await incidents(sql);
    assert(over?.endedAt && over.arrivedAt);
  }));

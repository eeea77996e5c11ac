import { assert, assertEquals } from "@std/assert";
import type postgres from "postgres";
import { withDatabase } from "../support/database.ts";
import { insertBusiness } from "../support/fixtures.ts";
import {
  claim,
  claimOne,
  DEAL,
  done,
  emptyQueue,
  onlyChange,
  queueRows,
  rpc,
  settle,
  takeIn,
  WORKER,
} from "./steps.ts";
import { base, hints, insertInStep, receive, seen, statuses } from "./hint_steps.ts";

// What a look came to is written to the hints that caused it; a replay causes another look.

const goneQuestion = {
  kind: "record_gone",
  field: null,
  ours: "draft",
  theirs: null,
  asks: null,
  answers: ["make_again", "unlink"],
  shown: {},
  changed_by: null,
  changed_at: null,
};
for (const outcome of ["applied", "put_back", "conflict", "question", "gone"]) {
  Deno.test(`a look with outcome "${outcome}" sets it on its hints and writes a log row`, () =>
    withDatabase("plain", async (sql) => {
      const id = await insertInStep(sql);
      await receive(sql);
      await receive(sql);
      const change = await claimOne(sql, WORKER);
      const questions = outcome === "question" || outcome === "gone" ? [goneQuestion] : [];
      const result = { ...seen(done(change, DEAL, base), outcome), questions };
      await settle(sql, { worker: WORKER, results: [result] });
      const reason = `it was ${outcome}`;
      assertEquals((await hints(sql)).map((hint) => [hint.status, hint.reason, hint.is_closed]), [
        [outcome, reason, true],
        [outcome, reason, true],
      ]);
      const logs = await sql`
        select entity_id, zoho_entity_id, status, error_message, response_payload, cause, outcome from zoho_sync_logs`;
      assertEquals(logs.map((row) => ({ ...row })), [{
        entity_id: id,
        zoho_entity_id: DEAL,
        status: "success",
        error_message: reason,
        response_payload: { by: "7", outcome },
        cause: "zoho: update",
        outcome: null,
      }]);
    }));
}

Deno.test("a look that found nothing new writes no log row", () =>
  withDatabase("plain", async (sql) => {
    await insertInStep(sql);
    await receive(sql);
    const change = await claimOne(sql, WORKER);
    await settle(sql, { worker: WORKER, results: [seen(done(change, DEAL, base), "nothing_new")] });
    assertEquals([await statuses(sql), (await sql`select from zoho_sync_logs`).length], [["nothing_new"], 0]);
  }));

Deno.test("a hint whose change became a dead letter fails, with the reason", () =>
  withDatabase("plain", async (sql) => {
    await insertInStep(sql);
    await receive(sql);
    const change = await claimOne(sql, WORKER);
    const error = { code: "INVALID_DATA", message: "INVALID_DATA (Risk_Tier): see the page" };
    await settle(sql, { worker: WORKER, results: [{ ...done(change), outcome: "dead", error }] });
    const [hint] = await hints(sql);
    assertEquals([hint?.status, hint?.reason], ["failed", error.message]);
  }));

Deno.test("a hint whose record could not be corrected yet stays open, and nothing is logged", () =>
  withDatabase("plain", async (sql) => {
    await insertInStep(sql);
    await receive(sql);
    const change = await claimOne(sql, WORKER);
    const error = { code: "RECORD_LOCKED", message: "a process holds it" };
    const late = { ...done(change, DEAL, base), outcome: "retry" as const, error, retry_in_seconds: 0 };
    await settle(sql, { worker: WORKER, results: [seen(late, "put_back")] });
    assertEquals([await statuses(sql), (await sql`select from zoho_sync_logs`).length], [["received"], 0]);
  }));

Deno.test("a status that was taken in is reported although a field of the same record was refused", () =>
  withDatabase("plain", async (sql) => {
    const error = { code: "INVALID_DATA", message: "INVALID_DATA (Risk_Tier): see the page" };
    for (const outcome of ["retry", "dead"] as const) {
      const id = await insertInStep(sql, outcome);
      await receive(sql, { id: outcome });
      const change = await claimOne(sql, WORKER);
      const refused = { ...done(change, outcome, base), outcome, error, take_in: takeIn(change, "active") };
      await settle(sql, { worker: WORKER, results: [seen(refused, "applied")] });
      const [row] = await sql`select status from contracts where id = ${id}`;
      assertEquals([row?.status, (await statuses(sql)).at(-1)], ["active", "applied"], outcome);
      assertEquals((await sql`select from zoho_sync_logs where entity_id = ${id}`).length, 1, outcome);
      await emptyQueue(sql);
    }
  }));

Deno.test("a hint whose record belongs to another contract fails", () =>
  withDatabase("plain", async (sql) => {
    await insertInStep(sql);
    await receive(sql);
    const change = await claimOne(sql, WORKER);
    await insertBusiness(sql, { contract: { zoho_deal_id: "777" } });
    await settle(sql, { worker: WORKER, results: [seen(done(change, "777", base), "put_back")] });
    const [hint] = await hints(sql);
    assertEquals(hint?.status, "failed");
    assert(hint?.reason?.includes("777"), String(hint?.reason));
    assertEquals((await sql`select from zoho_sync_logs`).length, 0);
  }));

Deno.test("a replay marks the records of its hints with a look, also those unmapped at the time", () =>
  withDatabase("plain", async (sql) => {
    await receive(sql);
    await receive(sql, { id: "999" });
    const id = await insertInStep(sql);
    const range = { p_from: "2020-01-01", p_to: "2100-01-01" };
    assertEquals(await replay(sql, { ...range, p_dry_run: true }), {
      hints: 2,
      marked: 0,
      entities: [{ entity_type: "contract", entity_id: id }],
    });
    assertEquals([await queueRows(sql), await statuses(sql)], [[], ["unmapped", "unmapped"]]);

    assertEquals((await replay(sql, range)).marked, 1);
    const { look, cause } = await onlyChange(sql);
    assertEquals({ look, cause }, { look: true, cause: "replay" });
    const [first, second] = await hints(sql);
    assertEquals([first?.status, first?.entity_id, second?.status], ["received", id, "unmapped"]);
    assertEquals((await replay(sql, { ...range, p_status: "applied" })).hints, 0);
  }));

Deno.test("a replay while the change is in flight causes another look", () =>
  withDatabase("plain", async (sql) => {
    await insertInStep(sql);
    await receive(sql);
    const change = await claimOne(sql, WORKER);
    const [hint] = await sql`select id from zoho_webhook_events`;
    await replay(sql, { p_ids: [hint?.id] });
    await settle(sql, { worker: WORKER, results: [seen(done(change, DEAL, base), "nothing_new")] });
    assertEquals((await claim(sql, { worker: WORKER })).changes.length, 1);
  }));

interface Replay {
  p_ids?: unknown[];
  p_from?: string;
  p_to?: string;
  p_status?: string;
  p_dry_run?: boolean;
}

function replay(
  sql: postgres.Sql,
  asked: Replay,
): Promise<{ hints: number; marked: number; entities: unknown[] }> {
  const { p_ids = null, p_from = null, p_to = null, p_status = null, p_dry_run = false } = asked;
  return rpc(
    sql,
    (tx) =>
      tx`select public.zoho_mark_hints(${p_ids as string[] | null}::uuid[], ${p_from}::timestamptz,
        ${p_to}::timestamptz, ${p_status}, ${p_dry_run}) as answer`,
  );
}

import { assertEquals, assertMatch } from "@std/assert";
import { withSql } from "../../local/sql.ts";
import { type Stack, startStack } from "../../local/stack.ts";
import { asked } from "../support/admin_calls.ts";
import { sweep, syncState } from "../support/queue.ts";
import { dealOf, sell, settledDeal } from "../support/sale.ts";
import { quickNet } from "../support/stack.ts";
import { until } from "../support/until.ts";

// The drill of docs/restore.md, step by step, on a Postgres of its own whose data folder is put back.

interface Health {
  health: { sentence: string; reasons: { code: string }[] };
}

Deno.test("a restore is reported on the page, nothing is written before a person goes on, and one answer corrects everything", async () => {
  const stack = await startStack({
    net: quickNet,
    cron: false,
    readFields: true,
    types: ["contract"],
    functions: ["zoho-sync", "zoho-admin"],
  });
  try {
    const contracts = [];
    for (let n = 0; n < 4; n++) {
      const { contract } = await sell(stack, { contract: { status: "active", total_contract_value: 100 } });
      await settledDeal(stack, contract);
      contracts.push(contract);
    }
    await idle(stack);
    const backup = await backUp(stack);

    // After the backup: three are terminated by mistake, and written to Zoho.
    const terminated = contracts.slice(0, 3);
    await stack.zoho.advanceClock(3_000);
    for (const { id } of terminated) {
      await stack.sql`update public.contracts set status = 'terminated' where id = ${id}`;
    }
    await idle(stack);
    for (const contract of terminated) assertEquals((await dealOf(stack, contract)).Stage, "Closed Lost");

    // 1. Restored, and CircleTel goes on working.
    await backup.putBack();
    const before = (await stack.zoho.changes()).lastSeq;
    const [first] = terminated;
    await stack.sql`update public.contracts set total_contract_value = 7 where id = ${first?.id ?? null}`;
    // A connection that the restore has cut may cost the first call.
    const { body } = await until(async () => {
      const answer = await stack.invoke("zoho-sync", { entity: "contract", id: first?.id });
      return typeof (answer.body as { error?: unknown }).error === "string" ? answer : null;
    }, { what: "an answer after the restore" });
    // 2. The page says what happened.
    assertMatch(String((body as { error?: string }).error), /UNKNOWN_WRITES/);
    const { health } = await asked<Health>(stack, "GET /status");
    assertMatch(
      health.sentence,
      /does not remember, as after a restore: nothing is sent until a person resumes it/,
    );
    assertEquals((await stack.zoho.changes({ since: before })).changes, []);

    // 3. Go on: every Deal is looked at.
    await stack.zoho.advanceClock(3_000);
    await asked(stack, "POST /revisions/adopt", {});
    const forgotten = async () => {
      await sweep(stack);
      const { health: { reasons, sentence } } = await asked<Health>(stack, "GET /status");
      return reasons.some(({ code }) => code === "FORGOTTEN_WRITES") && sentence.includes("3 records")
        ? sentence
        : null;
    };
    assertMatch(await until(forgotten, { what: "three questions" }), /say once for all of them/);
    assertEquals(await stagesOf(stack, terminated), ["Closed Lost", "Closed Lost", "Closed Lost"]);

    // 4. One answer for all.
    const { items } = await asked<{ items: { id: string; kind: string }[] }>(stack, "GET /questions");
    const ids = items.filter(({ kind }) => kind === "unknown_write").map(({ id }) => id);
    assertEquals(ids.length, 3);
    await stack.zoho.advanceClock(3_000);
    await asked(stack, "POST /questions/answer", { ids, choice: "circletel" });
    await idle(stack);
    assertEquals(await stagesOf(stack, contracts), Array(4).fill("Closed Won"));
    const statuses = await stack.sql<{ status: string }[]>`select distinct status from public.contracts`;
    assertEquals(statuses.map(({ status }) => status), ["active"]);
    assertEquals((await asked<Health>(stack, "GET /status")).health.reasons.map(({ code }) => code), []);
  } finally {
    await stack.stop();
  }
});

async function stagesOf(stack: Stack, contracts: Parameters<typeof dealOf>[1][]): Promise<unknown[]> {
  return await Promise.all(contracts.map(async (contract) => (await dealOf(stack, contract)).Stage));
}

/** Nothing waits and no drain is at it. */
async function idle(stack: Stack): Promise<void> {
  const isIdle = async () => {
    await sweep(stack);
    const [row] = await stack.sql`select exists (select from public.zoho_sync_queue)
      or exists (select from zoho_sync.outbox) as busy from public.zoho_sync_state`;
    return row?.busy === false && (await syncState(stack)).drain_owner === null;
  };
  await until(isIdle, {
    what: "an idle queue",
    everyMs: 200,
    seen: () => stack.functions.logs("zoho-sync").slice(-3),
  });
}

/** The Data API has found the database again. */
async function answering({ apiUrl, secretKey }: Stack): Promise<void> {
  const headers = { apikey: secretKey };
  await until(async () => {
    const answer = await fetch(`${apiUrl}/rest/v1/contracts?limit=1`, { headers });
    await answer.body?.cancel();
    return answer.status === 200;
  }, { what: "the Data API" });
}

/** A copy of the data folder, made and restored while Postgres is stopped. */
async function backUp(stack: Stack) {
  const { postgres } = stack;
  if (!postgres) throw new Error("the stack has no Postgres of its own");
  const folder = await folderOf(stack);
  const copy = `${folder}.backup`;
  // Commits are not flushed at once here: what is killed would forget the newest.
  const stop = async () => {
    await withSql(stack.dbAdminUrl, (sql) => sql`checkpoint`);
    await postgres.kill();
  };
  await stop();
  await run("cp", "-a", folder, copy);
  await postgres.restart();
  await answering(stack);
  return {
    async putBack() {
      await stop();
      await run("rm", "-rf", folder);
      await run("cp", "-a", copy, folder);
      await postgres.restart();
      await answering(stack);
    },
  };
}

async function folderOf({ dbAdminUrl }: Stack): Promise<string> {
  return await withSql(dbAdminUrl, async (sql) => {
    const [row] = await sql<{ data_directory: string }[]>`show data_directory`;
    return row?.data_directory ?? "";
  });
}

async function run(command: string, ...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(command, { args }).output();
  if (!success) throw new Error(`${command}: ${new TextDecoder().decode(stderr)}`);
}

import { assertEquals, assertRejects } from "@std/assert";
import type postgres from "postgres";
import { withDatabase } from "../support/database.ts";
import { insertBusiness, type Row } from "../support/fixtures.ts";
import { fold } from "../support/fold.ts";
import { remember, unknown } from "./companies.ts";
import { holdTransaction, lockedSessions } from "./locks.ts";
import { claimOne, onlyChange, queueRows, rpc, settle } from "./steps.ts";

// The life of a question about a company's Account.

const candidate = (id: string) => ({ id, name: `Account ${id}`, agrees: ["name"], differs: ["legal_form"] });

function questionAbout(ids: string[], waiting: Row[] = [], key = "company:karoo traders cc") {
  return {
    kind: "account",
    account_key: key,
    ours: "Karoo Traders CC",
    theirs: ids.map(candidate),
    reason: "legal_form_differs",
    answers: ["link", "make_new"],
    waiting: waiting.map(({ id }) => ({ entity_type: "contract", entity_id: id })),
  };
}

function ask(sql: postgres.Sql, ...asked: Parameters<typeof questionAbout>): Promise<string[]> {
  const questions = JSON.stringify([questionAbout(...asked)]);
  return rpc(sql, (tx) => tx`select public.zoho_ask_about_accounts(${questions}::text::jsonb) as answer`);
}

/** To the company's newest question: an Account, or null for a new one. */
async function reply(sql: postgres.Sql, zohoId: string | null, key = "company:karoo traders cc") {
  const { answered, closed, woken } = await rpc<Record<string, number>>(
    sql,
    (tx) =>
      tx`select public.zoho_answer_questions(
        array(select id from zoho_questions where account_key = ${key} order by asked_at desc limit 1),
        ${zohoId === null ? "make_new" : "link"}, 'secret key', ${zohoId}) as answer`,
  );
  return { answered, closed, woken };
}

/** The newest question, and how many are open. */
async function question(sql: postgres.Sql): Promise<Record<string, unknown>> {
  const [row] = await sql`
    select answer, chosen_id, answered_by, closed_because, closed_at is null as is_open, reason,
      (select count(*)::integer from zoho_questions where closed_at is null) as open,
      zoho_sync.declined_accounts(account_key) as declined,
      jsonb_path_query_array(theirs, '$[*].id') as ids
    from zoho_questions order by asked_at desc limit 1`;
  return { ...row };
}

function open(sql: postgres.Sql): Promise<{ items: { accountKey: string; waiting: number }[] }> {
  return rpc(sql, (tx) => tx`select public.zoho_open_questions() as answer`);
}

/** A contract that waits as a dead letter, as the drain leaves it. */
async function deadLetter(sql: postgres.Sql): Promise<Row> {
  const { contract } = await insertBusiness(sql);
  const worker = crypto.randomUUID();
  const change = await claimOne(sql, worker);
  const { entity_type, entity_id, version } = change;
  await settle(sql, {
    worker,
    results: [{
      entity_type,
      entity_id,
      version,
      outcome: "dead",
      error: { code: "ACCOUNT_UNCERTAIN", field: "Account_Name", message: "x" },
    }],
  });
  return contract;
}

Deno.test("an Account question asked twice is stored once, and its contract waits once", () =>
  withDatabase("plain", async (sql) => {
    const contract = await deadLetter(sql);
    assertEquals(await ask(sql, ["1"], [contract]), []);
    assertEquals(await ask(sql, ["1"], [contract]), []);
    assertEquals((await sql`select * from zoho_questions`).length, 1);
    assertEquals((await question(sql)).ids, ["1"]);
    assertEquals((await sql`select * from zoho_sync.account_waits`).length, 1);
    const { items: [shown] } = await open(sql);
    assertEquals([shown?.accountKey, shown?.waiting], ["company:karoo traders cc", 1]);
    assertEquals(
      (await unknown(sql, { "company:karoo traders cc": "karoo traders" })).companies[0]?.asked,
      true,
    );
  }));

Deno.test("a question with no waiting change says so", () =>
  withDatabase("plain", async (sql) => {
    await ask(sql, ["1"], [{ id: crypto.randomUUID() }], "company:renamed since");
    await ask(sql, ["1"], [await deadLetter(sql)]);
    const { items } = await open(sql);
    assertEquals(items.map(({ accountKey, waiting }) => [accountKey, waiting]), [
      ["company:renamed since", 0],
      ["company:karoo traders cc", 1],
    ]);
  }));

Deno.test("an answer links the company, and the waiting change is due at once, no later than ordinary changes", () =>
  withDatabase("plain", async (sql) => {
    const contract = await deadLetter(sql);
    await fold(sql);
    await sql`update zoho_sync_queue set lane = 2 where entity_id = ${contract.id}`;
    await ask(sql, ["1", "2"], [contract]);
    assertEquals(await reply(sql, "2"), { answered: 1, closed: 0, woken: 1 });
    assertEquals(
      (await sql`select account_key, zoho_id, matched_by from zoho_accounts`).map((row) =>
        Object.values(row)
      ),
      [["company:karoo traders cc", "2", "chosen"]],
    );
    const row = await onlyChange(sql);
    assertEquals([row.status, row.lane, row.failed_rounds, row.cause], [
      "pending",
      1,
      0,
      "question answered",
    ]);
    const { is_open, answer, chosen_id, answered_by } = await question(sql);
    assertEquals([is_open, answer, chosen_id, answered_by], [false, "link", "2", "secret key"]);
    assertEquals(await reply(sql, "1"), { answered: 0, closed: 1, woken: 0 });
    assertEquals((await sql`select * from zoho_sync.account_waits`).length, 0);
  }));

Deno.test("of several Accounts that a question shows none is linked unless it is named", () =>
  withDatabase("plain", async (sql) => {
    await ask(sql, ["1", "2"]);
    const link = () =>
      sql`select public.zoho_answer_questions(array(select id from zoho_questions), 'link', 'secret key')`;
    await assertRejects(link, Error, "shows several records");
    assertEquals([...await sql`select zoho_id from zoho_accounts`], []);
    assertEquals((await question(sql)).is_open, true);
  }));

Deno.test("a change in flight when its answer arrives is processed again", () =>
  withDatabase("plain", async (sql) => {
    const { contract } = await insertBusiness(sql);
    const worker = crypto.randomUUID();
    const { entity_type, entity_id, version } = await claimOne(sql, worker);
    await ask(sql, ["1"], [contract]);
    assertEquals(await reply(sql, "1"), { answered: 1, closed: 0, woken: 1 });
    const error = { code: "ACCOUNT_UNCERTAIN", message: "x" };
    await settle(sql, { worker, results: [{ entity_type, entity_id, version, outcome: "dead", error }] });
    assertEquals((await queueRows(sql)).map(({ status }) => status), ["pending"]);
  }));

Deno.test("a question that arrives after its answer is not stored: its company is tried again", () =>
  withDatabase("plain", async (sql) => {
    await ask(sql, ["1"]);
    await reply(sql, null);
    assertEquals(await ask(sql, ["1"]), ["company:karoo traders cc"]);
    assertEquals((await question(sql)).is_open, false);
    await remember(sql, "company:naledi", "7");
    assertEquals(await ask(sql, ["1"], [], "company:naledi"), ["company:naledi"]);
  }));

Deno.test("'none of them' is remembered, and only other Accounts open the question again", () =>
  withDatabase("plain", async (sql) => {
    await ask(sql, ["1", "2"]);
    await reply(sql, null);
    assertEquals((await question(sql)).declined, ["1", "2"]);
    const [company] = (await unknown(sql, { "company:karoo traders cc": "karoo traders" })).companies;
    assertEquals([company?.declined, company?.asked], [["1", "2"], false]);
    assertEquals(await ask(sql, ["3"]), []);
    const renewed = await question(sql);
    assertEquals([renewed.is_open, renewed.ids, renewed.declined], [true, ["3"], ["1", "2"]]);
    await reply(sql, null);
    assertEquals((await question(sql)).declined, ["1", "2", "3"]);
  }));

Deno.test("other candidates renew an open question", () =>
  withDatabase("plain", async (sql) => {
    await ask(sql, ["1"]);
    await ask(sql, ["1", "2"]);
    const { ids, open } = await question(sql);
    assertEquals([ids, open], [["1", "2"], 1]);
  }));

Deno.test("an answer to a question that was renewed since is not taken: it was to other candidates", () =>
  withDatabase("plain", async (sql) => {
    await ask(sql, ["1"]);
    const [shown] = await sql`select id from zoho_questions`;
    await ask(sql, ["1", "2"]);
    const answer = await rpc<Record<string, unknown>>(
      sql,
      (tx) => tx`select zoho_answer_questions(array[${shown?.id}::uuid], 'make_new', 'secret key') as answer`,
    );
    assertEquals([answer.answered, answer.closed], [0, 1]);
    assertEquals((await question(sql)).declined, []);
  }));

Deno.test("a contract that waits for its company's Account shows the open question", () =>
  withDatabase("plain", async (sql) => {
    const { id } = await deadLetter(sql);
    await ask(sql, ["1"], [{ id }]);
    const shown = await rpc<{ items: { accountKey: string }[] }>(
      sql,
      (tx) => tx`select zoho_open_questions('contract', ${id}::uuid) as answer`,
    );
    assertEquals(shown.items.map(({ accountKey }) => accountKey), ["company:karoo traders cc"]);
  }));

Deno.test("a question raised while its answer is being committed waits for it and is not stored", () =>
  withDatabase("plain", async (sql) => {
    await ask(sql, ["1"]);
    const release = await holdTransaction(
      sql,
      (tx) =>
        tx`select zoho_answer_questions(array(select id from zoho_questions), 'make_new', 'secret key')`,
    );
    const asked = ask(sql, ["1"]);
    await lockedSessions(sql, 1);
    await release();
    assertEquals(await asked, ["company:karoo traders cc"]);
    assertEquals((await question(sql)).open, 0);
  }));

Deno.test("an answer wakes a contract that begins to wait while it is given", () =>
  withDatabase("plain", async (sql) => {
    const { id } = await deadLetter(sql);
    await ask(sql, ["1"]);
    const release = await holdTransaction(sql, async (tx) => {
      await tx`select public.zoho_ask_about_accounts(${
        JSON.stringify([questionAbout(["1"], [{ id }])])
      }::text::jsonb)`;
    });
    const answered = reply(sql, "1");
    await lockedSessions(sql, 1);
    await release();
    assertEquals(await answered, { answered: 1, closed: 0, woken: 1 });
    assertEquals((await onlyChange(sql)).status, "pending");
  }));

Deno.test("a bulk answer gives many companies a new Account each", () =>
  withDatabase("plain", async (sql) => {
    for (const name of ["a", "b", "c"]) await ask(sql, ["1"], [], `company:${name}`);
    const answer = await rpc<Record<string, unknown>>(
      sql,
      (tx) =>
        tx`select zoho_answer_questions(array(select id from zoho_questions), 'make_new', 'x') as answer`,
    );
    assertEquals([answer.answered, answer.closed], [3, 0]);
    assertEquals((await question(sql)).open, 0);
  }));

Deno.test("a company whose chosen Account was unlinked gets a new question", () =>
  withDatabase("plain", async (sql) => {
    await ask(sql, ["1"]);
    await reply(sql, "1");
    await sql`delete from zoho_accounts where true`;
    assertEquals(await ask(sql, ["1"]), []);
    assertEquals((await question(sql)).is_open, true);
  }));

Deno.test("a question that has resolved itself is closed, and its waiting changes come again", () =>
  withDatabase("plain", async (sql) => {
    const contract = await deadLetter(sql);
    await ask(sql, ["1"], [contract]);
    await rpc(
      sql,
      (tx) => tx`select public.zoho_ask_about_accounts('[]', '{company:karoo traders cc}') as answer`,
    );
    const { is_open, closed_because } = await question(sql);
    assertEquals([is_open, closed_because], [false, "over"]);
    assertEquals((await onlyChange(sql)).status, "pending");
  }));

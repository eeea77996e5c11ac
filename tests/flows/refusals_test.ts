import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import type { Stack } from "../../local/stack.ts";
import type { FaultInput } from "../../local/zoho/mod.ts";
import { insertQuote, type Row } from "../support/fixtures.ts";
import { until } from "../support/until.ts";
import { dealsOf, sell, settledDeal } from "../support/sale.ts";
import { mappingOf, openQuestionsOf } from "../support/linked.ts";
import { startQuietStack } from "../support/stack.ts";
import { dumpOf, idOf } from "../support/rows.ts";
import { bookmark, silence, writesOf, zohoCallsSince } from "../support/zoho_calls.ts";
import {
  dealAttempts,
  heldBy,
  letPausePass,
  queueRow,
  settled,
  sweep,
  syncState,
  untilPausedBy,
} from "../support/queue.ts";
import { fold } from "../support/fold.ts";

// What Zoho and the network may do to a call, and that nothing is lost or doubled by it.

let stack: Stack;
const printed: string[] = [];
Deno.test.beforeAll(async () => {
  stack = await startQuietStack({
    functions: ["zoho-sync"],
    // A call that hangs is waited for no longer than the settings allow.
    functionEnv: { ZOHO_TIMEOUT_MS: "1000" },
    onLog: (_name, line) => printed.push(line),
  });
});
Deno.test.afterAll(() => stack.stop());
Deno.test.afterEach(async () => {
  await stack.zoho.clearFaults();
  await stack.sql`select public.zoho_resume()`;
});

const dealMaking = { method: "POST", path: "/Deals" };
const dealUpdates = { method: "PUT", path: "/Deals" };

function refusal(code: string, details: Record<string, string> = {}) {
  return { code, details, message: `refused as ${code}`, status: "error" };
}

/** A stage is written when the Deal has rested for a second. */
async function activate({ id }: Row): Promise<void> {
  await stack.zoho.advanceClock(3_000);
  await stack.sql`update public.contracts set status = 'active' where id = ${id}`;
}

Deno.test("a Deal whose create has a lost answer is found, not made twice", async () => {
  await stack.zoho.addFaults({ match: dealMaking, kind: "drop_reply", times: 1 });
  const mark = await bookmark(stack);
  const { contract } = await sell(stack);
  const deal = await settledDeal(stack, contract);
  const { changes } = await stack.zoho.changes({ since: mark.changes, module: "Deals" });
  assertEquals(changes.map(({ operation, id }) => [operation, id]), [["insert", deal.id]]);
  // The second try's refusal names the record with the number, and the Deal that is read carries our own revision.
  assertEquals(
    (await dealAttempts(stack, contract)).map(({ status, attempt_number, response_payload }) => [
      attempt_number,
      status,
      response_payload?.code,
    ]),
    [
      [1, "retrying", undefined],
      [2, "failed", "DUPLICATE_DATA"],
    ],
  );
});

Deno.test("an Account and a Contact whose create has a lost answer are not made twice, either", async () => {
  await stack.zoho.addFaults(
    { match: { path: "Accounts/upsert" }, kind: "drop_reply", times: 1 },
    { match: { method: "POST", path: "/Contacts" }, kind: "drop_reply", times: 1 },
  );
  const { contract, customer } = await sell(stack, { quote: { company_name: "Once Only Ltd" } });
  await settled(stack, contract);
  const accounts = await stack.zoho.records("Accounts");
  assertEquals(accounts.filter(({ Account_Name }) => Account_Name === "Once Only Ltd").length, 1);
  const contacts = await stack.zoho.records("Contacts");
  assertEquals(contacts.filter(({ Email }) => Email === customer?.email).length, 1);
});

Deno.test("two bad records among a hundred delay none of the other ninety-eight", async (t) => {
  const { sql, zoho } = stack;
  const mark = await bookmark(stack);
  await zoho.addFaults(
    recordFault("CT-2026-R13", "RECORD_LOCKED"),
    recordFault("CT-2026-R77", "INVALID_DATA", { api_name: "Amount", expected_data_type: "double" }),
  );
  const quote = await insertQuote(sql);
  const contracts = await sql<(Row & { contract_number: string })[]>`
    insert into public.contracts (contract_number, quote_id, contract_type, contract_term_months, start_date,
      total_contract_value)
    select 'CT-2026-R' || i, ${quote.id}, 'fibre', 24, '2026-12-01', i from generate_series(1, 100) i
    returning *
  `;
  const numbered = (number: string) => {
    const found = contracts.find(({ contract_number }) => contract_number === number);
    if (!found) throw new Error(`${number} was not made`);
    return found;
  };
  const [locked, invalid] = [numbered("CT-2026-R13"), numbered("CT-2026-R77")];
  const good = contracts.filter((contract) => contract !== locked && contract !== invalid);
  await settled(stack, good);

  await t.step("both were in one call, and the other Deals are right", async () => {
    const deals = new Map((await zoho.records("Deals")).map((deal) => [deal.Contract_Number, deal]));
    for (const { contract_number: number } of good) {
      assertEquals(deals.get(number)?.Amount, Number(number.replace("CT-2026-R", "")));
    }
    assertEquals((await zoho.calls(mark.calls)).filter(({ records }) => records === 100).length, 1);
  });

  await t.step("the temporary refusal is retried within two minutes, with its code", async () => {
    const row = await queueRow(stack, locked);
    assertEquals([row?.status, row?.failed_rounds, row?.error_code], ["pending", 1, "RECORD_LOCKED"]);
    assertMatch(String(row?.error_message), /docs\/errors\/RECORD_LOCKED\.md/);
    const [{ seconds } = { seconds: 0 }] = await sql<{ seconds: number }[]>`
      select extract(epoch from next_attempt_at - now())::float8 as seconds
      from public.zoho_sync_queue where entity_id = ${locked.id}
    `;
    assert(seconds > 40 && seconds <= 120, `${seconds} s`);
    const [attempt] = await dealAttempts(stack, locked);
    assertEquals([attempt?.status, attempt?.response_payload?.code], ["failed", "RECORD_LOCKED"]);
  });

  await t.step("the permanent refusal waits for a person, with code, field and advice", async () => {
    const row = await queueRow(stack, invalid);
    assertEquals([row?.status, row?.error_code, row?.error_field], ["dead", "INVALID_DATA", "Amount"]);
    assertMatch(String(row?.error_message), /Amount.*docs\/errors\/INVALID_DATA\.md/);
    const [attempt] = await dealAttempts(stack, invalid);
    assertEquals(attempt?.status, "failed");
    assertMatch(attempt?.error_message ?? "", /^INVALID_DATA.*Amount/);
  });

  await t.step("the first is right after its wait, the second after the next edit", async () => {
    await zoho.clearFaults();
    await sweep(stack);
    assertEquals((await queueRow(stack, locked))?.status, "pending");
    await fold(sql);
    await sql`update public.zoho_sync_queue set next_attempt_at = now() where entity_id = ${locked.id}`;
    await sweep(stack);
    assertEquals((await settledDeal(stack, locked)).Amount, 13);
    assertEquals((await queueRow(stack, invalid))?.status, "dead");
    await sql`update public.contracts set total_contract_value = 770 where id = ${invalid.id}`;
    assertEquals((await settledDeal(stack, invalid)).Amount, 770);
  });
});

Deno.test("a record that stays locked waits longer each time", async () => {
  const { sql, zoho } = stack;
  const { contract } = await sell(stack);
  const { id } = await settledDeal(stack, contract);
  await zoho.edit("Deals", id, { Locked__s: true });
  await activate(contract);
  const waits: number[] = [];
  for (let round = 1; round <= 3; round++) {
    await until(async () => (await queueRow(stack, contract))?.failed_rounds === round, {
      what: `round ${round}`,
    });
    await fold(sql);
    const [row] = await sql<{ seconds: number }[]>`
      select extract(epoch from next_attempt_at - now())::float8 as seconds
      from public.zoho_sync_queue where entity_id = ${contract.id}
    `;
    waits.push(row?.seconds ?? 0);
    await fold(sql);
    await sql`update public.zoho_sync_queue set next_attempt_at = now() where entity_id = ${contract.id}`;
    if (round === 3) await zoho.edit("Deals", id, { Locked__s: false });
    await sweep(stack);
  }
  const [first = 0, second = 0, third = 0] = waits;
  assert(first < second && second < third, waits.join(", "));
  assertEquals((await settledDeal(stack, contract)).Stage, "Closed Won");
});

const wholeCallFaults: {
  title: string;
  fault: FaultInput;
  pause: string;
  attempts: [number, string][];
}[] = [
  {
    title: "429",
    fault: { match: dealUpdates, kind: "status", status: 429, body: refusal("TOO_MANY_REQUESTS") },
    pause: "TOO_MANY_REQUESTS",
    attempts: [[1, "failed"]],
  },
  {
    title: "429 with a page instead of JSON",
    fault: { match: dealUpdates, kind: "status", status: 429, body: "<html>slow down</html>" },
    pause: "HTTP_429",
    attempts: [[1, "failed"]],
  },
  {
    title: "500 again and again",
    fault: { match: dealUpdates, kind: "status", status: 500 },
    pause: "INTERNAL_ERROR",
    attempts: [[1, "retrying"], [2, "retrying"], [3, "failed"]],
  },
  {
    title: "no answer within the time",
    fault: { match: dealUpdates, kind: "hang" },
    pause: "TIMEOUT",
    attempts: [[1, "retrying"], [2, "retrying"], [3, "failed"]],
  },
  {
    title: "a connection that is reset",
    fault: { match: dealUpdates, kind: "connection_reset" },
    pause: "NETWORK",
    attempts: [[1, "retrying"], [2, "retrying"], [3, "failed"]],
  },
  {
    title: "an answer that ends in the middle",
    fault: { match: dealUpdates, kind: "half_body" },
    pause: "NETWORK",
    attempts: [[1, "retrying"], [2, "retrying"], [3, "failed"]],
  },
];

for (const { title, fault, pause, attempts } of wholeCallFaults) {
  Deno.test(`${title}: the sync pauses, no record is blamed, and it goes on by itself`, async () => {
    const { contract } = await sell(stack);
    const { id } = await settledDeal(stack, contract);
    await stack.zoho.addFaults(fault, silence);
    await stack.sql`update public.contracts set total_contract_value = 4711 where id = ${contract.id}`;
    const state = await untilPausedBy(stack, pause);
    assertMatch(String(state.pause_message), new RegExp(`^${pause}: .+\\. .+`));
    const row = await queueRow(stack, contract);
    assertEquals([row?.status, row?.failed_rounds], ["pending", 0]);
    const tried = (await dealAttempts(stack, contract)).slice(1);
    assertEquals(tried.map(({ attempt_number, status }) => [attempt_number, status]), attempts);
    for (const { error_message } of tried) assertMatch(error_message ?? "", new RegExp(`^${pause}`));

    // During the pause no call is made, whatever rings.
    const mark = await bookmark(stack);
    await sweep(stack);
    assertEquals((await stack.invoke("zoho-sync", {})).status, 202);
    const late = await sell(stack);
    assertEquals(await zohoCallsSince(stack, mark), []);

    await stack.zoho.clearFaults();
    await letPausePass(stack);
    await sweep(stack);
    const deal = await settledDeal(stack, contract);
    assertEquals([deal.id, deal.Amount], [id, 4711]);
    await settledDeal(stack, late.contract);
    assertEquals((await dealsOf(stack, contract)).length, 1);
    const after = await syncState(stack);
    assertEquals([after.paused_until, after.pause_count], [null, 0]);
  });
}

Deno.test("a pause right after a pause is longer", async () => {
  await stack.zoho.addFaults({
    match: { path: "/crm/" },
    kind: "status",
    status: 429,
    body: refusal("TOO_MANY_REQUESTS"),
  });
  const { contract } = await sell(stack);
  const pauses: number[] = [];
  for (let count = 1; count <= 3; count++) {
    const state = await until(async () => {
      const now = await syncState(stack);
      return now.pause_count === count && now.drain_owner === null && now;
    }, { what: `pause ${count}` });
    pauses.push(Math.round(Number(state.pause_seconds)));
    if (count === 3) await stack.zoho.clearFaults();
    await letPausePass(stack);
    await sweep(stack);
  }
  const [first = 0, second = 0, third = 0] = pauses;
  assert(first > 20 && first <= 30 && second > first && third > second && third <= 900, pauses.join(", "));
  await settledDeal(stack, contract);
});

Deno.test("a missing scope holds its module with the advice to make a new refresh token", async () => {
  const { contract } = await sell(stack);
  await settled(stack, contract);
  const { scopes } = (await stack.zoho.state()).settings;
  await stack.zoho.changeSettings({ scopes: "ZohoCRM.modules.contacts.ALL ZohoCRM.coql.READ" });
  await activate(contract);
  const { message } = await heldBy(stack, "Deals", "OAUTH_SCOPE_MISMATCH");
  assertMatch(String(message), /Deals.*contracts wait.*refresh token.*scope/);
  assertEquals([(await queueRow(stack, contract))?.failed_rounds, (await syncState(stack)).pause_code], [
    0,
    null,
  ]);
  await stack.zoho.changeSettings({ scopes });
  await letPausePass(stack);
  await sweep(stack);
  assertEquals((await settledDeal(stack, contract)).Stage, "Closed Won");
});

Deno.test("a single 500 is retried within the drain: one attempt retrying, one successful, no pause", async () => {
  const { contract } = await sell(stack);
  const { id } = await settledDeal(stack, contract);
  await stack.zoho.addFaults({ match: dealUpdates, kind: "status", status: 500, times: 1 });
  const mark = await bookmark(stack);
  await activate(contract);
  assertEquals((await settledDeal(stack, contract)).Stage, "Closed Won");
  assertEquals((await writesOf(stack, id, mark)).length, 1);
  const [, ...tried] = await dealAttempts(stack, contract);
  assertEquals(tried.map(({ attempt_number, status }) => [attempt_number, status]), [[1, "retrying"], [
    2,
    "success",
  ]]);
  assertEquals((await syncState(stack)).pause_code, null);
});

Deno.test("a fault of one call of several releases only the changes of that call", async () => {
  const { sql, zoho } = stack;
  await zoho.addFaults({
    match: dealMaking,
    kind: "status",
    status: 429,
    body: refusal("TOO_MANY_REQUESTS"),
    times: 1,
  });
  const quote = await insertQuote(sql);
  const contracts = await sql<Row[]>`
    insert into public.contracts (contract_number, quote_id, contract_type, contract_term_months, start_date)
    select 'CT-2026-P' || i, ${quote.id}, 'fibre', 24, '2026-12-01' from generate_series(1, 150) i
    returning *
  `;
  await untilPausedBy(stack, "TOO_MANY_REQUESTS");
  await fold(sql);
  const [left] = await sql`
    select count(*)::int as rows, max(failed_rounds) as failed_rounds from public.zoho_sync_queue
    where entity_id = any (${contracts.map(({ id }) => id)})
  `;
  assert(left?.rows === 100 || left?.rows === 50, `${left?.rows} are left`);
  assertEquals(left?.failed_rounds, 0);
  await letPausePass(stack);
  await sweep(stack);
  await settled(stack, contracts);
  const numbers = (await zoho.records("Deals")).map(({ Contract_Number }) => String(Contract_Number));
  assertEquals(numbers.filter((number) => number.startsWith("CT-2026-P")).length, 150);
});

Deno.test("a Deal deleted in Zoho is not made again; a person decides", async () => {
  const { contract } = await sell(stack);
  const { id } = await settledDeal(stack, contract);
  await stack.zoho.delete("Deals", id);
  await activate(contract);
  await settled(stack, contract);
  assertEquals((await mappingOf(stack, contract)).state, "deleted_in_zoho");
  assertEquals((await openQuestionsOf(stack, contract)).map(({ kind }) => kind), ["record_gone"]);
  assertEquals(await dealsOf(stack, contract), []);

  await stack.sql`select public.zoho_answer_questions(
    array(select q.id from public.zoho_questions q where q.entity_id = ${contract.id}), 'make_again', 'a test')`;
  await sweep(stack);
  assertNotEquals((await settledDeal(stack, contract)).id, id);
  assertEquals((await mappingOf(stack, contract)).state, "linked");
});

Deno.test("an Account that was merged or deleted in Zoho is forgotten, and the next round makes another", async () => {
  const quote = { company_name: "Vanished Ventures" };
  const first = await sell(stack, { quote });
  const accountId = idOf((await settledDeal(stack, first.contract)).Account_Name) ?? "";
  await fold(stack.sql);
  await stack.zoho.delete("Accounts", accountId);
  const { contract } = await sell(stack, { quote });
  const row = await until(async () => {
    await fold(stack.sql);
    const [queued] = await stack.sql`
      select status, error_code, error_field from public.zoho_sync_queue
      where entity_id = ${contract.id} and error_code is not null`;
    return queued;
  }, { what: "the refused link" });
  assertEquals([row.status, row.error_code, row.error_field], ["pending", "LINK_FAILED", "Account_Name"]);
  await fold(stack.sql);
  await stack.sql`update public.zoho_sync_queue set next_attempt_at = now() where entity_id = ${contract.id}`;
  await sweep(stack);
  const linked = idOf((await settledDeal(stack, contract)).Account_Name);
  assert(linked !== null && linked !== accountId);
});

Deno.test("log rows, the queue and log lines contain no personal data", async () => {
  const { zoho } = stack;
  const personal = {
    first_name: "Unathi",
    last_name: "Mhlongo-Visser",
    email: "unathi.mhlongo@private.example",
    phone: "+27 84 777 1234",
    id_number: "9202204720083",
  };
  const documents = { id_number: "9202204720082", address: "17 Kloof Nek Road" };
  const values = {
    customer: { ...personal, business_name: null },
    // The Account is the person.
    quote: { company_name: "", contact_name: "Unathi Mhlongo-Visser", contact_phone: "+27 84 777 1235" },
    kyc: { extracted_data: documents, raw_webhook_payload: documents },
    rica: { submitted_data: documents },
  };
  // Successful, refused, and never answered.
  const { contract, customer } = await sell(stack, values);
  await settled(stack, contract);
  await zoho.addFaults({
    match: { module: "Contacts" },
    kind: "record_error",
    code: "INVALID_DATA",
    message: `invalid e-mail ${personal.email}`,
    details: { api_name: "Email" },
    times: 1,
  });
  const email = `second.${personal.email}`;
  await stack.sql`update public.customers set email = ${email} where id = ${customer?.id ?? null}`;
  await deadLetter(contract);
  await zoho.clearFaults();
  await zoho.addFaults({ match: { module: "Contacts" }, kind: "status", status: 500, times: 1 });
  await stack.sql`update public.customers set first_name = 'Unathi-Rose' where id = ${customer?.id ?? null}`;
  await settled(stack, contract);

  const texts = {
    tables: await dumpOf(stack, [
      "zoho_sync_logs",
      "zoho_sync_queue",
      "zoho_sync_state",
      "zoho_accounts",
      "zoho_notices",
      "zoho_credit_ledger",
    ]),
    lines: printed.join("\n"),
  };
  assert(texts.tables.includes(contract.id));
  assert(texts.lines.length > 0);
  const secrets = [
    "Unathi",
    "Mhlongo",
    "Visser",
    "private.example",
    "777 123",
    "92022047200",
    "Kloof Nek",
    "1000.",
  ];
  for (const [place, text] of Object.entries(texts)) {
    const found = text.split("\n").filter((line) => secrets.some((secret) => line.includes(secret)));
    assertEquals(found, [], place);
  }
});

async function deadLetter(contract: Row): Promise<Record<string, unknown>> {
  return await until(async () => {
    const row = await queueRow(stack, contract);
    return row?.status === "dead" && row;
  }, { what: "a dead letter" });
}

function recordFault(number: string, code: string, details: Record<string, string> = {}): FaultInput {
  return {
    match: { module: "Deals", field: "Contract_Number", value: number },
    kind: "record_error",
    code,
    details,
  };
}

import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Stack } from "../../local/stack.ts";
import type {
  ActionsAnswer,
  ContractAnswer,
  EventsAnswer,
  ForceSyncAnswer,
  QuestionItem,
  QuestionKind,
  QuestionsAnswer,
  QuestionsAnswered,
  RevisionsAdopted,
  StatusAnswer,
} from "../../supabase/functions/_shared/admin/answers.ts";
import { adminCall, asked, refused } from "../support/admin_calls.ts";
import { type InStep, inStep, mappingOf, statusOf } from "../support/linked.ts";
import { settled } from "../support/queue.ts";
import { dealOf, sell } from "../support/sale.ts";
import { startQuietStack } from "../support/stack.ts";
import { until } from "../support/until.ts";
import { at, edited, tell, webhookEnv } from "../support/webhook.ts";
import { signUp } from "./inward_people.ts";

// What only a person can decide: listed, answered one by one or many at once, and written down.

let stack: Stack;
Deno.test.beforeAll(async () => {
  stack = await startQuietStack({
    functions: ["zoho-sync", "zoho-admin", "zoho-webhook"],
    functionEnv: webhookEnv,
  });
});
Deno.test.afterAll(() => stack.stop());

const open = () => asked<QuestionsAnswer>(stack, "GET /questions?limit=200");

async function openOf({ contract }: InStep): Promise<QuestionItem[]> {
  const query = new URLSearchParams({ entityType: "contract", id: contract.id });
  return (await asked<QuestionsAnswer>(stack, `GET /questions?${query}`)).items;
}

async function onlyQuestion(sold: InStep, kind: QuestionKind): Promise<QuestionItem> {
  const [question, ...others] = await openOf(sold);
  if (!question) throw new Error(`no question about ${sold.contract.contract_number}`);
  assertEquals([question.kind, others.length], [kind, 0]);
  return question;
}

const answered = (ids: string[], choice: string) =>
  asked<QuestionsAnswered>(stack, "POST /questions/answer", { ids, choice });

async function force({ contract: { id } }: InStep): Promise<ForceSyncAnswer["result"]> {
  return (await asked<ForceSyncAnswer>(stack, "POST /force-sync", { entityType: "contract", id })).result;
}

async function closed(sold: InStep): Promise<void> {
  await until(async () => (await openOf(sold)).length === 0, { what: "the question closed" });
}

/** An active contract whose Deal a seller moved back, which would un-sign it. */
async function unsigned(): Promise<{ sold: InStep; question: QuestionItem }> {
  const sold = await inStep(stack, { contract: { status: "active" } });
  await stack.zoho.edit("Deals", sold.dealId, { Stage: "Proposal/Price Quote" });
  await tell(stack, edited(sold.dealId, { Stage: "Proposal/Price Quote", Modified_Time: at(1e7) }));
  return { sold, question: await onlyQuestion(sold, "unsigned") };
}

/** Both sides moved: the seller lost the Deal while the contract became active. */
async function conflict(): Promise<{ sold: InStep; question: QuestionItem }> {
  const sold = await inStep(stack);
  await stack.zoho.edit("Deals", sold.dealId, { Stage: "Closed Lost" });
  await stack.zoho.advanceClock(3_000);
  await stack.sql`update public.contracts set status = 'active' where id = ${sold.contract.id}`;
  await settled(stack, sold.contract);
  return { sold, question: await onlyQuestion(sold, "conflict") };
}

/** A Deal of another company that carries the number. */
function foreignDeal(number: string, accountId: string): Promise<string> {
  return stack.zoho.create("Deals", {
    Deal_Name: "By hand",
    Stage: "Qualification",
    Contract_Number: number,
    Account_Name: { id: accountId },
  });
}

async function gone(): Promise<{ sold: InStep; question: QuestionItem }> {
  const sold = await inStep(stack);
  await stack.zoho.delete("Deals", sold.dealId);
  await tell(stack, edited(sold.dealId, {}, "delete"));
  return { sold, question: await onlyQuestion(sold, "record_gone") };
}

Deno.test("a question shows both values, who and when, and its answers", async () => {
  const { sold, question } = await unsigned();
  assertEquals(question.number, sold.contract.contract_number);
  assertEquals([question.field, question.ours, question.theirs, question.asks], [
    "Stage",
    "active",
    "Proposal/Price Quote",
    "draft",
  ]);
  assertEquals(question.answers, ["zoho", "circletel"]);
  assert(question.changedBy);
  assert(Date.parse(question.changedAt ?? "") > 0);
  assertEquals([question.answer, question.answeredBy], [null, null]);

  const contract = await asked<ContractAnswer>(stack, `GET /contract?id=${sold.contract.id}`);
  assertEquals(contract.questions, [question]);
  const { items: [event] } = await asked<EventsAnswer>(stack, "GET /events?status=question&limit=1");
  assertEquals([event?.recordId, event?.entityType, event?.entityId, event?.number], [
    sold.dealId,
    "contract",
    sold.contract.id,
    String(sold.contract.contract_number),
  ]);
});

Deno.test("the status is not good while a question is open, and counts the unanswered ones", async () => {
  const before = (await asked<StatusAnswer>(stack, "GET /status")).questions.open;
  await unsigned();
  const { questions, health } = await asked<StatusAnswer>(stack, "GET /status");
  assertEquals(questions.open, before + 1);
  assert(health.level !== "good");
  assert(health.reasons.some(({ code }) => code === "QUESTIONS"));
});

Deno.test("a sync by hand of a record with an open question returns the question", async () => {
  const { sold } = await unsigned();
  const { success, error, zohoEntityId } = await force(sold);
  assertEquals([success, zohoEntityId], [false, sold.dealId]);
  assertMatch(error ?? "", /^QUESTION: .*un-sign.* Problems\.$/);
});

Deno.test("taking Zoho's side un-signs the contract, and the act is audited with its entities", async () => {
  const { sold, question } = await unsigned();
  assertEquals(await answered([question.id], "zoho"), {
    success: true,
    answered: 1,
    closed: 0,
    unknown: 0,
    woken: 1,
    refused: [],
  });
  await closed(sold);
  await settled(stack, sold.contract);
  assertEquals(await statusOf(stack, sold.contract), "draft");
  const { items: [act] } = await asked<ActionsAnswer>(stack, "GET /actions?limit=1");
  assertEquals([act?.actor, act?.action], ["secret key", "answer questions"]);
  assertEquals(act?.details, {
    choice: "zoho",
    questions: [{ id: question.id, kind: "unsigned", field: "Stage" }],
    entities: [{ type: "contract", id: sold.contract.id }],
  });
  const { history } = await asked<ContractAnswer>(stack, `GET /contract?id=${sold.contract.id}`);
  assert(history.items.some(({ kind, summary }) => kind === "action" && summary === "answer questions"));
});

Deno.test("a bulk answer of one kind sends CircleTel's status to every Deal", async () => {
  const all = [await unsigned(), await unsigned(), await unsigned()];
  const ids = all.map(({ question }) => question.id);
  const unknown = crypto.randomUUID();
  assertEquals(await answered([...ids, unknown], "circletel"), {
    success: true,
    answered: 3,
    closed: 0,
    unknown: 1,
    woken: 3,
    refused: [],
  });
  for (const { sold } of all) {
    await closed(sold);
    await settled(stack, sold.contract);
    assertEquals((await dealOf(stack, sold.contract)).Stage, "Closed Won");
    assertEquals(await statusOf(stack, sold.contract), "active");
  }
});

Deno.test("a conflict stays open until a person has seen it; Zoho's side may still be taken", async () => {
  const [kept, taken] = [await conflict(), await conflict()];
  for (const { sold, question } of [kept, taken]) {
    assertEquals([question.ours, question.theirs, question.asks], ["active", "Closed Lost", "terminated"]);
    assertEquals((await dealOf(stack, sold.contract)).Stage, "Closed Won");
  }
  await answered([kept.question.id], "keep");
  await answered([taken.question.id], "zoho");
  await settled(stack, [kept.sold.contract, taken.sold.contract]);
  assertEquals(await statusOf(stack, kept.sold.contract), "active");
  assertEquals(await statusOf(stack, taken.sold.contract), "terminated");
  assertEquals((await dealOf(stack, taken.sold.contract)).Stage, "Closed Lost");
  assertEquals([...await openOf(kept.sold), ...await openOf(taken.sold)], []);
});

Deno.test("a conflict whose status the database refuses stays open, and the answer says why", async () => {
  const [refusedOne, taken] = [await conflict(), await conflict()];
  await stack.sql.unsafe(`
    create function public.refuse_status() returns trigger language plpgsql as $$ begin
      if new.id = '${refusedOne.sold.contract.id}' and new.status = 'terminated' then raise 'an order is still open'; end if;
      return new;
    end $$;
    create trigger refuse_status before update on public.contracts for each row execute function public.refuse_status()`);
  const { id } = refusedOne.question;
  try {
    const { answered: count, refused } = await answered([id, taken.question.id], "zoho");
    assertEquals([count, refused], [1, [{ id, code: "P0001", message: "an order is still open" }]]);
    const only = await answered([id], "zoho");
    assertEquals([only.answered, only.refused.length], [0, 1]);
  } finally {
    await stack.sql.unsafe("drop function public.refuse_status() cascade");
  }
  assertEquals((await openOf(refusedOne.sold)).map(({ answer }) => answer), [null]);
  await answered([id], "zoho");
  await settled(stack, [refusedOne.sold.contract, taken.sold.contract]);
  assertEquals(await statusOf(stack, refusedOne.sold.contract), "terminated");
});

Deno.test("a deleted Deal is made again, or the contract is unlinked", async () => {
  const [again, unlinked] = [await gone(), await gone()];
  assertEquals(again.question.answers, ["make_again", "unlink"]);
  await answered([again.question.id], "make_again");
  await answered([unlinked.question.id], "unlink");
  await closed(again.sold);
  await closed(unlinked.sold);
  await settled(stack, [again.sold.contract, unlinked.sold.contract]);
  const mapping = await mappingOf(stack, again.sold.contract);
  assertEquals(mapping.state, "linked");
  assert(mapping.zoho_id !== again.sold.dealId);
  assertEquals((await mappingOf(stack, unlinked.sold.contract)).state, "unlinked");
});

Deno.test("a restored Deal is not made again: the answer was to a deleted one", async () => {
  const { sold, question } = await gone();
  await stack.zoho.restore("Deals", sold.dealId);
  await answered([question.id], "make_again");
  await closed(sold);
  await settled(stack, sold.contract);
  assertEquals((await mappingOf(stack, sold.contract)).zoho_id, sold.dealId);
  assertEquals((await dealOf(stack, sold.contract)).id, sold.dealId);
});

Deno.test("a found Deal is linked only as it was shown: another one with the number, or another Account, raises a question", async () => {
  const number = "CT-2026-FOUND";
  const [one, two] = [
    await stack.zoho.create("Accounts", { Account_Name: "Found One" }),
    await stack.zoho.create("Accounts", { Account_Name: "Found Two" }),
  ];
  const first = await foreignDeal(number, one);
  const { contract } = await sell(stack, { contract: { contract_number: number } });
  const query = `GET /questions?entityType=contract&id=${contract.id}`;
  const shows = async (dealId: string, accountId: string) => {
    const { items } = await until(async () => {
      const list = await asked<QuestionsAnswer>(stack, query);
      const [item] = list.items;
      return JSON.stringify(item?.theirs ?? "").includes(`"${dealId}"`) && item?.answer === null &&
          JSON.stringify(item.theirs).includes(accountId)
        ? list
        : undefined;
    }, { what: `the question about ${dealId} of ${accountId}` });
    return items[0]?.id ?? "";
  };
  const shown = await shows(first, one);
  await stack.zoho.edit("Deals", first, { Contract_Number: null });
  const second = await foreignDeal(number, one);
  await answered([shown], "link");
  const other = await shows(second, one);
  await stack.zoho.edit("Deals", second, { Account_Name: { id: two } });
  await answered([other], "link");
  const last = await shows(second, two);
  for (const id of [first, second]) {
    assertEquals((await stack.zoho.record("Deals", id)).Deal_Name, "By hand", "nothing was written");
  }
  await answered([last], "link");
  await settled(stack, contract);
  assertEquals((await mappingOf(stack, contract)).zoho_id, second);
});

Deno.test("the list of questions is paged, and may be limited to one entity", async () => {
  await unsigned();
  await unsigned();
  const { items } = await open();
  const first = await asked<QuestionsAnswer>(stack, "GET /questions?limit=1");
  const second = await asked<QuestionsAnswer>(stack, `GET /questions?limit=1&after=${first.next}`);
  assertEquals([first.items[0]?.id, second.items[0]?.id], [items[0]?.id, items[1]?.id]);
});

Deno.test("an unknown question is 404, a closed one 409", async () => {
  const { sold, question } = await unsigned();
  const ids = [crypto.randomUUID()];
  const unknown = await refused(stack, "POST /questions/answer", { ids, choice: "zoho" });
  assertEquals([unknown.status, unknown.code, unknown.field], [404, "NOT_FOUND", "ids"]);

  await answered([question.id], "circletel");
  await closed(sold);
  const over = await refused(stack, "POST /questions/answer", { ids: [question.id], choice: "circletel" });
  assertEquals([over.status, over.code, over.field], [409, "ALREADY_CLOSED", "ids"]);
});

Deno.test("a choice that one of the questions does not offer is refused by name and answers none", async () => {
  const { question } = await unsigned();
  const { question: other } = await gone();
  const choice = await refused(stack, "POST /questions/answer", {
    ids: [question.id, other.id],
    choice: "zoho",
  });
  assertEquals([choice.status, choice.field], [400, "choice"]);
  assertMatch(choice.message, /zoho .*record_gone.*make_again, unlink/);
  const { items } = await open();
  assertEquals(items.find(({ id }) => id === question.id)?.answer, null);
});

const id = "5f0c7f0e-6b51-4c7e-9d39-2a8d5c1a9b01";
const malformed: [field: string, body: unknown][] = [
  ["choice", { ids: [id], choice: "whatever" }],
  ["choice", { ids: [id] }],
  ["ids", { ids: [], choice: "zoho" }],
  ["ids", { ids: Array(1001).fill(id), choice: "zoho" }],
  ["ids.0", { ids: ["1"], choice: "zoho" }],
];
for (const [field, body] of malformed) {
  Deno.test(`an answer of a wrong form is 400 and names ${field}: ${JSON.stringify(body).slice(0, 60)}`, async () => {
    const answer = await refused(stack, "POST /questions/answer", body);
    assertEquals([answer.status, answer.field], [400, field]);
  });
}

for (const query of ["entityType=contract", `id=${id}`, `entityType=deal&id=${id}`, "after=x", "limit=0"]) {
  Deno.test(`a list request with ${query.replace(id, "<id>")} is 400`, async () => {
    assertEquals((await refused(stack, `GET /questions?${query}`)).status, 400);
  });
}

Deno.test("an admin answers under their own id; other users may not", async () => {
  const { question } = await unsigned();
  const body = { ids: [question.id], choice: "circletel" };
  const stranger = await signUp(stack);
  for (const path of ["/questions/answer", "/revisions/adopt"]) {
    const { status } = await adminCall(stack, `POST ${path}`, body, stranger.headers);
    assertEquals(status, 403, path);
  }
  const admin = await signUp(stack, { is_active: true });
  assertEquals((await adminCall(stack, "POST /questions/answer", body, admin.headers)).status, 200);
  const [row] = await stack.sql`select answered_by from public.zoho_questions where id = ${question.id}`;
  assertEquals(row?.answered_by, admin.id);
});

Deno.test("writes of another deployment pause the sync until a person goes on; then its record is a question", async () => {
  const sold = await inStep(stack);
  const other = "8123450000000007";
  await stack.zoho.edit("Deals", sold.dealId, { CircleTel_Revision: other, Stage: "Closed Lost" });
  await stack.sql`update public.zoho_sync_state set revisions_checked_at = '-infinity'`;
  const { error } = await force(sold);
  assertMatch(error ?? "", /UNKNOWN_WRITES/);
  const { paused, health } = await asked<StatusAnswer>(stack, "GET /status");
  assertEquals([paused?.code, paused?.until], ["UNKNOWN_WRITES", null]);
  assertEquals([health.level, health.reasons[0]?.code], ["trouble", "UNKNOWN_WRITES"]);

  const [before] = await stack.sql`select revision_epoch from public.zoho_sync_state`;
  const adopted = await asked<RevisionsAdopted>(stack, "POST /revisions/adopt", {});
  assertEquals(adopted.otherEpochs, [812345]);
  assert(adopted.epoch !== before?.revision_epoch);
  const { items: [act] } = await asked<ActionsAnswer>(stack, "GET /actions?limit=1");
  assertEquals([act?.action, act?.details], ["adopt revisions", { otherEpochs: [812345] }]);

  await until(async () => (await openOf(sold)).length === 1, { what: "the question about it" });
  const question = await onlyQuestion(sold, "unknown_write");
  assertEquals([question.theirs, question.asks, question.answers], [
    "Closed Lost",
    "terminated",
    ["circletel", "zoho"],
  ]);
  assertEquals((await asked<StatusAnswer>(stack, "GET /status")).paused, null);
  await answered([question.id], "circletel");
  await closed(sold);
  await settled(stack, sold.contract);
  assertEquals(await statusOf(stack, sold.contract), "draft");
});

Deno.test("invalid epochs are refused", async () => {
  for (const otherEpochs of [[99_999], [900_000], ["812345"], [1.5]]) {
    const { status, field } = await refused(stack, "POST /revisions/adopt", { otherEpochs });
    assertEquals([status, field], [400, "otherEpochs.0"], JSON.stringify(otherEpochs));
  }
});

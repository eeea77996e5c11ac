import { z } from "zod";
import { liveDependencies } from "../app/dependencies.ts";
import { entityTypes } from "../mapping/types.ts";
import { callFunction, DatabaseError } from "../platform/database.ts";
import { answer, BadRequestError } from "../platform/http.ts";
import { accountsById } from "../zoho/accounts.ts";
import type { Answered, QuestionChoice, QuestionsAnswered } from "./answers.ts";
import { recordAction } from "./audit.ts";
import { countingUpkeep } from "./credits.ts";
import { page } from "./page.ts";
import type { AdminCall } from "./router.ts";
import { bodyOf, listParameters, momentCursor, notFound, queryOf } from "./validate.ts";
import { answeringFaults } from "./zoho_fault.ts";

const parameters = z.strictObject({
  ...listParameters,
  after: momentCursor,
  entityType: z.enum(entityTypes).optional(),
  id: z.guid().optional(),
});

/** GET /questions: what only a person can decide, oldest first; of one entity, or of all. */
export async function questions(call: AdminCall): Promise<Response> {
  const { entityType, id, after, limit } = queryOf(call, parameters);
  if ((entityType === undefined) !== (id === undefined)) {
    throw new BadRequestError(400, {
      code: "INVALID_QUERY",
      message: "Give entityType and id together, or neither",
      field: id === undefined ? "id" : "entityType",
    });
  }
  const rows = await callFunction(call.db, "zoho_open_questions", {
    p_entity_type: entityType,
    p_entity_id: id,
    p_after: after,
    p_limit: limit,
  });
  return answer({ success: true, ...page(rows) });
}

const choices = [
  "zoho",
  "circletel",
  "keep",
  "try_again",
  "leave_to_zoho",
  "make_again",
  "unlink",
  "link",
  "make_new",
  "done",
] as const satisfies readonly QuestionChoice[];

const zohoId = z.string().regex(/^\d{1,20}$/, { error: "is not a Zoho id" });

const request = z.strictObject({
  ids: z.array(z.guid()).min(1).max(1000),
  choice: z.enum(choices),
  accountId: zohoId.optional(),
  contactId: zohoId.optional(),
});
type Choice = z.infer<typeof request>;

const done = z.object({
  answered: z.number(),
  closed: z.number(),
  unknown: z.number(),
  woken: z.number(),
  refused: z.array(z.object({ id: z.string(), code: z.string(), message: z.string() })),
});

/**
 * POST /questions/answer: one answer to one question or to many of a kind. It acts at the next look, which starts at once,
 * and only on a record that still shows what was shown.
 *
 * @throws BadRequestError naming the field
 */
export function answerQuestions(call: AdminCall): Promise<Response> {
  return answeringFaults(call, "questions", () => answerAll(call));
}

async function answerAll(call: AdminCall): Promise<Response> {
  const chosen = bodyOf(call, request);
  const ids = new Set(chosen.ids);
  const asked = await readQuestions(call, [...ids]);
  if (asked.length === 0) notFound("There is no such question", "ids");
  const open = asked.filter(({ closed_at }) => closed_at === null);
  if (open.length === 0) closed();
  refuseOtherAnswers(open, chosen.choice);
  await checkAccount(call, open, chosen);
  checkContact(open, chosen);
  await recordAction(call, "answer questions", detailsOf(open, chosen));
  const result = done.parse(
    await callFunction(call.db, "zoho_answer_questions", {
      p_ids: asked.map(({ id }) => id),
      p_choice: chosen.choice,
      p_answered_by: call.caller.adminId ?? call.caller.kind,
      p_chosen_id: chosen.accountId ?? chosen.contactId,
    }),
  );
  if (result.answered + result.refused.length === 0) closed();
  const unknown = ids.size - asked.length;
  return answer({ success: true, ...result, unknown } satisfies Answered<QuestionsAnswered>);
}

function detailsOf(open: QuestionRow[], { choice, accountId, contactId }: Choice) {
  const accounts = open.flatMap(({ account_key: key }) => key ?? []);
  return {
    choice,
    questions: open.map(({ id, kind, field }) => ({ id, kind, field: field || null })),
    entities: open.flatMap(({ entity_type: type, entity_id: id }) => id === null ? [] : [{ type, id }]),
    ...(accounts.length === 0 ? {} : { accounts, accountId: accountId ?? null }),
    ...(contactId === undefined ? {} : { contactId }),
  };
}

/**
 * An Account is named where a company is to be linked, and nowhere else; one that no question shows must at least be there.
 *
 * @throws BadRequestError 400, ZohoCallError, ZohoTokenError
 */
async function checkAccount(
  call: AdminCall,
  open: QuestionRow[],
  { choice, accountId }: Choice,
): Promise<void> {
  const isNeeded = ({ kind }: QuestionRow) => kind === "account" && choice === "link";
  if (!open.every((question) => isNeeded(question) === (accountId !== undefined))) {
    invalid("accountId", "accountId: belongs to the choice link of questions about Accounts, and only there");
  }
  if (accountId === undefined || open.every(({ candidates }) => candidates.includes(accountId))) return;
  const { zoho } = liveDependencies(call.db, call.settings, call.log);
  const found = await countingUpkeep(call.db, zoho, () => accountsById(zoho, [accountId]));
  if (found.length === 0) {
    invalid("accountId", "accountId: Zoho has no such Account");
  }
}

/**
 * A Contact is named where a customer is to be linked and several are shown.
 * @throws BadRequestError 400
 */
function checkContact(open: QuestionRow[], { choice, contactId }: Choice): void {
  const asked = open.filter(({ kind }) => kind === "contact_match" && choice === "link");
  if (
    contactId !== undefined &&
    (asked.length !== open.length || asked.some((each) => !isShown(each, contactId)))
  ) {
    invalid("contactId", "contactId: is one of the Contacts that the question shows, of the choice link");
  }
  if (contactId === undefined && asked.some(({ candidates }) => candidates.length > 1)) {
    invalid("contactId", "contactId: a question shows several Contacts; choose one of them");
  }
}

function isShown({ candidates }: QuestionRow, id: string): boolean {
  return candidates.includes(id);
}

/** Of a question about an Account or a Contact; other questions have none. */
const candidates = z.array(z.object({ id: z.string() })).catch([]);

const questionRow = z.object({
  id: z.string(),
  kind: z.string(),
  field: z.string(),
  entity_type: z.string().nullable(),
  entity_id: z.string().nullable(),
  account_key: z.string().nullable(),
  candidates: z.unknown().transform((theirs) => candidates.parse(theirs).map(({ id }) => id)),
  answers: z.array(z.string()),
  closed_at: z.string().nullable(),
});
type QuestionRow = z.infer<typeof questionRow>;

/** Ids of one read: they are part of an address, which may not become longer than 8 KB on its way. */
const idsPerRead = 150;

/** @throws DatabaseError */
async function readQuestions({ db }: AdminCall, ids: string[]): Promise<QuestionRow[]> {
  const rows: QuestionRow[] = [];
  for (let start = 0; start < ids.length; start += idsPerRead) {
    const { data, error } = await db.from("zoho_questions")
      .select("id, kind, field, entity_type, entity_id, account_key, candidates:theirs, answers, closed_at")
      .in("id", ids.slice(start, start + idsPerRead));
    if (error) throw new DatabaseError(error.code, "zoho_questions", error.message);
    rows.push(...z.array(questionRow).parse(data));
  }
  return rows;
}

/** All or nothing: a choice that some of the questions do not offer answers none of them. */
function refuseOtherAnswers(open: QuestionRow[], choice: string): void {
  const other = open.find(({ answers }) => !answers.includes(choice));
  if (other === undefined) return;
  const { id, kind, answers } = other;
  invalid(
    "choice",
    `choice: ${choice} does not answer the question ${id} (${kind}); its answers are ${answers.join(", ")}`,
  );
}

function invalid(field: string, message: string): never {
  throw new BadRequestError(400, { code: "INVALID_BODY", message, field });
}

function closed(): never {
  throw new BadRequestError(409, {
    code: "ALREADY_CLOSED",
    message: "The question was answered, or the record has answered it itself",
    field: "ids",
  });
}

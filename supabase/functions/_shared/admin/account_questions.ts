import { z } from "zod";
import { liveDependencies } from "../app/dependencies.ts";
import { callFunction, DatabaseError } from "../platform/database.ts";
import { answer, BadRequestError } from "../platform/http.ts";
import { accountsById } from "../zoho/accounts.ts";
import type { AccountAnswerAnswer, AccountQuestionsAnswer, Answered } from "./answers.ts";
import { recordAction } from "./audit.ts";
import type { AdminCall } from "./router.ts";
import { bodyOf, notFound } from "./validate.ts";
import { answeringFaults } from "./zoho_fault.ts";

const openQuestions = z.array(
  z.object({
    account_key: z.string(),
    company_name: z.string(),
    reason: z.enum([
      "several_accounts",
      "number_and_name_disagree",
      "numbers_differ",
      "legal_form_differs",
      "trading_name_differs",
      "another_person",
    ]),
    candidates: z.array(
      z.object({
        id: z.string(),
        name: z.string(),
        agrees: z.array(z.string()),
        differs: z.array(z.string()),
      }),
    ),
    asked_at: z.string(),
    waiting: z.number(),
  }),
);

/** GET /account-questions: companies whose Account is uncertain, the one that waits longest first. */
export async function accountQuestions(call: AdminCall): Promise<Response> {
  const rows = openQuestions.parse(await callFunction(call.db, "zoho_open_account_questions", {}));
  const questions = rows.map((row) => ({
    accountKey: row.account_key,
    name: row.company_name,
    reason: row.reason,
    candidates: row.candidates,
    askedAt: row.asked_at,
    waiting: row.waiting,
  }));
  return answer({ success: true, questions } satisfies Answered<AccountQuestionsAnswer>);
}

const accountKey = z.string().min(1).max(500);
const anAccount = z.strictObject({
  accountKey,
  accountId: z.string().regex(/^\d{1,20}$/, { error: "is no id of Zoho" }),
});
const aNewAccount = z.strictObject({
  accountKey,
  create: z.literal(true, { error: "give true, or accountId instead" }),
});

/**
 * POST /account-questions/answer: a person says whose Account it is, or has a new one made. Everything that waited is
 * due again at once.
 *
 * @throws BadRequestError naming the field
 */
export function answerAccountQuestion(call: AdminCall): Promise<Response> {
  return answeringFaults(call, "account question", () => answerQuestion(call));
}

async function answerQuestion(call: AdminCall): Promise<Response> {
  const { body } = call;
  const isNew = typeof body === "object" && body !== null && "create" in body;
  const asked = isNew ? { ...bodyOf(call, aNewAccount), accountId: null } : bodyOf(call, anAccount);
  const candidates = await readCandidates(call, asked.accountKey);
  if (asked.accountId !== null && !candidates.includes(asked.accountId)) {
    await checkAccount(call, asked.accountId);
  }
  const { accountKey: key, accountId } = asked;
  await recordAction(call, "answer account question", { accountKey: key, accountId, create: isNew });
  const { status, woken } = outcome.parse(
    await callFunction(call.db, "zoho_answer_account_question", {
      p_account_key: key,
      p_answered_by: call.caller.adminId ?? call.caller.kind,
      ...(accountId === null ? {} : { p_zoho_id: accountId }),
    }),
  );
  if (status !== "answered") closed();
  return answer({ success: true, accountKey: key, woken } satisfies Answered<AccountAnswerAnswer>);
}

const outcome = z.object({ status: z.enum(["answered", "unknown", "closed"]), woken: z.number() });
const candidateIds = z.array(z.object({ id: z.string() }));

/** The ids that the open question names. @throws BadRequestError 404, 409, DatabaseError */
async function readCandidates(call: AdminCall, key: string): Promise<string[]> {
  const { data, error } = await call.db.from("zoho_account_questions").select("candidates, answered_at")
    .eq("account_key", key).maybeSingle();
  if (error) throw new DatabaseError(error.code, "zoho_account_questions", error.message);
  if (data === null) notFound("There is no question about this company", "accountKey");
  if (data.answered_at !== null) closed();
  return candidateIds.parse(data.candidates).map(({ id }) => id);
}

function closed(): never {
  throw new BadRequestError(409, {
    code: "ALREADY_ANSWERED",
    message: "The question is answered; unlink the Account to have it asked again",
    field: "accountKey",
  });
}

/** One that the question does not name must at least be there. @throws BadRequestError 400, ZohoCallError, ZohoTokenError */
async function checkAccount(call: AdminCall, id: string): Promise<void> {
  const { zoho } = liveDependencies(call.db, call.settings, call.log);
  if ((await accountsById(zoho, [id])).length > 0) return;
  throw new BadRequestError(400, {
    code: "INVALID_BODY",
    message: "accountId: Zoho has no such Account",
    field: "accountId",
  });
}

import { z } from "zod";
import { callFunction, DatabaseError } from "../platform/database.ts";
import { answer, BadRequestError } from "../platform/http.ts";
import type { Answered, QuestionChoice, QuestionsAnswered } from "./answers.ts";
import { recordAction } from "./audit.ts";
import { page } from "./page.ts";
import type { AdminCall } from "./router.ts";
import { bodyOf, entityTypes, listParameters, momentCursor, notFound, queryOf } from "./validate.ts";

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
] as const satisfies readonly QuestionChoice[];

const request = z.strictObject({
  ids: z.array(z.guid()).min(1).max(1000),
  choice: z.enum(choices),
});

const counts = z.object({ answered: z.number(), closed: z.number(), unknown: z.number() });

/**
 * POST /questions/answer: one answer to one question or to many of a kind. It acts at the next look, which starts at once,
 * and only on a record that still shows what was shown.
 *
 * @throws BadRequestError naming the field
 */
export async function answerQuestions(call: AdminCall): Promise<Response> {
  const { ids, choice } = bodyOf(call, request);
  const asked = await readQuestions(call, [...new Set(ids)]);
  if (asked.length === 0) notFound("There is no such question", "ids");
  const open = asked.filter(({ closed_at }) => closed_at === null);
  if (open.length === 0) closed();
  refuseOtherAnswers(open, choice);
  await recordAction(call, "answer questions", {
    choice,
    questions: open.map(({ id, kind, field }) => ({ id, kind, field: field || null })),
    entities: open.map(({ entity_type: type, entity_id: id }) => ({ type, id })),
  });
  const done = counts.parse(
    await callFunction(call.db, "zoho_answer_questions", {
      p_ids: asked.map(({ id }) => id),
      p_choice: choice,
      p_answered_by: call.caller.adminId ?? call.caller.kind,
    }),
  );
  if (done.answered === 0) closed();
  const unknown = new Set(ids).size - asked.length;
  return answer({ success: true, ...done, unknown } satisfies Answered<QuestionsAnswered>);
}

const questionRow = z.object({
  id: z.string(),
  kind: z.string(),
  field: z.string(),
  entity_type: z.string(),
  entity_id: z.string(),
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
      .select("id, kind, field, entity_type, entity_id, answers, closed_at")
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
  throw new BadRequestError(400, {
    code: "INVALID_BODY",
    message: `choice: ${choice} does not answer the question ${other.id} (${other.kind}); its answers are ${
      other.answers.join(", ")
    }`,
    field: "choice",
  });
}

function closed(): never {
  throw new BadRequestError(409, {
    code: "ALREADY_CLOSED",
    message: "The question was answered, or the record has answered it itself",
    field: "ids",
  });
}

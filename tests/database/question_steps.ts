import type postgres from "postgres";
import { insertBusiness } from "../support/fixtures.ts";
import {
  type ClaimedChange,
  claimOne,
  DEAL,
  done,
  emptyQueue,
  type QuestionInput,
  rpc,
  settle,
  WORKER,
} from "./steps.ts";

export function unsigned(values: Partial<QuestionInput> = {}): QuestionInput {
  return {
    kind: "unsigned",
    field: "Stage",
    ours: "active",
    theirs: "Proposal/Price Quote",
    asks: "draft",
    answers: ["zoho", "circletel"],
    shown: { status: "active", stage: "Proposal/Price Quote", revision: null },
    changed_by: "7",
    changed_at: "2026-11-20T08:00:00+02:00",
    ...values,
  };
}

export function conflict(values: Partial<QuestionInput> = {}): QuestionInput {
  return unsigned({
    kind: "conflict",
    theirs: "Closed Lost",
    asks: "terminated",
    answers: ["keep", "zoho"],
    shown: { status: "active", stage: "Closed Lost", revision: null },
    ...values,
  });
}

/** Looks at the contract once more, with these questions as the outcome; undefined when nothing was decided. */
export async function lookWith(
  sql: postgres.Sql,
  id: string,
  questions: QuestionInput[] | undefined,
): Promise<ClaimedChange> {
  await sql`select zoho_enqueue('contract', array[${id}]::uuid[], p_look => true)`;
  const change = await claimOne(sql, WORKER);
  await settle(sql, {
    worker: WORKER,
    results: [{ ...done(change, DEAL, { Stage: "Closed Won" }), ...(questions ? { questions } : {}) }],
  });
  return change;
}

export async function insertActive(sql: postgres.Sql): Promise<string> {
  const { contract } = await insertBusiness(sql, { contract: { status: "active" } });
  await emptyQueue(sql);
  return contract.id;
}

interface Asked {
  id: string;
  kind: string;
  field: string;
  theirs: unknown;
  answer: string | null;
  answered_by: string | null;
  closed_because: string | null;
  asked: string;
}

export async function storedQuestions(sql: postgres.Sql): Promise<Asked[]> {
  const rows = await sql<Asked[]>`
    select id, kind, field, theirs, answer, answered_by, closed_because, asked_at::text as asked
    from zoho_questions order by asked_at, id`;
  return rows.map((row) => ({ ...row }));
}

interface Counts {
  answered: number;
  closed: number;
  unknown: number;
}
type Answered = Counts & { woken: number; refused: { id: string; code: string; message: string }[] };

export function answerFully(sql: postgres.Sql, ids: string[], choice: string): Promise<Answered> {
  return rpc(
    sql,
    (tx) => tx`select zoho_answer_questions(${ids}::uuid[], ${choice}, 'admin@circletel') as answer`,
  );
}

export async function answerAsked(sql: postgres.Sql, ids: string[], choice: string): Promise<Counts> {
  const { answered, closed, unknown } = await answerFully(sql, ids, choice);
  return { answered, closed, unknown };
}

export async function currentStatus(sql: postgres.Sql, id: string): Promise<unknown> {
  const [row] = await sql`select status from contracts where id = ${id}`;
  return row?.status;
}

/** A create that met another contract's record: nothing was learned but the question. */
export async function lookAtTaken(sql: postgres.Sql, id: string, theirs: unknown): Promise<void> {
  await sql`select zoho_enqueue('contract', array[${id}]::uuid[], p_look => true)`;
  const asked: QuestionInput = { ...unsigned(), kind: "record_taken", field: null, theirs, asks: null };
  const questions = [{ ...asked, answers: ["try_again"], shown: {} }];
  await settle(sql, { worker: WORKER, results: [{ ...done(await claimOne(sql, WORKER)), questions }] });
}

import { z } from "zod";
import { entityTypes } from "../mapping/types.ts";
import { callFunction } from "../platform/database.ts";
import { answer } from "../platform/http.ts";
import { errorTable, recordDecision } from "../zoho/error_table.ts";
import type { Answered, ProblemsAnswer } from "./answers.ts";
import { csvResponse } from "./list_csv.ts";
import { page } from "./page.ts";
import type { AdminCall } from "./router.ts";
import { filterParameters, listParameters, momentCursor, noArguments, queryOf } from "./validate.ts";

const problem = z.object({
  code: z.string(),
  field: z.string().nullable(),
  dead: z.number(),
  retrying: z.number(),
  oldestAt: z.string(),
  examples: z.array(
    z.object({ entityType: z.enum(entityTypes), entityId: z.string(), number: z.string().nullable() }),
  ),
});

/** GET /problems: dead letters and repeated failures by cause, each with what to do. */
export async function problems(call: AdminCall): Promise<Response> {
  queryOf(call, noArguments);
  const found = z.array(problem).parse(await callFunction(call.db, "zoho_admin_problems", {}));
  return answer(
    {
      success: true,
      problems: found.map((each) => ({
        ...each,
        advice: recordDecision(each.code).advice,
        page: Object.hasOwn(errorTable, each.code) ? `errors/${each.code}.md` : null,
      })),
    } satisfies Answered<ProblemsAnswer>,
  );
}

const itemFilters = {
  ...filterParameters,
  code: z.string().min(1).max(100).optional(),
  field: z.string().max(100).optional(),
  state: z.enum(["dead", "retrying"]).optional(),
};
const itemParameters = z.strictObject({ ...listParameters, after: momentCursor, ...itemFilters });

type ItemFilters = z.infer<z.ZodObject<typeof itemFilters>>;

const statusOf = { dead: "dead", retrying: "pending" } as const;

function readItems(call: AdminCall, asked: ItemFilters, after: string | undefined, limit: number) {
  return callFunction(call.db, "zoho_admin_queue", {
    p_failed: true,
    p_code: asked.code,
    p_field: asked.field,
    p_status: asked.state && statusOf[asked.state],
    p_from: asked.from,
    p_to: asked.to,
    p_text: asked.text,
    p_after: after,
    p_limit: limit,
  });
}

/** GET /problems/items: the changes that failed, those of one cause or all, oldest first. */
export async function problemItems(call: AdminCall): Promise<Response> {
  const { after, limit, ...asked } = queryOf(call, itemParameters);
  return answer({ success: true, ...page(await readItems(call, asked, after, limit)) });
}

const columns = [
  "enqueuedAt",
  "entityType",
  "number",
  "entityId",
  "status",
  "failedRounds",
  "error.code",
  "error.field",
  "error.message",
  "cause",
  "nextAttemptAt",
] as const;

/** GET /problems.csv: the same list as a file. */
export function exportProblems(call: AdminCall): Promise<Response> {
  const asked = queryOf(call, z.strictObject(itemFilters));
  return csvResponse("problems.csv", columns, (after, limit) => readItems(call, asked, after, limit));
}

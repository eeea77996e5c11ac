import { z } from "zod";
import { entityTypes } from "../mapping/types.ts";
import { callFunction } from "../platform/database.ts";
import { answer } from "../platform/http.ts";
import { errorTable, recordDecision } from "../zoho/error_table.ts";
import type { Answered, ProblemsAnswer } from "./answers.ts";
import { page } from "./page.ts";
import type { AdminCall } from "./router.ts";
import { listParameters, momentCursor, queryOf } from "./validate.ts";

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
  queryOf(call, z.strictObject({}));
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

const itemParameters = z.strictObject({
  ...listParameters,
  after: momentCursor,
  code: z.string().min(1).max(100),
  field: z.string().max(100).optional(),
});

/** GET /problems/items: the changes behind one cause, oldest first. */
export async function problemItems(call: AdminCall): Promise<Response> {
  const { code, field, after, limit } = queryOf(call, itemParameters);
  const rows = await callFunction(call.db, "zoho_admin_queue", {
    p_code: code,
    p_field: field,
    p_after: after,
    p_limit: limit,
  });
  return answer({ success: true, ...page(rows) });
}

import { z } from "zod";
import { answer } from "../platform/http.ts";
import { readStatus } from "../status/read.ts";
import type { Answered, StatusAnswer } from "./answers.ts";
import type { AdminCall } from "./router.ts";
import { queryOf } from "./validate.ts";

/** GET /status */
export async function status(call: AdminCall): Promise<Response> {
  queryOf(call, z.strictObject({}));
  return answer(
    { success: true, ...await readStatus(call.db, call.settings) } satisfies Answered<StatusAnswer>,
  );
}

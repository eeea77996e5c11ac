import { answer } from "../platform/http.ts";
import { readStatus } from "../status/read.ts";
import type { Answered, CallerAnswer, StatusAnswer } from "./answers.ts";
import type { AdminCall } from "./router.ts";
import { noArguments, queryOf } from "./validate.ts";

/** GET /status */
export async function status(call: AdminCall): Promise<Response> {
  queryOf(call, noArguments);
  const { role, mayAct } = call.caller;
  return answer(
    {
      success: true,
      ...await readStatus(call.db, call.settings),
      caller: { role, mayAct },
    } satisfies Answered<StatusAnswer & CallerAnswer>,
  );
}

import { liveDependencies } from "../app/dependencies.ts";
import { answer } from "../platform/http.ts";
import { fetchUsers, ownUser } from "../zoho/users.ts";
import type { Answered, PeopleAnswer } from "./answers.ts";
import { countingUpkeep } from "./credits.ts";
import type { AdminCall } from "./router.ts";
import { noArguments, queryOf } from "./validate.ts";
import { answeringFaults } from "./zoho_fault.ts";

/** GET /people: the names of the user ids in events, read from Zoho for this answer and not stored. Two credits. */
export function people(call: AdminCall): Promise<Response> {
  queryOf(call, noArguments);
  return answeringFaults(call, "the users of the org", async () => {
    const { zoho } = liveDependencies(call.db, call.settings, call.log);
    const [users, own] = await countingUpkeep(call.db, zoho, async () =>
      [
        await fetchUsers(zoho),
        await ownUser(zoho),
      ] as const);
    const names = Object.fromEntries(users.map(({ id, name }) => [id, name]));
    return answer({ success: true, names, ownId: own?.id ?? null } satisfies Answered<PeopleAnswer>);
  });
}

import { assertEquals } from "@std/assert";
import { DatabaseError } from "../../supabase/functions/_shared/platform/database.ts";
import { Probes } from "../../supabase/functions/_shared/sync/claim/probe.ts";
import { type Whose, whoseFault } from "../../supabase/functions/_shared/sync/attempts/whose_fault.ts";
import type { ZohoClient } from "../../supabase/functions/_shared/zoho/client.ts";
import { ZohoCallError, ZohoTokenError } from "../../supabase/functions/_shared/zoho/faults.ts";

type Reads = Record<string, unknown>;

/** Probes of a Zoho in which the reads of these modules fail so. */
function probesOf(reads: Reads, asked: string[] = []): Probes {
  const zoho: Pick<ZohoClient, "call"> = {
    call: ({ path }) => {
      asked.push(path);
      const fault = reads[path.slice(1)];
      return fault === undefined ? Promise.resolve({ status: 204, body: null }) : Promise.reject(fault);
    },
  };
  return new Probes(zoho as ZohoClient, () => 0);
}

const call = (code: string, status?: number) =>
  new ZohoCallError(code, "refused", status === undefined ? {} : { status });
const down = { Quotes: call("HTTP_503", 503), Accounts: call("HTTP_503", 503) };

const judged: [what: string, fault: unknown, reads: Reads, whose: Whose, reads_made: number][] = [
  ["a 500 while the module answers", call("INTERNAL_ERROR", 500), {}, "records", 1],
  ["a 400 with HTML while the module answers", call("HTTP_400", 400), {}, "records", 1],
  ["a 413 while the module answers", call("HTTP_413", 413), {}, "records", 1],
  ["an unknown code while the module answers", call("NEVER_SEEN", 400), {}, "records", 1],
  ["a connection that breaks while the module answers", call("NETWORK"), {}, "records", 1],
  ["a newer record", call("ALREADY_MODIFIED", 412), {}, "records", 0],
  ["a newer record without a code", call("HTTP_412", 412), {}, "records", 0],
  ["no answer in time while the module answers", call("TIMEOUT"), {}, "module", 1],
  ["a hidden module", call("INVALID_MODULE", 400), {}, "module", 0],
  ["a forbidden module", call("NO_PERMISSION", 403), {}, "module", 0],
  ["a module's missing scope", call("OAUTH_SCOPE_MISMATCH", 401), {}, "module", 0],
  [
    "a query of a module that turns out to be hidden",
    call("INVALID_QUERY", 400),
    {
      Quotes: call("INVALID_MODULE", 400),
    },
    "module",
    1,
  ],
  [
    "a 500 of a module that does not answer, while another does",
    call("INTERNAL_ERROR", 500),
    {
      Quotes: call("INTERNAL_ERROR", 500),
    },
    "module",
    2,
  ],
  ["a 503 while nothing answers", call("HTTP_503", 503), down, "everybody", 2],
  ["no answer in time while nothing answers", call("TIMEOUT"), down, "everybody", 2],
  ["too many calls", call("TOO_MANY_REQUESTS", 429), {}, "everybody", 0],
  ["a limit that one record passes while the module answers", call("LIMIT_EXCEEDED", 400), {}, "records", 1],
  ["a limit while nothing answers", call("LIMIT_EXCEEDED", 400), down, "everybody", 2],
  ["a token that is refused", new ZohoTokenError("TOKEN_REFUSED", "x"), {}, "everybody", 0],
  ["a fault of the database", new DatabaseError("PGRST303", "zoho_claim_changes", "x"), {}, "everybody", 0],
  ["a fault of this program", new TypeError("x"), {}, "everybody", 0],
];

for (const [what, fault, reads, whose, made] of judged) {
  Deno.test(`${what} is attributed to ${whose}, after ${made} cheap reads`, async () => {
    const asked: string[] = [];
    assertEquals(await whoseFault(probesOf(reads, asked), "Quotes", fault), whose);
    assertEquals(asked.length, made);
  });
}

Deno.test("calls that fail together probe once", async () => {
  const asked: string[] = [];
  const probes = probesOf({}, asked);
  await Promise.all([1, 2, 3].map(() => whoseFault(probes, "Deals", call("HTTP_500", 500))));
  assertEquals(asked, ["/Deals"]);
});

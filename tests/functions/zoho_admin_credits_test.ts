import { assert, assertEquals } from "@std/assert";
import { adminCall } from "../support/admin_calls.ts";
import { withStack } from "../support/stack.ts";
import { channelToken } from "../support/webhook.ts";
import { bookmark } from "../support/zoho_calls.ts";

const alone = {
  functions: ["zoho-admin"],
  cron: false,
  net: false,
  functionEnv: { ZOHO_NOTIFICATION_TOKEN: channelToken },
};

Deno.test("what an operator's reads of Zoho cost is counted with the day's credits", () =>
  withStack(alone, async (stack) => {
    const counted = async () =>
      (await stack.sql`select coalesce(sum(credits), 0)::int as credits from public.zoho_credit_ledger`)[0]
        ?.credits;
    const reads: [route: string, body?: unknown][] = [
      ["POST /watch", { action: "list" }],
      ["GET /fields"],
      ["GET /doctor"],
    ];
    for (const [route, body] of reads) {
      const [before, mark] = [await counted(), await bookmark(stack)];
      assertEquals((await adminCall(stack, route, body)).status, 200, route);
      const spent = (await stack.zoho.calls(mark.calls)).reduce((sum, { credits }) => sum + credits, 0);
      assert(spent > 0, route);
      assertEquals(await counted() - before, spent, route);
    }
  }));

import { ConfigurationError } from "../platform/env.ts";
import type { WebhookSettings } from "../platform/env.ts";
import { type Check, fail, ok } from "./check.ts";

const others = ["zoho-sync", "zoho-token-refresh", "zoho-webhook"];

/** Whether the other functions are there, and let nobody in without a key: a knock without one is a 401. */
export async function checkFunctions(send: typeof fetch, supabaseUrl: string): Promise<Check[]> {
  return await Promise.all(others.map(async (name) => {
    const title = `function ${name}`;
    try {
      const response = await send(`${supabaseUrl}/functions/v1/${name}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: "{}",
        signal: AbortSignal.timeout(15_000),
      });
      await response.body?.cancel();
      if (response.status === 401) return ok(title, "answers, and asks who is there");
      if (response.status === 404) {
        return fail(title, "not deployed", `supabase functions deploy ${name} --use-api`, "docs/deploy.md");
      }
      return fail(
        title,
        `answered ${response.status} to a knock without a key`,
        "Look at its log; BAD_CONFIGURATION names a variable.",
        "docs/errors/BAD_CONFIGURATION.md",
      );
    } catch {
      return fail(title, "does not answer", "Look at its log: it may not start.", "docs/operate.md");
    }
  }));
}

/** zoho-admin would not have come this far without the others' variables; the webhook's are its own. */
export function checkVariables(
  load: () => WebhookSettings,
): { check: Check; webhook: WebhookSettings | null } {
  try {
    const webhook = load();
    return { check: ok("variables", "every one that is needed is set and valid"), webhook };
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    const found = `${error.variable} ${error.problem}`;
    return { check: fail("variables", found, error.hint, "docs/errors/BAD_CONFIGURATION.md"), webhook: null };
  }
}

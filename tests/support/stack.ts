import { type Stack, type StackOptions, startStack } from "../../local/stack.ts";
import { clusterUrl } from "./cluster.ts";

/** pg_net's second of rest between batches is tested elsewhere; here it would only be waited for. */
export const quickNet = { pauseMs: 5 };

/** A stack in the shared Postgres with a quick bell and without the schedule, unless the options say otherwise. */
export function startQuietStack(options: StackOptions): Promise<Stack> {
  return startStack({ clusterUrl, cron: false, net: quickNet, ...options });
}

/** Gives the test a running stack with a fresh database in the shared Postgres, and stops it afterwards. */
export async function withStack<T>(options: StackOptions, test: (stack: Stack) => Promise<T>): Promise<T> {
  const stack = await startStack({ clusterUrl, ...options });
  try {
    return await test(stack);
  } finally {
    await stack.stop();
  }
}

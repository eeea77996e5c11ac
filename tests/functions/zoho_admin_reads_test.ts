import { assertEquals } from "@std/assert";
import { type Stack, startStack } from "../../local/stack.ts";
import type { StatusAnswer } from "../../supabase/functions/_shared/admin/answers.ts";
import { webhookEnv } from "../flows/inward_steps.ts";
import { clusterUrl } from "../support/cluster.ts";
import { asked } from "./admin_calls.ts";

let stack: Stack;
Deno.test.beforeAll(async () => {
  stack = await startStack({
    clusterUrl,
    cron: false,
    functions: ["zoho-sync", "zoho-webhook", "zoho-admin"],
    functionEnv: webhookEnv,
  });
});
Deno.test.afterAll(() => stack.stop());

Deno.test("an empty project is in good health", async () => {
  const { health, queue, credits } = await asked<StatusAnswer>(stack, "GET /status");
  assertEquals([health.level, health.sentence], ["good", "Everything is in Zoho."]);
  assertEquals([queue.waiting, queue.dead, credits.used], [0, 0, 0]);
});

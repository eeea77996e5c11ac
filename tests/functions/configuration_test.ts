import { assert, assertEquals, assertMatch } from "@std/assert";
import { type Stack, startStack } from "../../local/stack.ts";
import { clusterUrl } from "../support/cluster.ts";
import { until } from "../support/until.ts";

// A function with one variable broken stops with one error that names it and says how to set it.

let stack: Stack;
Deno.test.beforeAll(async () => {
  stack = await startStack({ clusterUrl, cron: false, net: false });
});
Deno.test.afterAll(() => stack.stop());

const good: Record<string, string> = {
  ZOHO_REGION: "EU",
  ZOHO_CLIENT_ID: "1000.LOCALCLIENT",
  ZOHO_CLIENT_SECRET: "local-client-secret",
  ZOHO_REFRESH_TOKEN: "1000.local.refresh",
  ZOHO_TOKEN_ENCRYPTION_KEY: btoa("k".repeat(32)),
};
const optional = [
  "ZOHO_API_VERSION",
  "ZOHO_TIME_ZONE",
  "ZOHO_TIMEOUT_MS",
  "ZOHO_CONCURRENCY",
  "ZOHO_RUN_WORKFLOWS",
  "ZOHO_LINE_TAX",
  "ZOHO_API_URL",
  "ZOHO_ACCOUNTS_URL",
];
const leftOut = Object.fromEntries(optional.map((name) => [name, undefined]));

interface Case {
  title: string;
  variable: string;
  value: string | undefined;
}

const cases: Case[] = [
  ...Object.keys(good).flatMap((variable) => [
    { title: `${variable} is missing`, variable, value: undefined },
    { title: `${variable} is empty`, variable, value: "" },
  ]),
  { title: "the client's secret is blank", variable: "ZOHO_CLIENT_SECRET", value: "  " },
  { title: "the region is not Zoho's", variable: "ZOHO_REGION", value: "ZA-unheard-of" },
  {
    title: "the key has 31 bytes",
    variable: "ZOHO_TOKEN_ENCRYPTION_KEY",
    value: btoa("secret-key-that-is-too-short-31"),
  },
  { title: "the key is no base64", variable: "ZOHO_TOKEN_ENCRYPTION_KEY", value: "!not-base64-at-all!" },
  {
    title: "the second of two keys is short",
    variable: "ZOHO_TOKEN_ENCRYPTION_KEY",
    value: `${btoa("k".repeat(32))},${btoa("short")}`,
  },
  { title: "a number is a word", variable: "ZOHO_TIMEOUT_MS", value: "thirty-seconds" },
  { title: "a number is out of range", variable: "ZOHO_CONCURRENCY", value: "4711" },
  { title: "the time zone does not exist", variable: "ZOHO_TIME_ZONE", value: "Africa/Atlantis" },
  { title: "an address is invalid", variable: "ZOHO_API_URL", value: "zohoapis dot eu" },
];

Deno.test("one broken variable stops the function with one error that names it, and no value", async (t) => {
  for (const { title, variable, value } of cases) {
    await t.step(title, async () => {
      await stack.functions.restart("zoho-sync", { ...leftOut, ...good, [variable]: value });
      await assertRefused("zoho-sync", variable, value);
    });
  }
});

Deno.test("the configuration error is answered to every call", async () => {
  await stack.functions.restart("zoho-sync", { ...good, ZOHO_REGION: "" });
  await assertRefused("zoho-sync", "ZOHO_REGION", "");
  await assertRefused("zoho-sync", "ZOHO_REGION", "");
});

Deno.test("zoho-token-refresh stops in the same way", async () => {
  await stack.functions.restart("zoho-token-refresh", { ZOHO_CLIENT_ID: undefined });
  await assertRefused("zoho-token-refresh", "ZOHO_CLIENT_ID", undefined);
});

Deno.test("a caller without a key learns nothing of the configuration", async () => {
  await stack.functions.restart("zoho-token-refresh", { ZOHO_CLIENT_ID: undefined });
  const answer = await stack.invoke("zoho-token-refresh", {}, { apikey: "" });
  assertEquals(answer.status, 401);
  assert(!JSON.stringify(answer.body).includes("ZOHO_"));
});

Deno.test("optional variables may be empty, and a region may be written in small letters", async () => {
  const empty = Object.fromEntries(optional.map((name) => [name, ""]));
  await stack.functions.restart("zoho-sync", { ...good, ...empty, ZOHO_REGION: "eu" });
  const { status } = await stack.invoke("zoho-sync", { entity: "contract", id: crypto.randomUUID() });
  assertEquals(status, 404);
});

async function assertRefused(name: string, variable: string, value: string | undefined): Promise<void> {
  const before = stack.functions.logs(name).length;
  const { status, body } = await stack.invoke(name, {});
  assertEquals(status, 500);
  const { success, error } = body as { success: boolean; error: Record<string, string> };
  assertEquals([success, error.code, error.field], [false, "BAD_CONFIGURATION", variable]);
  assertMatch(error.message ?? "", new RegExp(`^${variable} is `));
  assert((error.hint ?? "").length > 10);

  await until(() => stack.functions.logs(name).length > before, { what: "the log line" });
  const lines = stack.functions.logs(name).slice(before);
  assertEquals(lines.length, 1, lines.join("\n"));
  const line = JSON.parse(lines[0] ?? "");
  assertEquals([line.level, line.code, line.variable], ["error", "BAD_CONFIGURATION", variable]);
  for (const text of [JSON.stringify(body), lines.join("\n")]) {
    assert(!/\bat .*:\d+/.test(text), `a stack trace: ${text}`);
    if (value !== undefined && value.trim() !== "") assert(!text.includes(value), `the value: ${text}`);
  }
}

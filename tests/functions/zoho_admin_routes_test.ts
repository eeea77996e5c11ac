import { assert, assertEquals } from "@std/assert";
import type { Stack } from "../../local/stack.ts";
import { adminCall, asked, refused } from "../support/admin_calls.ts";
import { insertBusiness } from "../support/fixtures.ts";
import { fold } from "../support/fold.ts";
import { startQuietStack } from "../support/stack.ts";
import { signUp } from "./inward_people.ts";

// What holds for every route of zoho-admin. The list is the function's own: a refusal names it.

let stack: Stack;
let reads: string[];
let acts: string[];
Deno.test.beforeAll(async () => {
  stack = await startQuietStack({ functions: ["zoho-admin"] });
  const { message } = await refused(stack, "GET /no-such-route");
  const routes = message.split("there is ")[1]?.split(", ") ?? [];
  reads = routes.filter((route) => route.startsWith("GET "));
  acts = routes.filter((route) => route.startsWith("POST "));
});
Deno.test.afterAll(() => stack.stop());

interface RouteAnswer {
  status: number;
  code: string | undefined;
  field: string | undefined;
  hint: string;
}

/** A body that is a text is sent as it is. */
async function call(
  route: string,
  query: Record<string, string> = {},
  body?: unknown,
  headers: Record<string, string> = { apikey: stack.secretKey },
): Promise<RouteAnswer> {
  const [method = "", path] = route.split(" ");
  const address = `${stack.apiUrl}/functions/v1/zoho-admin${path}?${new URLSearchParams(query)}`;
  const response = await fetch(address, {
    method,
    headers: { "content-type": "application/json", ...headers },
    ...(method === "GET" ? {} : { body: typeof body === "string" ? body : JSON.stringify(body ?? {}) }),
  });
  const text = await response.text();
  const { error = {} } = text.startsWith("{") ? JSON.parse(text) : {};
  return { status: response.status, code: error.code, field: error.field, hint: error.hint ?? "" };
}

/** The routes of which this is not so, with what they answered. */
async function straysAmong(
  calls: [what: string, call: () => Promise<RouteAnswer>][],
  isSo: (answer: RouteAnswer) => boolean,
): Promise<string[]> {
  const strays: string[] = [];
  for (const [what, make] of calls) {
    const answer = await make();
    if (!isSo(answer)) strays.push(`${what}: ${JSON.stringify(answer)}`);
  }
  return strays;
}

const namesField = ({ status, field }: RouteAnswer) => status === 400 && (field ?? "") !== "";

Deno.test("every route refuses a parameter that it does not know, and names it or one that is missing", async () => {
  assert(reads.length > 20 && acts.length > 25, `${reads.length} reads, ${acts.length} acts`);
  const calls = [...reads, ...acts].map((route): [string, () => Promise<RouteAnswer>] => [
    route,
    () => call(route, { nonsense: "1" }),
  ]);
  assertEquals(await straysAmong(calls, namesField), []);
});

const oddBodies = ['{"nonsense":1}', "[]", "null", '"a text"', "7", "{", '{"__proto__":1}'];

Deno.test("every act refuses a body that is not its own, and names a field", async () => {
  const calls = acts.flatMap((route) =>
    oddBodies.map((body): [string, () => Promise<RouteAnswer>] => [
      `${route} ${body}`,
      () => call(route, {}, body),
    ])
  );
  assertEquals(await straysAmong(calls, namesField), []);
});

/** What a parameter is tried with; a cursor also with what looks like one. */
const oddValues = ["\0\0", "x".repeat(5_000), "0000-01-01T00:00:00Z", "2026-01-01T00:00:00+23:59"];
const oddCursors = ["99999999999999999.0", "9".repeat(30)];

/** What the refusal of an unknown parameter says there is. */
async function parametersOf(route: string): Promise<string[]> {
  const { hint } = await call(route, { nonsense: "1" });
  return /^There is (.+)$/.exec(hint)?.[1]?.split(", ") ?? [];
}

Deno.test("no value of a parameter makes a read fail: it is taken or refused", async () => {
  const calls: [string, () => Promise<RouteAnswer>][] = [];
  for (const route of reads) {
    for (const name of await parametersOf(route)) {
      for (const value of name === "after" ? [...oddValues, ...oddCursors] : oddValues) {
        calls.push([
          `${route} ${name}=${JSON.stringify(value).slice(0, 30)}`,
          () => call(route, { [name]: value }),
        ]);
      }
    }
  }
  assert(calls.length > 100, `${calls.length} calls`);
  const isTakenOrRefused = (answer: RouteAnswer) =>
    answer.status === 200 || answer.code === "NOT_FOUND" || namesField(answer);
  assertEquals(await straysAmong(calls, isTakenOrRefused), []);
});

const oddMoments = ["0000-01-01T00:00:00Z", "2026-01-01T00:00:00+23:59", "9999-01-01T00:00:00+23:59"];
const actsWithMoment: [route: string, field: string, body: (moment: string) => unknown][] = [
  ["POST /pause", "until", (until) => ({ until })],
  ["POST /hold", "until", (until) => ({ entityType: "contract", id: crypto.randomUUID(), until })],
  ["POST /alerts/mute", "until", (until) => ({ alert: "paused", until })],
  ["POST /replay", "from", (from) => ({ from, to: "2026-11-28T00:00:00Z" })],
  ["POST /backfill", "since", (since) => ({ entity: "contract", dryRun: true, since })],
];

Deno.test("an act refuses a moment that Postgres would not take, and names the field", async () => {
  const calls = actsWithMoment.flatMap(([route, field, body]) =>
    oddMoments.map((moment): [string, () => Promise<RouteAnswer>] => [
      `${route} ${field} ${moment}`,
      () => call(route, {}, body(moment)),
    ])
  );
  calls.push(["POST /pause for ages", () => call("POST /pause", {}, { until: "9999-01-01T00:00:00Z" })]);
  assertEquals(await straysAmong(calls, namesField), []);
  assertEquals((await stack.sql`select action from public.zoho_admin_actions`).length, 0);
});

Deno.test("an admin who may only read sees that, opens every read, and is refused every act with one code", async () => {
  const { headers } = await signUp(stack, { is_active: true, role: "viewer" });
  const { caller } = await asked<{ caller: unknown }>(stack, "GET /status", undefined, headers);
  assertEquals(caller, { role: "viewer", mayAct: false });
  // With an unknown parameter: an accepted caller gets a refusal that names it, and nothing more is done.
  const asReader = (route: string): [string, () => Promise<RouteAnswer>] => [
    route,
    () => call(route, { nonsense: "1" }, undefined, headers),
  ];
  assertEquals(await straysAmong(reads.map(asReader), namesField), []);
  assertEquals(
    await straysAmong(
      acts.filter((route) => route !== "POST /read").map(asReader),
      ({ status, code }) => status === 403 && code === "ROLE_MAY_NOT_ACT",
    ),
    [],
  );
  const acted = await stack.sql`select action from public.zoho_admin_actions`;
  assertEquals(acted.length, 0);
});

Deno.test("a read by its body answers what the address would, to readers as well, and acts on nothing", async () => {
  const { headers } = await signUp(stack, { is_active: true, role: "viewer" });
  const read = (path: string, query?: Record<string, string>) =>
    adminCall(stack, "POST /read", { path, ...(query && { query }) }, headers);
  const { contract } = await insertBusiness(stack.sql);
  const text = String(contract.contract_number);
  await fold(stack.sql);
  const byBody = await read("/search", { text });
  assertEquals(byBody.status, 200);
  assertEquals(byBody.body, (await adminCall(stack, `GET /search?text=${text}`)).body);
  assertEquals((byBody.body.items as unknown[]).length, 1);
  const refusals = await Promise.all([
    read("/resume"),
    read("/read"),
    read("/search", { text, nonsense: "1" }),
    read("/search?text=x"),
    read("/search", { text: "ab\0" }),
  ]);
  assertEquals(
    refusals.map(({ status, body: { error } }) => [status, (error as { field: string }).field]),
    [[404, "path"], [404, "path"], [400, "nonsense"], [400, "path"], [400, "query.text"]],
  );
});

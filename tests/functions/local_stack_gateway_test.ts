import { assert, assertEquals, assertRejects } from "@std/assert";
import { withDeadline } from "../../local/deadline.ts";
import { createClient } from "@supabase/supabase-js";
import { type Stack, startStack } from "../../local/stack.ts";
import { clusterUrl } from "../support/cluster.ts";
import { tinyFunctions } from "../support/tiny_functions.ts";
import { until } from "../support/until.ts";

// One stack for the whole file: only the killed and restarted functions change it, and each has its own.
let stack: Stack;
const folder = await tinyFunctions("echo", "whoami", "slow");

Deno.test.beforeAll(async () => {
  stack = await startStack({
    clusterUrl,
    zoho: false,
    functionsDirectory: folder,
    instances: 2,
    cron: false,
  });
});
Deno.test.afterAll(async () => {
  await stack.stop();
  await Deno.remove(folder, { recursive: true });
});

interface Echo {
  path: string;
  method: string;
  body: string;
  signature: string;
  env: Record<string, string>;
  pid: number;
}
const echo = async (path = "", init?: RequestInit): Promise<Echo> =>
  await (await fetch(`${stack.apiUrl}/functions/v1/echo${path}`, init)).json();

Deno.test("a function sees its name in the path, the query, the headers and the exact body", async () => {
  const body = '{ "a":  "é" }\n';
  const seen = await echo("/sub/page?x=1", { method: "PUT", body, headers: { "x-signature": "abc" } });
  assertEquals([seen.path, seen.method, seen.body, seen.signature], [
    "/echo/sub/page?x=1",
    "PUT",
    body,
    "abc",
  ]);
});

Deno.test("a function's environment is the platform's and the project's secrets, not this machine's", async () => {
  const { env } = await echo();
  assertEquals(env.SUPABASE_URL, stack.apiUrl);
  assertEquals(JSON.parse(env.SUPABASE_SECRET_KEYS ?? ""), { default: stack.secretKey });
  assertEquals(env.ZOHO_CLIENT_ID, "1000.LOCALCLIENT");
  assertEquals(env.TEST_CLUSTER_URL, undefined);
});

Deno.test("calls go to the instances in turn", async () => {
  const pids = new Set((await Promise.all([echo(), echo(), echo(), echo()])).map(({ pid }) => pid));
  assertEquals(pids.size, 2);
});

Deno.test("a function's output is kept and forwarded", async () => {
  const heard: string[] = [];
  const stop = stack.functions.listen("echo", (line) => heard.push(line));
  await echo();
  await until(() => heard.includes("echo was called"));
  stop();
  assert(stack.functions.logs("echo").includes("echo was called"));
});

Deno.test("an unknown function is 404, a stopped one 503, and both have the platform's code", async () => {
  const unknown = await stack.invoke("nobody");
  assertEquals([unknown.status, unknown.headers.get("sb-error-code")], [404, "NOT_FOUND"]);

  const call = stack.invoke("slow?ms=10000");
  await until(() => stack.functions.logs("slow").includes("slow was called"), { what: "the call" });
  await stack.functions.kill("slow");
  assertEquals([(await call).status, (await call).headers.get("sb-error-code")], [503, "WORKER_ERROR"]);
  const down = await stack.invoke("slow");
  assertEquals([down.status, down.headers.get("sb-error-code")], [503, "BOOT_ERROR"]);

  await stack.functions.restart("slow");
  assertEquals((await stack.invoke("slow?ms=1")).body, "done");
});

Deno.test("a restart can change the environment", async () => {
  const { env: before } = await echo();
  await stack.functions.restart("echo", { ZOHO_REGION: "EU", ZOHO_CLIENT_ID: undefined });
  const { env } = await echo();
  assertEquals([env.ZOHO_REGION, env.ZOHO_CLIENT_ID], ["EU", undefined]);
  const { ZOHO_REGION, ZOHO_CLIENT_ID } = before;
  await stack.functions.restart("echo", { ZOHO_REGION, ZOHO_CLIENT_ID });
});

Deno.test("a user who signs in here is a user to a function, and to the database behind it", async () => {
  const fresh = await startStack({
    zoho: false,
    functionsDirectory: folder,
    functions: ["whoami"],
    cron: false,
    clusterUrl,
    prepare: (sql) =>
      sql`
        create function public.whoami() returns jsonb language sql stable set search_path = '' as
        $$ select jsonb_build_object('id', auth.uid(), 'role', current_user) $$
      `,
  });
  try {
    const client = createClient(fresh.apiUrl, fresh.publishableKey, { auth: { persistSession: false } });
    const { data, error } = await client.auth.signUp({
      email: "sipho@example.co.za",
      password: "correct horse 1",
    });
    assertEquals(error, null);
    const answer = await client.functions.invoke("whoami");
    assertEquals(answer.error, null);
    assertEquals(answer.data.claims.id, data.user?.id);
    assertEquals(answer.data.database, { id: data.user?.id, role: "authenticated" });

    const stranger = await fresh.invoke("whoami");
    assertEquals(stranger.status, 401);
    await client.auth.stopAutoRefresh();
  } finally {
    await fresh.stop();
  }
});

Deno.test("the API refuses what no migration has granted; a project on the legacy JWT secret signs users in with HS256", async () => {
  const fresh = await startStack({
    clusterUrl,
    zoho: false,
    functions: [],
    cron: false,
    userTokens: "HS256",
    prepare: (sql) =>
      sql.unsafe(`
        create table public.granted (id int); grant select on public.granted to anon;
        create table public.forgotten (id int); alter table public.forgotten enable row level security;
      `),
  });
  const get = async (table: string, apikey: string) => {
    const answer = await fetch(`${fresh.apiUrl}/rest/v1/${table}`, { headers: { apikey } });
    return [answer.status, await answer.text()] as const;
  };
  try {
    // A project on the legacy JWT secret: it publishes no key, and names none in its tokens.
    const jwks = await fetch(`${fresh.apiUrl}/auth/v1/.well-known/jwks.json`);
    assertEquals(await jwks.json(), { keys: [] });
    const client = createClient(fresh.apiUrl, fresh.publishableKey, {
      auth: { persistSession: false, autoRefreshToken: false },
    });
    const { data } = await client.auth.signUp({ email: "zanele@example.co.za", password: "correct horse 1" });
    const [header = ""] = (data.session?.access_token ?? "").split(".");
    assertEquals(JSON.parse(atob(header)), { alg: "HS256", typ: "JWT" });
    assertEquals((await client.auth.getUser()).data.user?.id, data.user?.id);

    assertEquals(await get("granted", fresh.publishableKey), [200, "[]"]);
    for (const key of [fresh.publishableKey, fresh.secretKey]) {
      const [status, text] = await get("forgotten", key);
      assertEquals([status < 500 && status >= 400, JSON.parse(text).code], [true, "42501"]);
    }
  } finally {
    await fresh.stop();
  }
});

Deno.test("the key set for user tokens is published", async () => {
  const answer = await fetch(`${stack.apiUrl}/auth/v1/.well-known/jwks.json`);
  const { keys } = await answer.json();
  assertEquals([keys[0].kty, keys[0].alg, typeof keys[0].kid, keys[0].d], [
    "EC",
    "ES256",
    "string",
    undefined,
  ]);
});

Deno.test("a function that exits at once is reported with its output", async () => {
  const broken = await tinyFunctions("broken");
  await assertRejects(
    () => startStack({ clusterUrl, zoho: false, functionsDirectory: broken }),
    Error,
    "no such setting: FAVOURITE_COLOUR",
  );
  await Deno.remove(broken, { recursive: true });
});

Deno.test("a stack stops although a client has not ended its request", async () => {
  const own = await startStack({ clusterUrl, zoho: false, functions: [], cron: false });
  const { hostname, port } = new URL(own.apiUrl);
  using client = await Deno.connect({ hostname, port: Number(port) });
  const head = `POST /rest/v1/contracts HTTP/1.1\r\nhost: ${hostname}\r\napikey: ${own.secretKey}\r\n`;
  await client.write(
    new TextEncoder().encode(`${head}content-type: application/json\r\ncontent-length: 9\r\n\r\n{`),
  );
  await withDeadline(own.stop(), 60_000, "the end of the stack");
});

import { assertEquals, assertRejects } from "@std/assert";
import type { ServiceClient } from "../../supabase/functions/_shared/platform/database.ts";
import type { Settings } from "../../supabase/functions/_shared/platform/engine_settings.ts";
import { IdentityError } from "../../supabase/functions/_shared/identity/faults.ts";
import type { Identity } from "../../supabase/functions/_shared/identity/identity.ts";
import { gated, WriteGate } from "../../supabase/functions/_shared/identity/write_gate.ts";
import type { ZohoClient } from "../../supabase/functions/_shared/zoho/client.ts";
import { ZohoCallError } from "../../supabase/functions/_shared/zoho/faults.ts";
import type { ZohoRequest } from "../../supabase/functions/_shared/zoho/request.ts";

// Whatever is written to Zoho passes one gate; from an identity that fits, one thing is changed.

const write: ZohoRequest = { method: "PUT", path: "/Deals", body: { data: [{ id: "1" }] } };

const settings = {
  supabaseUrl: "https://circletel.supabase.co",
  clientId: "id",
  clientSecret: "secret",
  refreshToken: "token",
  tokenKeys: [new Uint8Array(32)],
} as unknown as Settings;

const good: Identity = {
  projectHost: "circletel.supabase.co",
  askedBy: "circletel.supabase.co",
  isOwn: true,
  pinnedAt: "2026-11-28T10:00:00Z",
  orgId: "700",
  orgCredentials: null,
  channelId: "414200100000001",
  epoch: 123_456,
  observingSince: null,
};

/** A gate whose database says this and whose Zoho is that org; what was asked of both. */
function gate({ identity = {}, org = "700" }: { identity?: Partial<Identity>; org?: string | null } = {}) {
  const calls: string[] = [];
  let known: Identity = { ...good, ...identity };
  const rpc = (name: string, args: Record<string, string>) => {
    calls.push(name);
    if (name === "zoho_identity") return Promise.resolve({ data: known, error: null });
    const isOwn = (known.orgId ?? args.p_org_id) === args.p_org_id;
    if (isOwn) known = { ...known, orgId: args.p_org_id ?? null, orgCredentials: args.p_credentials ?? null };
    return Promise.resolve({ data: { orgId: known.orgId, isOwn }, error: null });
  };
  const zoho: ZohoClient = {
    runWorkflows: true,
    ready: () => Promise.resolve(),
    takeSpent: () => ({ credits: 0, calls: 0 }),
    call: ({ method, path }) => {
      calls.push(`${method} ${path}`);
      if (path === "/org" && org === null) {
        return Promise.reject(new ZohoCallError("OAUTH_SCOPE_MISMATCH", "no", { status: 401 }));
      }
      return Promise.resolve({ status: 200, body: { org: [{ id: "1", zgid: org }] } });
    },
  };
  const db = { rpc } as unknown as ServiceClient;
  const newGate = () => new WriteGate({ db, zoho, settings });
  return { calls, newGate, client: () => gated(zoho, newGate()) };
}

async function refusalOf(options: Parameters<typeof gate>[0]): Promise<{ code: string; calls: string[] }> {
  const { client, calls } = gate(options);
  const error = await assertRejects(() => client().call(write), IdentityError);
  return { code: error.code, calls };
}

Deno.test("a first write reads the org once; later ones, also of another process, do not", async () => {
  const { client, calls } = gate({ identity: { orgId: null } });
  const first = client();
  await first.call(write);
  await first.call(write);
  assertEquals(calls, ["zoho_identity", "GET /org", "zoho_note_org", "PUT /Deals", "PUT /Deals"]);
  calls.length = 0;
  await client().call(write);
  assertEquals(calls, ["zoho_identity", "PUT /Deals"]);
});

Deno.test("a claim's answer replaces the check", async () => {
  const { newGate, calls } = gate();
  const opened = newGate();
  opened.knows(good);
  await opened.open();
  assertEquals(calls, ["GET /org", "zoho_note_org"]);
});

Deno.test("functions of another project write nothing and make no call", async () => {
  assertEquals(await refusalOf({ identity: { isOwn: false, askedBy: "staging.supabase.co" } }), {
    code: "NOT_THIS_PROJECT",
    calls: ["zoho_identity"],
  });
});

Deno.test("an observing sync writes nothing", async () => {
  assertEquals((await refusalOf({ identity: { observingSince: "2026-11-28T10:00:00Z" } })).code, "OBSERVING");
});

Deno.test("credentials of another org write nothing", async () => {
  assertEquals(await refusalOf({ org: "800" }), {
    code: "WRONG_ORG",
    calls: ["zoho_identity", "GET /org", "zoho_note_org"],
  });
});

Deno.test("a token without the right to read the org writes while none is pinned, and not in place of a known one", async () => {
  const { client, calls } = gate({ identity: { orgId: null }, org: null });
  await client().call(write);
  assertEquals(calls, ["zoho_identity", "GET /org", "PUT /Deals"]);
  const pinned = gate({ org: null });
  await assertRejects(() => pinned.client().call(write), ZohoCallError);
});

const reads: [what: string, request: ZohoRequest][] = [
  ["a list", { method: "GET", path: "/Deals" }],
  ["a query", { method: "POST", path: "/coql", body: { select_query: "select id from Deals" } }],
  ["a question about a right, which carries nothing", { method: "POST", path: "/Deals", body: { data: [] } }],
];

for (const [what, request] of reads) {
  Deno.test(`${what} passes no gate`, async () => {
    const { client, calls } = gate({ identity: { isOwn: false } });
    await client().call(request);
    assertEquals(calls, [`${request.method} ${request.path}`]);
  });
}

const writes: [what: string, request: ZohoRequest][] = [
  ["a record", { method: "POST", path: "/Deals", body: { data: [{}] } }],
  ["the channel", { method: "PATCH", path: "/actions/watch", body: { watch: [{}] } }],
  ["a field", { method: "POST", path: "/settings/fields", body: { fields: [{}] } }],
  ["a deletion", { method: "DELETE", path: "/actions/watch" }],
];

for (const [what, request] of writes) {
  Deno.test(`${what} passes the gate`, async () => {
    const { client } = gate({ identity: { isOwn: false } });
    await assertRejects(() => client().call(request), IdentityError);
  });
}

import { assert, assertEquals, assertNotEquals } from "@std/assert";
import type postgres from "postgres";
import { withDatabase } from "../support/database.ts";
import { insertBusiness } from "../support/fixtures.ts";
import { fold } from "../support/fold.ts";
import { linkContract, rpc } from "./steps.ts";

// Whose database it is: pinned by the first claim, and nothing is handed out to another project's functions.

const ours = "https://circletel.supabase.co";
const theirs = "https://staging.supabase.co";

interface Claim {
  acquired: boolean;
  paused: { code: string; message: string } | null;
  changes: unknown[];
  revisions?: { epoch: number; last: number; earlier: number[] };
  identity?: Identity;
}

interface Identity {
  projectHost: string | null;
  askedBy: string;
  isOwn: boolean;
  orgId: string | null;
  channelId: string;
  epoch: number;
}

const claimFor = (sql: postgres.Sql, url: string | null) =>
  rpc<Claim>(
    sql,
    (tx) => tx`select zoho_claim_changes(${crypto.randomUUID()}, 100, 0, null, null, ${url}) as answer`,
  );

const identityFor = (sql: postgres.Sql, url: string) =>
  rpc<Identity>(sql, (tx) => tx`select zoho_identity(${url}) as answer`);

Deno.test("the first claim pins the project and draws an epoch that no copy of the database has", () =>
  withDatabase("plain", async (sql) => {
    await insertBusiness(sql);
    const before = await identityFor(sql, ours);
    assertEquals([before.projectHost, before.isOwn], [null, true]);
    const { identity, revisions } = await claimFor(sql, ours);
    assertEquals([identity?.projectHost, identity?.isOwn], ["circletel.supabase.co", true]);
    assertNotEquals(identity?.epoch, before.epoch);
    assertEquals([revisions?.epoch, revisions?.earlier], [identity?.epoch, []]);
    assertEquals((await claimFor(sql, ours)).identity?.epoch, identity?.epoch, "later claims draw none");
  }));

Deno.test("a database that has issued revisions closes their epoch when it is pinned", () =>
  withDatabase("plain", async (sql) => {
    await insertBusiness(sql);
    const given = (await claimFor(sql, null)).revisions;
    const { revisions } = await claimFor(sql, ours);
    assertEquals(revisions?.earlier, [given?.epoch]);
  }));

Deno.test("functions of another project get nothing from a claim and take no lease", () =>
  withDatabase("plain", async (sql) => {
    await claimFor(sql, ours);
    await insertBusiness(sql);
    const { acquired, paused, changes } = await claimFor(sql, theirs);
    assertEquals([acquired, paused?.code, changes], [false, "NOT_THIS_PROJECT", []]);
    assert(
      paused?.message.includes("circletel.supabase.co") && paused.message.includes("staging.supabase.co"),
    );
    assertEquals((await identityFor(sql, theirs)).isOwn, false);
    assert((await claimFor(sql, ours)).changes.length > 0, "the project's own functions work on");
  }));

const names: [url: string, host: string | null][] = [
  ["https://Ref.supabase.co/", "ref.supabase.co"],
  ["https://ref.supabase.co/functions/v1", "ref.supabase.co"],
  ["http://kong:8000", "kong:8000"],
  ["http://127.0.0.1:54321", "localhost"],
  ["http://localhost:8000", "localhost"],
  ["http://[::1]:54321", "localhost"],
  ["http://127.0.0.1.example.com", "127.0.0.1.example.com"],
  ["http://localhost.example.com:80", "localhost.example.com:80"],
  ["nothing", null],
];

Deno.test("a project is named by its host; loopback ports do not count", () =>
  withDatabase("plain", async (sql) => {
    for (const [url, host] of names) {
      const [row] = await sql`select zoho_sync.project_host(${url}) as host`;
      assertEquals(row?.host, host, url);
    }
  }));

Deno.test("the first org is pinned, another org is refused, and new credentials of the same org are accepted", () =>
  withDatabase("plain", async (sql) => {
    const note = (org: string, credentials: string) =>
      rpc<{ orgId: string; isOwn: boolean }>(
        sql,
        (tx) => tx`select zoho_note_org(${org}, ${credentials}) as answer`,
      );
    const kept = async () => {
      const [row] = await sql`select org_id, org_credentials from zoho_sync.identity`;
      return [row?.org_id, row?.org_credentials];
    };
    assertEquals(await note("700", "first"), { orgId: "700", isOwn: true });
    assertEquals(await note("800", "others"), { orgId: "700", isOwn: false });
    assertEquals(await kept(), ["700", "first"]);
    assertEquals(await note("700", "second"), { orgId: "700", isOwn: true });
    assertEquals(await kept(), ["700", "second"]);
  }));

Deno.test("a database has a notification channel of its own, whose id is exact as a JSON number", () =>
  withDatabase("plain", async (sql) => {
    const drawn = await sql<{ id: string }[]>`
      select zoho_sync.new_channel_id() as id from generate_series(1, 100)`;
    assertEquals(new Set(drawn.map(({ id }) => id)).size, 100);
    for (const { id } of drawn) assert(/^[1-9]\d{14}$/.test(id) && Number.isSafeInteger(Number(id)), id);
  }));

Deno.test("an observing database returns no changes to a claim", () =>
  withDatabase("plain", async (sql) => {
    await insertBusiness(sql);
    await rpc(sql, (tx) => tx`select zoho_observe(true)::text as answer`);
    const { acquired, paused } = await claimFor(sql, ours);
    assertEquals([acquired, paused?.code], [false, "OBSERVING"]);
    assertEquals(
      (await identityFor(sql, ours)).projectHost,
      "circletel.supabase.co",
      "it is pinned all the same",
    );
    await rpc(sql, (tx) => tx`select zoho_observe(false)::text as answer`);
    assert((await claimFor(sql, ours)).changes.length > 0);
  }));

Deno.test("a database adopted for another org sets aside what it stored of the former org, and processes none of its hints", () =>
  withDatabase("plain", async (sql) => {
    const adopt = (org: string) =>
      rpc<{ epoch: number; channelId: string; putAside: Record<string, number> }>(
        sql,
        (tx) => tx`select zoho_adopt_database(${ours}, ${org}, ${`credentials of ${org}`}) as answer`,
      );
    const first = await adopt("700");
    assertEquals(first.putAside, {});
    const { contract } = await insertBusiness(sql);
    await linkContract(sql, contract.id, "501");
    await fold(sql);
    await sql`update zoho_sync_queue set failed_rounds = 3, status = 'dead', error_code = 'INVALID_DATA' where true`;
    await sql`insert into zoho_channels (channel_id, module, expires_at)
      values (${first.channelId}, 'Deals', now() + interval '6 days')`;
    await sql`insert into zoho_credit_ledger (quarter, lane, credits) values (now(), 0, 9)`;
    await sql`insert into zoho_webhook_events (source, module, operation, record_id, digest, status)
      values ('signed', 'Deals', 'update', '501', ${"a".repeat(64)}, 'received'),
        ('signed', 'Deals', 'update', '502', ${"b".repeat(64)}, 'unmapped'),
        ('signed', 'Deals', 'update', '503', ${"c".repeat(64)}, 'applied')`;

    const second = await adopt("800");
    assertEquals(second.putAside.zoho_entity_mappings, 1);
    assertNotEquals([second.epoch, second.channelId], [first.epoch, first.channelId]);
    const events = await sql`select record_id, status from zoho_webhook_events order by record_id`;
    assertEquals(events.map(({ record_id, status }) => `${record_id} ${status}`), [
      "501 ignored",
      "502 ignored",
      "503 applied",
    ]);
    const [left] = await sql`
      select (select count(*)::int from zoho_channels) as channels,
        (select count(*)::int from zoho_entity_mappings) as mappings,
        (select count(*)::int from zoho_credit_ledger) as ledger,
        (select string_agg(status || ' ' || failed_rounds, ',') from zoho_sync_queue) as queue,
        (select string_agg(org_id, ',') from zoho_sync.former_rows where source = 'zoho_entity_mappings') as former`;
    assertEquals({ ...left }, { channels: 0, mappings: 0, ledger: 0, queue: "pending 0", former: "700" });
  }));

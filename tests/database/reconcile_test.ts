import { assert, assertEquals, assertMatch } from "@std/assert";
import type postgres from "postgres";
import { withDatabase } from "../support/database.ts";
import { insertBusiness } from "../support/fixtures.ts";
import { forgetRings, hangBell, rings } from "./rings.ts";
import { emptyQueue, insertContracts, linkContract, queueRows } from "./steps.ts";

// The run's row: who may work it, what a page leaves behind, and what is kept.

const WORKER = crypto.randomUUID();
const OTHER = crypto.randomUUID();

async function start(
  sql: postgres.Sql,
  kind = "full",
  actor = "test",
): Promise<{ id: string; started: boolean }> {
  const [row] = await sql`select zoho_reconcile_start(${kind}, '{contract}', ${actor}) as answer`;
  return row?.answer;
}

async function claim(
  sql: postgres.Sql,
  worker = WORKER,
): Promise<{ id: string; since: string | null } | null> {
  const [row] = await sql`select zoho_reconcile_claim(${worker}, 120) as answer`;
  return row?.answer;
}

async function note(
  sql: postgres.Sql,
  run: string,
  results: Record<string, unknown>[],
  { worker = WORKER, finished = false } = {},
): Promise<unknown> {
  const json = sql.json(results as postgres.JSONValue);
  const [row] = await sql`
    select zoho_reconcile_note(${run}, ${worker}, 120, ${json}, '{"stage": 1}', '{"calls": 1, "credits": 1}', 'contract',
      '{}', ${finished}) as at`;
  return row?.at;
}

interface Unseen {
  entities: { entity_id: string }[];
  next: string | null;
}

async function unseen(sql: postgres.Sql, run: string, after: string | null): Promise<Unseen> {
  const [row] = await sql`
    select zoho_reconcile_unseen(${run}, 'contract', p_after => ${after}, p_limit => 2, p_window => 3) as answer`;
  return row?.answer;
}

const match = {
  zoho_id: "1",
  entity_id: crypto.randomUUID(),
  reference: "CT-1",
  verdict: "match",
  reason: "",
};

Deno.test("one reconcile runs at a time, and a second request is told which", () =>
  withDatabase("plain", async (sql) => {
    const first = await start(sql);
    assertEquals(first.started, true);
    assertEquals(await start(sql), { id: first.id, started: false });
  }));

Deno.test("a run has one step at a time; the lease of a killed step expires", () =>
  withDatabase("plain", async (sql) => {
    const { id } = await start(sql);
    assertEquals((await claim(sql))?.id, id);
    assertEquals(await claim(sql, OTHER), null);
    await sql`update zoho_reconcile_runs set lease_until = now() - interval '1 second' where true`;
    assertEquals((await claim(sql, OTHER))?.id, id);
    assertEquals(await note(sql, id, [match]), null, "the killed step's page was stored");
    assert(await note(sql, id, [match], { worker: OTHER }));
  }));

Deno.test("a record read twice counts once", () =>
  withDatabase("plain", async (sql) => {
    const { id } = await start(sql);
    await claim(sql);
    await note(sql, id, [match, { ...match, zoho_id: "2" }]);
    await note(sql, id, [match], { finished: true });
    const [run] = await sql`select status, matched, calls, counts from zoho_reconcile_runs where id = ${id}`;
    assertEquals({ ...run }, {
      status: "finished",
      matched: 2,
      calls: 2,
      counts: { contract: { match: 2 } },
    });
    assertEquals((await sql`select from zoho_sync.reconcile_seen`).length, 0);
    const [spent] = await sql`select lane, credits from zoho_credit_ledger`;
    assertEquals({ ...spent }, { lane: 2, credits: 2 });
  }));

Deno.test("entities without a record are found window by window, each once", () =>
  withDatabase("plain", async (sql) => {
    const { quote, contract } = await insertBusiness(sql);
    const ids = [contract.id, ...await insertContracts(sql, quote.id, 6)].toSorted();
    const seen = [ids[0], ids[1], ids[4]];
    const { id } = await start(sql);
    await claim(sql);
    for (const [index, each] of seen.entries()) await linkContract(sql, each ?? "", `500${index}`);
    await note(sql, id, seen.map((each, index) => ({ ...match, zoho_id: `500${index}`, entity_id: each })));
    const found: string[][] = [];
    let after: string | null = null;
    do {
      const { entities, next }: Unseen = await unseen(sql, id, after);
      found.push(entities.map(({ entity_id }) => entity_id));
      after = next;
    } while (after !== null);
    assertEquals(found, [2, [3, 5], 6].map((at) => [at].flat().map((each) => ids[each] ?? "")));
  }));

Deno.test("records that point to a deleted Account or Contact are found by index", () =>
  withDatabase("plain", async (sql) => {
    await sql`
      insert into zoho_entity_mappings (circletel_type, circletel_id, zoho_type, zoho_id, snapshot)
      select 'contract', gen_random_uuid(), 'Deals', n::text, jsonb_build_object(
        'Account_Name', jsonb_build_object('id', 'a' || n / 2), 'Contact_Name', jsonb_build_object('id', 'c' || n / 2))
      from generate_series(1, 20000) n`;
    await sql`insert into zoho_accounts (account_key, zoho_id, matched_by) values ('company:karoo', 'a7', 'created')`;
    await sql`insert into zoho_entity_mappings (circletel_type, circletel_id, zoho_type, zoho_id)
      values ('customer', gen_random_uuid(), 'Contacts', 'c7')`;
    await sql`analyze zoho_entity_mappings`;
    const scans = async () => {
      await sql`select pg_stat_force_next_flush()`;
      const [row] =
        await sql`select seq_scan::int as scans from pg_stat_user_tables where relname = 'zoho_entity_mappings'`;
      return row?.scans;
    };
    const before = await scans();
    for (const [type, gone] of [["Accounts", "a7"], ["Contacts", "c7"]] as const) {
      const [links] = await sql`select zoho_records_of_links(${type}, ${[
        gone,
      ]}) -> 0 -> 'records' as records`;
      assertEquals(links?.records.map((record: { id: string }) => record.id).toSorted(), ["14", "15"]);
      await sql`select zoho_gone_links(${type}, ${sql.json([{ zoho_id: gone, master: null }])})`;
    }
    assertEquals(await scans(), before);
  }));

Deno.test("a contract that a rule of CircleTel's refuses does not hold up the repair of the others", () =>
  withDatabase("plain", async (sql) => {
    const { quote } = await insertBusiness(sql);
    const ids = await insertContracts(sql, quote.id, 3);
    for (const [index, id] of ids.entries()) await linkContract(sql, id, `70${index}`);
    await sql`update contracts c set zoho_deal_id = m.zoho_id from zoho_entity_mappings m where m.circletel_id = c.id`;
    await emptyQueue(sql);
    await sql`alter table contracts add constraint no_luck check (zoho_deal_id is not distinct from '701' or contract_number <> 'CT-2026-M2') not valid`;
    const { id: run } = await start(sql);
    const rows = await sql`
      insert into zoho_reconcile_rows (run_id, entity_type, entity_id, zoho_type, verdict, reason)
      select ${run}, 'contract', unnest(${ids}::uuid[]), 'Deals', 'missing', 'gone' returning id`;
    const [repaired] = await sql`select zoho_reconcile_repair(${
      rows.map(({ id }) => id)
    }::bigint[]) as answer`;
    assertEquals(repaired?.answer, { enqueued: 3 });
    assertEquals(
      (await sql`select zoho_deal_id from contracts where zoho_deal_id is not null`).map((row) =>
        row.zoho_deal_id
      ),
      [
        "701",
      ],
    );
    assertEquals(
      (await sql`select kind, entity_id from zoho_notices`).map(({ kind, entity_id }) => [kind, entity_id]),
      [
        ["deal_id_refused", ids[1]],
      ],
    );
  }));

Deno.test("an invoice is found by its number by index", () =>
  withDatabase("plain", async (sql) => {
    const { customer } = await insertBusiness(sql);
    await sql`
      insert into customer_invoices (customer_id, invoice_number)
      select ${customer.id}, 'INV-' || n from generate_series(1, 20000) n`;
    await sql`analyze customer_invoices`;
    const plan = await sql`
      explain select i.id from customer_invoices i where i.invoice_number = any (array['INV-7', 'INV-8'])`;
    assertMatch(JSON.stringify(plan), /customer_invoices_invoice_number_idx/);
    const [found] = await sql`
      select count(*)::int from zoho_sync.reconcile_entities('invoice', p_references => array['INV-7', 'INV-8'])`;
    assertEquals(found?.count, 2);
  }));

const WAITS: { title: string; prepare: string }[] = [
  { title: "while the sync is paused", prepare: "select zoho_pause('HTTP_503', 'x')" },
  {
    title: "while the day's credits are for changes only",
    prepare: "insert into zoho_credit_ledger (quarter, lane, credits) values (now(), 1, 45000)",
  },
];

for (const { title, prepare } of WAITS) {
  Deno.test(`a run waits ${title}`, () =>
    withDatabase("plain", async (sql) => {
      await start(sql);
      await sql.unsafe(prepare);
      assertEquals(await claim(sql), null);
      const [run] = await sql`select status, next_step_at > now() as later from zoho_reconcile_runs`;
      assertEquals({ ...run }, { status: "running", later: true });
    }));
}

Deno.test("an incremental run begins where the last finished one began, and is a full one without it", () =>
  withDatabase("plain", async (sql) => {
    const { id } = await start(sql, "incremental");
    assertEquals((await claim(sql))?.since, null);
    await note(sql, id, [], { finished: true });
    await start(sql, "incremental");
    const [runs] = await sql`
      select array_agg(kind order by started_at) as kinds, max(since) = min(started_at) as follows
      from zoho_reconcile_runs`;
    assertEquals({ ...runs }, { kinds: ["full", "incremental"], follows: true });
  }));

const MARKS: [what: string, kind: string, actor: string, hasRunBefore: boolean, isMarked: boolean][] = [
  ["of the schedule over the latest changes", "incremental", "schedule", true, true],
  [
    "of the schedule with no run before it, which is over everything,",
    "incremental",
    "schedule",
    false,
    true,
  ],
  ["of the schedule over everything", "full", "schedule", true, true],
  ["that an operator started over everything", "full", "admin", true, false],
];

for (const [what, kind, actor, hasRunBefore, isMarked] of MARKS) {
  Deno.test(`a run ${what} ${isMarked ? "marks what differs with a look" : "reports and marks nothing"}`, () =>
    withDatabase("plain", async (sql) => {
      const { contract } = await insertBusiness(sql);
      await linkContract(sql, contract.id, "5000000000001");
      await emptyQueue(sql);
      if (hasRunBefore) {
        const { id } = await start(sql, "full");
        await claim(sql);
        await note(sql, id, [], { finished: true });
      }
      const { id } = await start(sql, kind, actor);
      await claim(sql);
      const differs = {
        ...match,
        entity_id: contract.id,
        verdict: "differs",
        reason: "fields",
        fields: { Amount: { zoho: 1, circletel: 2 } },
      };
      await note(sql, id, [differs], { finished: true });
      assertEquals(
        (await queueRows(sql)).map(({ look, cause }) => [look, cause]),
        isMarked ? [[true, "reconcile"]] : [],
      );
    }));
}

Deno.test("ten faults in a row end a run, fewer delay it", () =>
  withDatabase("plain", async (sql) => {
    const { id } = await start(sql);
    for (let fault = 1; fault <= 10; fault++) {
      await sql`update zoho_reconcile_runs set next_step_at = now() where true`;
      await claim(sql);
      await sql`select zoho_reconcile_release(${id}, ${WORKER}, 'HTTP_503', 'x')`;
      const [run] =
        await sql`select status, next_step_at > now() as later, error_code from zoho_reconcile_runs`;
      assertEquals(run?.status, fault < 10 ? "running" : "failed");
      assertEquals([run?.later, run?.error_code], [true, "HTTP_503"]);
    }
  }));

Deno.test("rows that could not be named stay due until a run over all kinds has compared everything", () =>
  withDatabase("plain", async (sql) => {
    const kindOf = async (types: string[]) => {
      const [started] =
        await sql`select zoho_reconcile_start('incremental', ${types}, 'schedule') ->> 'id' as id`;
      const [run] = await sql`select kind from zoho_reconcile_runs where id = ${started?.id}`;
      return { id: String(started?.id), kind: run?.kind };
    };
    const finish = async (id: string) => {
      await claim(sql);
      await note(sql, id, [], { finished: true });
    };
    const all = ["contract", "quote", "customer", "invoice"];
    await finish((await kindOf(all)).id);
    await sql`update zoho_sync_state set full_reconcile_due = true`;

    const some = await kindOf(["contract"]);
    assertEquals(some.kind, "full");
    await finish(some.id);
    const failing = await kindOf(all);
    assertEquals(failing.kind, "full", "the other kinds are due still");
    await claim(sql);
    await sql`select zoho_reconcile_release(${failing.id}, ${WORKER}, 'INVALID_MODULE', 'x', true)`;
    const again = await kindOf(all);
    assertEquals(again.kind, "full", "the run before failed");
    await finish(again.id);
    assertEquals((await kindOf(all)).kind, "incremental");
  }, ["contract", "quote", "customer", "invoice"]));

Deno.test("the sweep rings for a run without a worker, and for no other", () =>
  withDatabase("plain", async (sql) => {
    await hangBell(sql);
    const swept = async () => {
      await forgetRings(sql);
      await sql`select zoho_sync.sweep_reconcile()`;
      return (await rings(sql)).length;
    };
    assertEquals(await swept(), 0);
    await start(sql);
    assertEquals(await swept(), 1);
    await claim(sql);
    assertEquals(await swept(), 0);
    await sql`update zoho_reconcile_runs set lease_until = now() - interval '1 second' where true`;
    assertEquals(await swept(), 1);
  }));

Deno.test("everything is compared again after as many days as the setting says, and what changed every hour", () =>
  withDatabase("plain", async (sql) => {
    const { contract } = await insertBusiness(sql);
    await linkContract(sql, contract.id, "5001");
    await hangBell(sql);
    const rung = async (kind: string, daysSince: number) => {
      await forgetRings(sql);
      await sql`update zoho_reconcile_runs set started_at = now() - ${daysSince} * interval '1 day' where true`;
      await sql`select zoho_sync.schedule_reconcile(${kind})`;
      return (await rings(sql)).length;
    };
    const { id } = await start(sql);
    await claim(sql);
    await note(sql, id, [match], { finished: true });
    assertEquals(await rung("full", 1), 1, "every night unless it is set");
    await sql`update zoho_sync_state set full_reconcile_days = 7 where id`;
    assertEquals([await rung("full", 1), await rung("full", 6)], [0, 0]);
    // The seventh night, though the run began a little late a week ago.
    assertEquals([await rung("full", 6.9), await rung("full", 7)], [1, 1]);
    assertEquals(await rung("incremental", 1), 1);
    await sql`update zoho_reconcile_runs set status = 'failed' where true`;
    assertEquals(await rung("full", 1), 1, "a run that failed compared nothing");
  }));

Deno.test("a scheduled comparison does not run before anything is linked", () =>
  withDatabase("plain", async (sql) => {
    await hangBell(sql);
    await sql`select zoho_sync.schedule_reconcile('full')`;
    assertEquals((await rings(sql)).length, 0);
    const { contract } = await insertBusiness(sql);
    await linkContract(sql, contract.id, "5001");
    await forgetRings(sql);
    await sql`select zoho_sync.schedule_reconcile('full')`;
    assertEquals((await rings(sql)).map(({ body }) => body), [{ kind: "full", reason: "schedule" }]);
  }));

Deno.test("runs are kept for thirty days with their rows, the newest of each kind for ever", () =>
  withDatabase("plain", async (sql) => {
    await sql`
      with runs as (
        insert into zoho_reconcile_runs (kind, entity_types, actor, status, started_at)
        select r.kind, '{contract}', r.name, 'finished', now() - r.ago
        from (values ('full', 'old full', interval '40 days'), ('full', 'last full', interval '35 days'),
          ('incremental', 'old', interval '31 days'), ('incremental', 'young', interval '29 days')) r (kind, name, ago)
        returning id)
      insert into zoho_reconcile_rows (run_id, entity_type, zoho_type, verdict, reason)
      select id, 'contract', 'Deals', 'extra', 'unowned' from runs`;
    await sql`select zoho_sync.purge_expired()`;
    const left = await sql`select actor from zoho_reconcile_runs order by 1`;
    assertEquals(left.map(({ actor }) => actor), ["last full", "young"]);
    assertEquals((await sql`select from zoho_reconcile_rows`).length, 2);
  }));

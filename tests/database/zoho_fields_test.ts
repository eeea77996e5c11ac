import { assertEquals } from "@std/assert";
import type postgres from "postgres";
import { withDatabase } from "../support/database.ts";
import { insertBusiness } from "../support/fixtures.ts";
import { fold } from "../support/fold.ts";
import { rpc } from "./steps.ts";

// What is known of Zoho's fields, and what follows for snapshots and the queue when it changes.

const good = {
  module: "Deals",
  field: "Risk_Tier",
  api_name: "Risk_Tier",
  zoho_id: "1",
  label: "Risk Tier",
  data_type: "picklist" as string | null,
  is_optional: false,
  is_unique: false,
  options: ["Low", "High"],
  displayed: ["Low", "High"],
  problem: null as string | null,
  missing_options: [] as string[],
};

interface Rules {
  due: boolean;
  fields: Record<string, unknown>[];
  optional: Record<string, unknown>[];
}

async function store(sql: postgres.Sql, change: Partial<typeof good> = {}): Promise<Rules> {
  const fields = [{ ...good, ...change }];
  return await rpc<Rules>(sql, (tx) => tx`select public.zoho_store_fields(${tx.json(fields)}) as answer`);
}

/** A contract whose Deal holds a tier, with nothing queued; and the field known and well. */
async function synced(sql: postgres.Sql): Promise<string> {
  const { contract } = await insertBusiness(sql);
  await fold(sql);
  await sql`delete from zoho_sync_queue where true`;
  await sql`insert into zoho_entity_mappings (circletel_type, circletel_id, zoho_type, zoho_id, snapshot)
    values ('contract', ${contract.id}, 'Deals', '7', '{"Risk_Tier": "Low", "Amount": 1}')`;
  await store(sql);
  return contract.id;
}

async function state(sql: postgres.Sql): Promise<{ snapshot: unknown; queued: string[] }> {
  const [mapping] = await sql`select snapshot from zoho_entity_mappings`;
  await fold(sql);
  const queue = await sql`select status, lane, cause from zoho_sync_queue`;
  return {
    snapshot: mapping?.snapshot,
    queued: queue.map(({ status, lane, cause }) => `${status} ${lane} ${cause}`),
  };
}

const whole = { Risk_Tier: "Low", Amount: 1 };
const forgotten = { Amount: 1 };

Deno.test("fields without problems write no rules, and nothing follows", () =>
  withDatabase("plain", async (sql) => {
    await synced(sql);
    assertEquals(await store(sql), { due: false, fields: [], picklists: [], optional: [] });
    assertEquals(await state(sql), { snapshot: whole, queued: [] });
  }));

Deno.test("a missing field is forgotten once, and its records are compared in the last lane once it exists again", () =>
  withDatabase("plain", async (sql) => {
    await synced(sql);
    const { fields } = await store(sql, { problem: "missing", zoho_id: undefined });
    assertEquals(fields.map(({ field, problem }) => [field, problem]), [["Risk_Tier", "missing"]]);
    assertEquals(await state(sql), { snapshot: forgotten, queued: [] });
    await store(sql, { problem: "missing", zoho_id: undefined });
    await store(sql);
    assertEquals(await state(sql), { snapshot: forgotten, queued: ["pending 2 field is back"] });
  }));

Deno.test("an absent optional field is no problem; its records are compared in the last lane once it exists", () =>
  withDatabase("plain", async (sql) => {
    await synced(sql);
    const absent = { field: "Currency", api_name: "Currency", is_optional: true, data_type: null };
    const { fields, optional } = await store(sql, { ...absent, zoho_id: undefined });
    assertEquals({ fields, optional }, { fields: [], optional: [] });
    assertEquals((await state(sql)).queued, []);
    const there = await store(sql, { ...absent, data_type: "picklist" });
    assertEquals(there.optional, [{ module: "Deals", field: "Currency" }]);
    assertEquals((await state(sql)).queued, ["pending 2 field is back"]);
  }));

Deno.test("a field that is missing at the first reading is forgotten, too", () =>
  withDatabase("plain", async (sql) => {
    await synced(sql);
    await sql`delete from zoho_fields where true`;
    await store(sql, { problem: "missing", zoho_id: undefined });
    assertEquals(await state(sql), { snapshot: forgotten, queued: [] });
  }));

Deno.test("a record type that is switched off is not sent again", () =>
  withDatabase("plain", async (sql) => {
    await synced(sql);
    await sql`update zoho_sync_state set synced_types = '{quote}' where true`;
    await store(sql, { zoho_id: "2" });
    assertEquals(await state(sql), { snapshot: forgotten, queued: [] });
  }));

Deno.test("a field recreated between two readings is a new one: its values are sent again", () =>
  withDatabase("plain", async (sql) => {
    await synced(sql);
    await store(sql, { zoho_id: "2" });
    assertEquals(await state(sql), { snapshot: forgotten, queued: ["pending 2 field is back"] });
  }));

const noticesOf = async (sql: postgres.Sql) =>
  (await sql<{ message: string }[]>`select message from zoho_notices where kind = 'field_changed'`)
    .map(({ message }) => message);

const changes: [what: string, change: Partial<typeof good>, notice: string][] = [
  [
    "renamed",
    { api_name: "Tier" },
    "Deals.Risk_Tier is called Tier in Zoho now and was Risk_Tier. Its values are sent again.",
  ],
  [
    "changed to another type",
    { data_type: "text" },
    "Deals.Risk_Tier is of type text in Zoho now and was picklist. Its values are sent again.",
  ],
  ["made anew", { zoho_id: "2" }, "Deals.Risk_Tier was created again in Zoho. Its values are sent again."],
  [
    "given another name for an option that is held",
    { displayed: ["Small", "High"] },
    "Options of Deals.Risk_Tier are called otherwise in Zoho or are gone: Low. Its values are sent again.",
  ],
];

for (const [what, change, notice] of changes) {
  Deno.test(`a field that was ${what} may have lost values written meanwhile: they are sent again, with a notice`, () =>
    withDatabase("plain", async (sql) => {
      await synced(sql);
      await store(sql, change);
      assertEquals(await state(sql), { snapshot: forgotten, queued: ["pending 2 field is back"] });
      assertEquals(await noticesOf(sql), [notice]);
      await store(sql, change);
      assertEquals((await noticesOf(sql)).length, 1, "once");
    }));
}

Deno.test("a new name for an unused option sends nothing again", () =>
  withDatabase("plain", async (sql) => {
    await synced(sql);
    await store(sql, { displayed: ["Low", "Severe"] });
    assertEquals(await state(sql), { snapshot: whole, queued: [] });
  }));

Deno.test("an added option changes nothing", () =>
  withDatabase("plain", async (sql) => {
    await synced(sql);
    await store(sql, { options: ["Low", "High", "None"], displayed: ["Low", "High", "None"] });
    assertEquals([await state(sql), await noticesOf(sql)], [{ snapshot: whole, queued: [] }, []]);
  }));

Deno.test("a removed option is forgotten where it was used, and nowhere else", () =>
  withDatabase("plain", async (sql) => {
    await synced(sql);
    await store(sql, { problem: "missing_options", missing_options: ["High"] });
    assertEquals((await state(sql)).snapshot, whole);
    await store(sql, { problem: "missing_options", missing_options: ["High", "Low"] });
    assertEquals((await state(sql)).snapshot, forgotten);
  }));

Deno.test("dead letters of the field return with it, those of another field or fault do not", () =>
  withDatabase("plain", async (sql) => {
    const id = await synced(sql);
    await store(sql, { problem: "missing" });
    for (
      const [code, field] of [["FIELD_MISSING", "Risk_Tier"], ["FIELD_MISSING", "Other"], [
        "INVALID_DATA",
        "Risk_Tier",
      ]]
    ) {
      await sql`insert into zoho_sync_queue (entity_type, entity_id, cause, status, failed_rounds, error_code, error_field)
        values ('contract', ${
        code === "FIELD_MISSING" && field === "Risk_Tier" ? id : crypto.randomUUID()
      }, 'test', 'dead', 3, ${code ?? ""}, ${field ?? ""})`;
    }
    await store(sql);
    const rows =
      await sql`select error_code, error_field, status, failed_rounds from zoho_sync_queue order by status desc, error_code`;
    assertEquals(rows.map((row) => Object.values(row).join(" ")), [
      "FIELD_MISSING Risk_Tier pending 0",
      "FIELD_MISSING Other dead 3",
      "INVALID_DATA Risk_Tier dead 3",
    ]);
  }));

Deno.test("the fields are due at first, then hourly; never where that is switched off", () =>
  withDatabase("plain", async (sql) => {
    const rules = () => rpc<Rules>(sql, (tx) => tx`select public.zoho_field_rules() as answer`);
    assertEquals((await rules()).due, true);
    await store(sql);
    assertEquals((await rules()).due, false);
    await sql`update zoho_sync_state set fields_due_at = now() - interval '1 second' where true`;
    assertEquals((await rules()).due, true);
    await sql`update zoho_sync_state set fields_due_at = 'infinity' where true`;
    await store(sql);
    const [row] = await sql`select fields_due_at = 'infinity' as never from zoho_sync_state`;
    assertEquals(row?.never, true);
  }));

Deno.test("the start of a problem is kept while it lasts", () =>
  withDatabase("plain", async (sql) => {
    await store(sql, { problem: "missing" });
    await sql`update zoho_fields set problem_since = '2026-01-01' where true`;
    await store(sql, { problem: "read_only" });
    const [row] = await sql`select problem_since::date::text as since from zoho_fields`;
    assertEquals(row?.since, "2026-01-01");
    await store(sql);
    const [well] = await sql`select problem_since from zoho_fields`;
    assertEquals(well?.problem_since, null);
  }));

import { assert, assertEquals } from "@std/assert";
import type postgres from "postgres";
import { withDatabase } from "../support/database.ts";
import { insertBusiness } from "../support/fixtures.ts";
import { publicTables, rowsOf } from "./catalog.ts";
import { hangBell, rings } from "./rings.ts";
import { claim, claimOne, done, linkContract, settle } from "./steps.ts";

// POPIA: what identifies a person stays in CircleTel's own tables.

const MARK = "popia-mark";
const MARKED_JSON = JSON.stringify({ id_number: MARK, directors: [MARK] });
const WORKER = crypto.randomUUID();

Deno.test("personal data reaches no table of the sync, whatever is written, claimed, settled or deleted", () =>
  withDatabase("plain", async (sql) => {
    await hangBell(sql);
    const { contract, kyc } = await insertMarkedBusiness(sql);
    await linkContract(sql, contract.id, "5000000000001");
    await expectNoMark(sql, "after insert");

    const { changes } = await claim(sql, { worker: WORKER });
    await expectNoMark(sql, "after claim");

    await settle(sql, {
      worker: WORKER,
      results: changes.map((change) => done(change, "5000000000001", { KYC_Status: "Completed" })),
    });
    await sql`update customers set first_name = ${`${MARK} again`} where true`;
    await sql`update kyc_sessions set risk_tier = 'high', raw_webhook_payload = ${MARKED_JSON}::text::jsonb where true`;
    await claim(sql, { worker: WORKER });
    await expectNoMark(sql, "after update");

    await sql`delete from rica_submissions where true`;
    await sql`delete from kyc_sessions where id = ${kyc.id}`;
    await sql`delete from contracts where id = ${contract.id}`;
    await expectNoMark(sql, "after delete");
  }));

Deno.test("a claim returns a Contact's name and e-mail, and nothing else of the person", () =>
  withDatabase("plain", async (sql) => {
    await insertMarkedBusiness(sql);
    const { source } = await claimOne(sql, WORKER);
    const { customer, ...rest } = source ?? {};
    assertEquals(Object.keys(customer ?? {}).sort(), [
      "business_name",
      "email",
      "first_name",
      "id",
      "last_name",
    ]);
    assert(!JSON.stringify(rest).includes(MARK), JSON.stringify(rest));
  }));

async function insertMarkedBusiness(sql: postgres.Sql) {
  return await insertBusiness(sql, {
    customer: {
      first_name: MARK,
      last_name: MARK,
      email: `${MARK}@example.co.za`,
      phone: MARK,
      id_number: MARK,
      business_registration: MARK,
      tax_number: MARK,
      business_name: "Karoo Traders",
    },
    quote: {
      contact_name: MARK,
      contact_email: `${MARK}@example.co.za`,
      contact_phone: MARK,
      service_address: MARK,
      registration_number: MARK,
      vat_number: MARK,
    },
    kyc: {
      didit_session_id: MARK,
      extracted_data: JSON.parse(MARKED_JSON),
      raw_webhook_payload: JSON.parse(MARKED_JSON),
    },
    rica: { submitted_data: JSON.parse(MARKED_JSON), iccid: [MARK], icasa_tracking_id: MARK },
  });
}

async function expectNoMark(sql: postgres.Sql, when: string): Promise<void> {
  const tables = (await publicTables(sql)).filter((table) => table.startsWith("zoho_"));
  assert(tables.length >= 8);
  for (const table of tables) {
    const marked = (await rowsOf(sql, table)).filter((row) => row.includes(MARK));
    assertEquals(marked, [], `${when}, ${table} holds personal data`);
  }
  assert(!JSON.stringify(await rings(sql)).includes(MARK), `${when}, a doorbell call holds personal data`);
}

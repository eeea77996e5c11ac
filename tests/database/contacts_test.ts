import { assertEquals } from "@std/assert";
import type postgres from "postgres";
import { withDatabase } from "../support/database.ts";
import {
  insertBusiness,
  insertContract,
  insertCustomer,
  insertQuote,
  type Row,
} from "../support/fixtures.ts";
import { claim, emptyQueue, linkContract, queueRows, settle } from "./steps.ts";

// A record goes without its customer's Contact where that is not there yet, and comes again when it is.

const WORKER = crypto.randomUUID();

const linkOf = (customer: Row, zohoId: string) => ({
  circletel_type: "customer",
  circletel_id: customer.id,
  zoho_type: "Contacts",
  zoho_id: zohoId,
  fields: {},
});

async function found(sql: postgres.Sql, customer: Row, zohoId: string): Promise<unknown[]> {
  await settle(sql, { worker: WORKER, results: [], links: [linkOf(customer, zohoId)] });
  return await queued(sql);
}

async function queued(sql: postgres.Sql): Promise<unknown[]> {
  const rows = await queueRows(sql);
  await emptyQueue(sql);
  return rows.map(({ entity_type, entity_id, lane, cause }) => ({ entity_type, entity_id, lane, cause }));
}

async function withCustomers(sql: postgres.Sql) {
  await sql`update public.zoho_sync_state set synced_types = '{contract,customer}' where true`;
  const business = await insertBusiness(sql);
  await emptyQueue(sql);
  return business;
}

Deno.test("a Contact that is found requeues the records that show none or another, and no others", () =>
  withDatabase("plain", async (sql) => {
    const { contract, customer } = await withCustomers(sql);
    const quote = await insertQuote(sql, { customer_id: customer.id });
    const [shows, other] = [
      await insertContract(sql, quote.id, { customer_id: customer.id }),
      await insertContract(sql, quote.id, { customer_id: customer.id }),
    ];
    await linkContract(sql, contract.id, "501", { Contact_Name: null });
    await linkContract(sql, shows.id, "502", { Contact_Name: { id: "700" } });
    await linkContract(sql, other.id, "503", { Contact_Name: { id: "699" } });
    await emptyQueue(sql);
    const again = await found(sql, customer, "700");
    assertEquals(
      new Set(again.map((row) => Object(row).entity_id)),
      new Set([contract.id, other.id]),
    );
    assertEquals(await found(sql, customer, "700"), [], "a Contact that was there brings nothing");
    assertEquals((await found(sql, customer, "701")).length, 3);
  }));

Deno.test("a Contact's stored values are extended while it is the same one, and replaced by those of another", () =>
  withDatabase("plain", async (sql) => {
    const { customer } = await withCustomers(sql);
    const learned = async (zohoId: string, fields: Record<string, string>) => {
      await settle(sql, { worker: WORKER, results: [], links: [{ ...linkOf(customer, zohoId), fields }] });
      const [row] = await sql`
        select zoho_id, snapshot from zoho_entity_mappings where circletel_id = ${customer.id}`;
      return [row?.zoho_id, row?.snapshot];
    };
    await learned("700", { Last_Name: "Nkosi" });
    assertEquals(await learned("700", { Phone: "1" }), ["700", { Last_Name: "Nkosi", Phone: "1" }]);
    assertEquals(await learned("701", { Last_Name: "Dlamini" }), ["701", { Last_Name: "Dlamini" }]);
  }));

Deno.test("a record sent without its customer's Contact queues the customer, in the record's lane", () =>
  withDatabase("plain", async (sql) => {
    const { contract, customer } = await withCustomers(sql);
    const lacking = [{
      entity_type: "contract",
      entity_id: contract.id,
      customer_id: customer.id,
      lane: 2,
    }];
    const lacks = async () => {
      await settle(sql, { worker: WORKER, results: [], lacking });
      return await queueRows(sql);
    };
    const cause = "Contact not there yet";
    const own = { entity_type: "customer", entity_id: customer.id, lane: 2, cause, version: 1 };
    const seen = async () =>
      (await lacks()).map(({ entity_type, entity_id, lane, cause, version }) => ({
        entity_type,
        entity_id,
        lane,
        cause,
        version,
      }));
    assertEquals(await seen(), [own]);
    assertEquals(await seen(), [own], "one that is queued is not marked again: it may have failed and wait");
    await emptyQueue(sql);
    await sql`
      insert into public.zoho_questions (kind, entity_type, entity_id, reason, ours, theirs, answers)
      values ('contact_match', 'customer', ${customer.id}, 'name_differs', '""', '[]', '{link}')`;
    assertEquals(await seen(), [], "nor one that a person is asked about");
    await found(sql, customer, "700");
    assertEquals(
      await seen(),
      [{ ...own, entity_type: "contract", entity_id: contract.id }],
      "found meanwhile",
    );
  }));

Deno.test("a customer's own change waits after a failure until it is due; with customers off there is none", () =>
  withDatabase("plain", async (sql) => {
    const { contract, customer } = await withCustomers(sql);
    const changeOf = async (row: { status: string; error_code: string | null; due: string }) => {
      await sql`delete from public.zoho_sync_queue where true`;
      await sql`insert into public.zoho_sync_queue (entity_type, entity_id, cause, status, error_code, next_attempt_at)
        values ('customer', ${customer.id}, 'test', ${row.status}, ${row.error_code}, now() + ${row.due}::interval),
          ('contract', ${contract.id}, 'test', 'pending', null, now())`;
      const { changes } = await claim(sql, { worker: WORKER, only: { type: "contract", id: contract.id } });
      return Object(changes[0]?.source).customer_change;
    };
    const dead = { status: "dead", error_code: "INVALID_DATA", due: "-1 hour" };
    const later = { status: "pending", error_code: "RECORD_LOCKED", due: "1 hour" };
    assertEquals(await changeOf(dead), "waits");
    assertEquals(await changeOf(later), "waits");
    assertEquals(await changeOf({ ...later, due: "-1 hour" }), "free");
    assertEquals(await changeOf({ ...later, error_code: null }), "free");
    await sql`update public.zoho_sync_state set synced_types = '{contract}' where true`;
    assertEquals(await changeOf(dead), "off");
  }));

Deno.test("of two customers' Contacts that were merged into a third, one customer gets it and the other is looked at", () =>
  withDatabase("plain", async (sql) => {
    const ids = [(await insertCustomer(sql)).id, (await insertCustomer(sql)).id].map(String).sort();
    for (const [place, id] of ids.entries()) {
      await insertQuote(sql, { customer_id: id });
      await sql`insert into zoho_entity_mappings (circletel_type, circletel_id, zoho_type, zoho_id)
        values ('customer', ${id}, 'Contacts', ${`8${place}`})`;
    }
    await emptyQueue(sql);
    await sql`select zoho_gone_links('Contacts', '[{"zoho_id": "80", "master": "90"}, {"zoho_id": "81", "master": "90"}]')`;
    const mappings = await sql`select circletel_id, zoho_id from zoho_entity_mappings order by circletel_id`;
    assertEquals(mappings.map(({ zoho_id }) => zoho_id), ["90", "81"]);
    assertEquals((await queueRows(sql)).map(({ entity_id }) => entity_id).sort(), ids);
  }, ["customer"]));

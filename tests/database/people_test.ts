import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type postgres from "postgres";
import { withDatabase } from "../support/database.ts";
import { insertContract, insertCustomer, insertQuote } from "../support/fixtures.ts";
import { fold } from "../support/fold.ts";
import { publicTables, rowsOf } from "./catalog.ts";
import { rpc } from "./steps.ts";

// POPIA: what the sync holds of one person is handed out, erased, and does not outlive the person's row for long.

const MARK = "Umkhumbuzo";

/** A private person in every table of the sync that can name one, and another one who is not asked about. */
async function known(sql: postgres.Sql): Promise<{ id: string; other: string }> {
  const [id = "", other = ""] = [(await insertCustomer(sql)).id, (await insertCustomer(sql)).id].map(String);
  const names = (name: string) =>
    JSON.stringify({ First_Name: name, Last_Name: name, Email: `${name}@x.example`, Phone: null });
  for (const [customer, name, zohoId] of [[id, MARK, "71"], [other, "Other", "72"]] as const) {
    const key = `customer:${customer}`;
    await sql`insert into zoho_entity_mappings (circletel_type, circletel_id, zoho_type, zoho_id, snapshot)
      values ('customer', ${customer}, 'Contacts', ${zohoId}, ${names(name)}::text::jsonb)`;
    await sql`insert into zoho_accounts (account_key, zoho_id, matched_by) values (${key}, ${`9${zohoId}`}, 'created')`;
    await sql`insert into zoho_sync.account_names values (${key}, ${name.toLowerCase()})`;
    await sql`insert into zoho_sync_logs (entity_type, entity_id, zoho_entity_type, status, request_payload)
      values ('customer', ${customer}, 'Contacts', 'success', ${names(name)}::text::jsonb)`;
    await sql`insert into zoho_questions (kind, account_key, reason, ours, theirs, answers)
      values ('account', ${key}, 'another_person', ${JSON.stringify(name)}::text::jsonb, '[]', '{link}')`;
    await sql`insert into zoho_sync.search_entries (entity_type, entity_id, person, account_key)
      values ('customer', ${customer}, ${name}, ${key})
      on conflict (entity_type, entity_id) do update set person = excluded.person`;
    const [run] = await sql`
      insert into zoho_reconcile_runs (kind, entity_types, actor, status)
      values ('full', '{customer}', 'test', 'finished') returning id`;
    await sql`insert into zoho_reconcile_rows (run_id, entity_type, entity_id, zoho_type, verdict, reason, fields)
      values (${String(run?.id)}, 'customer', ${customer}, 'Contacts', 'differs', 'fields', ${
      names(name)
    }::text::jsonb)`;
    await sql`insert into zoho_sync.record_holds (entity_type, entity_id, reason, held_by)
      values ('customer', ${customer}, ${`${name} rang`}, 'an admin')`;
    await sql`insert into zoho_sync.former_rows (source, content)
      values ('zoho_entity_mappings', jsonb_build_object('circletel_id', ${customer}::text, 'snapshot', ${
      names(name)
    }::text::jsonb))`;
  }
  return { id, other };
}

const erase = (sql: postgres.Sql, id: string) =>
  rpc<Record<string, number>>(sql, (tx) => tx`select zoho_erase_person(${id}, 'an admin') as answer`);

/** Tables of the sync that hold the mark, in whatever case. */
async function tablesThatName(sql: postgres.Sql, mark: string): Promise<string[]> {
  const own = (await publicTables(sql)).filter((table) => table.startsWith("zoho_"));
  const found: string[] = [];
  for (const table of own) {
    if ((await rowsOf(sql, table)).some((row) => row.toLowerCase().includes(mark.toLowerCase()))) {
      found.push(table);
    }
  }
  const inner = await sql<{ name: string }[]>`select c.relname as name from pg_class c
    where c.relnamespace = 'zoho_sync'::regnamespace and c.relkind = 'r'`;
  for (const { name } of inner) {
    const rows = await sql.unsafe(`select to_jsonb(t)::text as row from zoho_sync."${name}" t`);
    if (rows.some(({ row }) => String(row).toLowerCase().includes(mark.toLowerCase()))) found.push(name);
  }
  return found.sort();
}

Deno.test("erasing a person removes their name from every table of the sync and leaves all others", () =>
  withDatabase("plain", async (sql) => {
    const { id } = await known(sql);
    const before = await tablesThatName(sql, "Other");
    assertEquals(await tablesThatName(sql, MARK), before);
    assertEquals(await erase(sql, id), { zoho_entity_mappings: 1, zoho_sync_logs: 1, zoho_questions: 1 });
    assertEquals(await tablesThatName(sql, MARK), []);
    assertEquals(await tablesThatName(sql, "Other"), before);
    const [mapping] = await sql`select zoho_id, state from zoho_entity_mappings where circletel_id = ${id}`;
    assertEquals([mapping?.zoho_id, mapping?.state], ["71", "unlinked"], "which record it was stays known");
  }));

Deno.test("a dry run's plan for an erased person is purged, and no other person's", () =>
  withDatabase("plain", async (sql) => {
    const { id, other } = await known(sql);
    const [run] = await sql`
      insert into zoho_backfill_runs (entity_type, dry_run, actor) values ('customer', true, 'an admin') returning id`;
    for (const [position, customer] of [id, other].entries()) {
      await sql`insert into zoho_backfill_items (run_id, entity_type, entity_id, position, mapped, would)
        values (${
        String(run?.id)
      }, 'customer', ${customer}, ${position}, false, '{"sends": {"Last_Name": "N***"}}')`;
    }
    await erase(sql, id);
    const items = await sql`select would is null as is_forgotten from zoho_backfill_items order by position`;
    assertEquals(items.map(({ is_forgotten }) => is_forgotten), [true, false]);
  }));

Deno.test("an erased person is not found by a search, though CircleTel's own rows still name them and change", () =>
  withDatabase("plain", async (sql) => {
    const { id } = await known(sql);
    await sql`update customers set first_name = ${MARK}, last_name = ${MARK}, account_type = 'business',
      business_name = 'Karoo Traders' where id = ${id}`;
    const named = { customer_id: id, company_name: `${MARK} ${MARK}` };
    const quotes = [await insertQuote(sql, named), await insertQuote(sql, { customer_id: id })];
    const contract = await insertContract(sql, String(quotes[1]?.id), { customer_id: id });
    const kept = async () => {
      await fold(sql);
      await sql`delete from zoho_sync.search_walk where true`;
      await sql`select zoho_sync.keep_search()`;
      const rows = await sql`select entity_type, entity_id, person, haystack from zoho_sync.search_entries`;
      return {
        named: rows.filter(({ haystack }) => haystack.includes(MARK.toLowerCase())).length,
        own: rows.filter(({ entity_id }) => entity_id === id).length,
        contracts: rows.filter(({ entity_id }) => entity_id === contract.id).length,
      };
    };
    assertEquals(await kept(), { named: 4, own: 1, contracts: 1 });
    await erase(sql, id);
    assertEquals(await tablesThatName(sql, MARK), []);
    await sql`update customers set business_name = 'Karoo Traders 2' where id = ${id}`;
    await sql`update business_quotes set status = 'sent' where customer_id = ${id}`;
    assertEquals(await kept(), { named: 0, own: 0, contracts: 1 });
  }));

Deno.test("an erased person's name stays out of the search when CircleTel empties the row and then deletes it", () =>
  withDatabase("plain", async (sql) => {
    const customer = await insertCustomer(sql, {
      first_name: "Thandi",
      last_name: "Mokoena",
      account_type: "personal",
      business_name: null,
    });
    await insertQuote(sql, { customer_id: customer.id, company_name: "Thandi Mokoena" });
    const found = async () => {
      await fold(sql);
      await sql`select zoho_sync.keep_search()`;
      const rows =
        await sql`select company, person, account_key from zoho_sync.search_entries where entity_type = 'quote'`;
      return rows.map((row) => Object.values(row));
    };
    assertEquals(await found(), [["Thandi Mokoena", "Thandi Mokoena", "company:thandi mokoena"]]);
    await erase(sql, String(customer.id));
    assertEquals(await found(), [[null, null, null]]);
    await sql`update customers set first_name = 'Erased', last_name = 'Person' where id = ${
      String(customer.id)
    }`;
    assertEquals(await found(), [[null, null, null]]);
    await sql`delete from customers where id = ${String(customer.id)}`;
    assertEquals(await found(), [[null, null, null]]);
  }, ["contract", "quote", "customer"]));

Deno.test("an erased person without a record in Zoho gets none, and is absent from the records of others", () =>
  withDatabase("plain", async (sql) => {
    const { id } = await insertCustomer(sql, { account_type: "business" });
    const quote = await insertQuote(sql, { customer_id: id });
    const contract = await insertContract(sql, String(quote.id), { customer_id: id });
    const sources = async () => {
      const rows = await sql`
        select s.entity_type, s.source -> 'customer' as customer
        from zoho_sync.sources('{customer,contract}', array[${String(id)}, ${
        String(contract.id)
      }]::uuid[]) s`;
      return rows.map(({ entity_type, customer }) => `${entity_type} of ${customer?.id ?? "nobody"}`).sort();
    };
    const all = () =>
      sql`select entity_id from zoho_sync.crm_entities('{customer}', array[${String(id)}]::uuid[])`;
    assertEquals(await sources(), [`contract of ${id}`, `customer of ${id}`]);
    assertEquals((await all()).length, 1);
    await erase(sql, String(id));
    assertEquals(await sources(), ["contract of nobody"]);
    assertEquals((await all()).length, 0);
    const [row] = await sql`select is_internal from zoho_sync.reconcile_entities('customer', array[${
      String(id)
    }]::uuid[])`;
    assertEquals(row?.is_internal, true, "a reconcile must not find that a record is missing");
  }, ["customer", "contract"]));

Deno.test("a drain's results for a person erased meanwhile are not kept, and the record raises a question", () =>
  withDatabase("plain", async (sql) => {
    const { id } = await insertCustomer(sql);
    await erase(sql, id);
    const fields = { First_Name: MARK, Last_Name: MARK, Email: `${MARK}@x.example`, Customer_Reference: id };
    await sql`select zoho_sync.remember_links(${
      JSON.stringify([{
        circletel_type: "customer",
        circletel_id: id,
        zoho_type: "Contacts",
        zoho_id: "74",
        fields,
      }])
    }::text::jsonb)`;
    assertEquals(await tablesThatName(sql, MARK), []);
    const [mapping] = await sql`select state from zoho_entity_mappings where circletel_id = ${id}`;
    assertEquals(mapping?.state, "unlinked");
    const [question] = await sql`select theirs from zoho_questions where kind = 'person_erased'`;
    assertEquals(question?.theirs, [{ module: "Contacts", id: "74" }]);
  }, ["customer"]));

Deno.test("a Contact that may have been made of a person who was erased is asked about by its reference, then by its id", () =>
  withDatabase("plain", async (sql) => {
    const { id } = await insertCustomer(sql);
    const open = () =>
      sql`select theirs from zoho_questions where kind = 'person_erased' and closed_at is null`;
    const attempt = (worker: string) =>
      rpc(
        sql,
        (tx) =>
          tx`select zoho_record_attempts(${worker}, 60, ${
            JSON.stringify([{
              id: crypto.randomUUID(),
              lease_id: id,
              lease_type: "customer",
              entity_type: "customer",
              entity_id: id,
              zoho_entity_type: "Contacts",
              attempt_number: 1,
              request_payload: { Last_Name: MARK, Customer_Reference: id },
            }])
          }::text::jsonb)::text as answer`,
      );
    const worker = crypto.randomUUID();
    await sql`insert into zoho_sync_queue (entity_type, entity_id, cause, status, lease_owner, lease_until)
      values ('customer', ${id}, 'a test', 'in_flight', ${worker}, now() + interval '1 minute')`;

    await erase(sql, id);
    assertEquals((await open()).length, 0, "nothing is known of a record");
    await attempt(worker);
    assertEquals((await open()).map(({ theirs }) => theirs), [[{ module: "Contacts", reference: id }]]);
    assertEquals(await tablesThatName(sql, MARK), []);

    const link = {
      circletel_type: "customer",
      circletel_id: id,
      zoho_type: "Contacts",
      zoho_id: "74",
      fields: {},
    };
    await sql`select zoho_sync.remember_links(${JSON.stringify([link])}::text::jsonb)`;
    assertEquals((await open()).map(({ theirs }) => theirs), [[{ module: "Contacts", id: "74" }]]);
  }, ["customer"]));

Deno.test("a record that is made after a person's question was answered is asked about again", () =>
  withDatabase("plain", async (sql) => {
    const { id } = await known(sql);
    const asked = async () => {
      const rows =
        await sql`select theirs from zoho_questions where kind = 'person_erased' order by asked_at`;
      return rows.map(({ theirs }) => theirs.length);
    };
    await sql`delete from zoho_entity_mappings where circletel_id = ${id}`;
    await erase(sql, id);
    await sql`update zoho_questions set closed_at = now(), closed_because = 'answered' where kind = 'person_erased'`;
    await erase(sql, id);
    assertEquals(await asked(), [1]);
    const link = {
      circletel_type: "customer",
      circletel_id: id,
      zoho_type: "Contacts",
      zoho_id: "74",
      fields: {},
    };
    await sql`select zoho_sync.remember_links(${JSON.stringify([link])}::text::jsonb)`;
    assertEquals(await asked(), [1, 2]);
  }, ["customer"]));

Deno.test("a Contact that is merged after its person was erased stays unlinked", () =>
  withDatabase("plain", async (sql) => {
    const { id } = await known(sql);
    await erase(sql, id);
    await sql`select zoho_gone_links('Contacts', '[{"zoho_id": "71", "master": "73"}]')`;
    const [mapping] = await sql`select zoho_id, state from zoho_entity_mappings where circletel_id = ${id}`;
    assertEquals([mapping?.zoho_id, mapping?.state], ["73", "unlinked"]);
  }, ["customer"]));

Deno.test("an erased person is remembered until 30 days after the row is gone", () =>
  withDatabase("plain", async (sql) => {
    const { id, other } = await known(sql);
    await erase(sql, id);
    await erase(sql, other);
    await sql`update zoho_sync.erased_people set erased_at = now() - interval '31 days' where true`;
    await sql`delete from customers where id = ${other}`;
    await sql`select zoho_sync.purge_expired()`;
    const left = await sql`select customer_id from zoho_sync.erased_people`;
    assertEquals(left.map(({ customer_id }) => customer_id), [id]);
  }));

Deno.test("erasing raises one question about the records still in Zoho, and audits the actor", () =>
  withDatabase("plain", async (sql) => {
    const { id } = await known(sql);
    await erase(sql, id);
    await erase(sql, id);
    const open = () =>
      sql`select id, theirs, answers from zoho_questions where kind = 'person_erased' and closed_at is null`;
    const [question, ...more] = await open();
    assertEquals([question?.theirs, question?.answers, more.length], [
      [{ id: "71", module: "Contacts" }, { id: "971", module: "Accounts" }],
      ["done"],
      0,
    ]);
    const acts = await sql`select actor, details from zoho_admin_actions where action = 'erase person'`;
    assertEquals(
      acts.map(({ actor, details }) => [actor, details]),
      Array(2).fill(["an admin", { entityType: "customer", id }]),
    );
    await rpc(
      sql,
      (tx) =>
        tx`select zoho_answer_questions(array[${question?.id}]::uuid[], 'done', 'an admin')::text as answer`,
    );
    assertEquals((await open()).length, 0);
  }));

Deno.test("the question about an erased person's records stays open when CircleTel deletes the row", () =>
  withDatabase("plain", async (sql) => {
    const { id } = await known(sql);
    await erase(sql, id);
    await sql`delete from customers where id = ${id}`;
    await fold(sql);
    const open =
      await sql`select entity_id from zoho_questions where kind = 'person_erased' and closed_at is null`;
    assertEquals(open.map(({ entity_id }) => entity_id), [id]);
  }, ["customer"]));

Deno.test("an export contains every row that names the person, no one else's, and is audited", () =>
  withDatabase("plain", async (sql) => {
    const { id } = await known(sql);
    const held = await rpc<Record<string, unknown[]>>(
      sql,
      (tx) => tx`select zoho_export_person(${id}, 'an admin') as answer`,
    );
    const text = JSON.stringify(held);
    assertStringIncludes(text, MARK);
    assert(!text.includes("Other"));
    const naming = Object.keys(held).filter((table) =>
      JSON.stringify(held[table]).toLowerCase().includes(MARK.toLowerCase())
    );
    assertEquals(naming.sort(), await tablesThatName(sql, MARK));
    const [act] = await sql`select actor from zoho_admin_actions where action = 'export person'`;
    assertEquals(act?.actor, "an admin");
  }));

Deno.test("names of a customer whose row is gone are purged after 30 days; those of others, and younger ones, stay", () =>
  withDatabase("plain", async (sql) => {
    const { id, other } = await known(sql);
    const orphan = async (days: number) => {
      await sql`alter table zoho_entity_mappings disable trigger user`;
      await sql`update zoho_entity_mappings set state = 'orphaned', last_synced_at = now() - make_interval(days => ${days})
        where circletel_id = ${id}`;
      await sql`update zoho_entity_mappings set last_synced_at = now() - interval '1 year' where circletel_id = ${other}`;
      await sql`alter table zoho_entity_mappings enable trigger user`;
      await sql`select zoho_sync.purge_expired()`;
      const rows = await sql<{ name: string | null }[]>`
        select snapshot ->> 'First_Name' as name from zoho_entity_mappings order by zoho_id`;
      return rows.map(({ name }) => name);
    };
    assertEquals(await orphan(29), [MARK, "Other"]);
    assertEquals(await orphan(31), [null, "Other"]);
  }));

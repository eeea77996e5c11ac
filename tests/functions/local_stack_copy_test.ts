import { assertEquals, assertRejects } from "@std/assert";
import { adoptCopy, copyOptions } from "../../local/copied_database.ts";
import { createDatabase } from "../../local/database.ts";
import { withSql } from "../../local/sql.ts";
import { startStack } from "../../local/stack.ts";
import { clusterUrl } from "../support/cluster.ts";
import { quickNet } from "../support/stack.ts";
import { dealOf, sell, settledDeal } from "../support/sale.ts";

Deno.test("task start --database: a production's copy is refused, and adopted it knows nothing of production and works with the simulator", async () => {
  const database = await createDatabase(clusterUrl, "stack");
  try {
    await withSql(database.url, async (sql) => {
      await sql`update zoho_sync.identity set project_host = 'production.supabase.co', org_id = '700000001'`;
      await sql`select vault.create_secret('https://production.supabase.co', 'project_url')`;
      await sql`insert into public.zoho_entity_mappings (circletel_type, circletel_id, zoho_type, zoho_id)
        values ('contract', gen_random_uuid(), 'Deals', '4876876000000000001')`;
    });
    await assertRejects(
      () => copyOptions(database.adminUrl, false),
      Error,
      "pinned to production.supabase.co",
    );

    const options = await copyOptions(database.adminUrl, true);
    const stack = await startStack({ ...options, net: quickNet, cron: false, types: ["contract"] });
    try {
      const before = await sell(stack);
      await stack.invoke("zoho-sync", {});
      assertEquals(await stack.zoho.records("Deals"), [], "written before it was adopted");
      await adoptCopy(stack);
      await stack.invoke("zoho-sync", {});
      await settledDeal(stack, before.contract);
      assertEquals((await dealOf(stack, before.contract)).Contract_Number, before.contract.contract_number);
      const [row] = await stack.sql`
        select count(*)::int as mappings from public.zoho_entity_mappings where zoho_id = '4876876000000000001'`;
      assertEquals(row?.mappings, 0);
      const [vault] = await stack
        .sql`select decrypted_secret from vault.decrypted_secrets where name = 'project_url'`;
      assertEquals(vault?.decrypted_secret, stack.apiUrl);
    } finally {
      await stack.stop();
    }
    // It is left where it was.
    await withSql(database.url, (sql) => sql`select from public.contracts`);
  } finally {
    await database.drop();
  }
});

import { assert, assertEquals } from "@std/assert";
import { adminCall, refused } from "../functions/admin_calls.ts";
import { withStack } from "../support/stack.ts";
import { until } from "../support/until.ts";
import {
  backfill,
  creditsSince,
  finishedRun,
  insertOldContracts,
  runOf,
  startRun,
  unnoticed,
} from "./backfill_steps.ts";
import { bookmark, callsSince, dealOf, insertSale, quickNet, sell, settled } from "./steps.ts";

// Backfill as an operator asks for it: zoho-admin over HTTP, the real drain, the simulator.

const quiet = { net: quickNet, cron: false, functions: ["zoho-sync", "zoho-admin"] };

Deno.test("a dry run tells every outcome and changes nothing; the real run does just that, at that price", () =>
  withStack(quiet, async (stack) => {
    const { sql, zoho } = stack;
    const [skipped, updated, deleted] = [await sell(stack), await sell(stack), await sell(stack)];
    await settled(stack, [skipped.contract, updated.contract, deleted.contract]);
    const linked = await unnoticed(sql, async (tx) => {
      for (let n = 0; n < 3; n++) await insertSale(tx);
      await insertSale(tx, { customer: { account_type: "internal_test" } });
      const broken = await insertSale(tx);
      await tx`update public.contracts set fully_signed_date = 'infinity' where id = ${broken.contract.id}`;
      await tx`update public.contracts set total_contract_value = 7 where id = ${updated.contract.id}`;
      await tx`update public.zoho_entity_mappings set state = 'deleted_in_zoho'
        where circletel_id = ${deleted.contract.id}`;
      return await insertSale(tx);
    });
    const linkedDeal = await zoho.create("Deals", {
      Deal_Name: "As sales knew it",
      Contract_Number: String(linked.contract.contract_number),
      Stage: "Qualification",
    });

    const before = await bookmark(stack);
    const rehearsed = await backfill(stack, { dryRun: true });
    const plan = {
      create: 3,
      update: 1,
      skip: 1,
      link: 1,
      refuse: 3,
      reasons: { BAD_SOURCE: 1, INTERNAL_TEST: 1, RECORD_NOT_FOUND: 1 },
    };
    assertEquals(rehearsed.planned, plan);
    assertEquals((await zoho.changes({ since: before.changes })).changes, [], "the dry run wrote");
    assertEquals(await creditsSince(stack, before), rehearsed.credits.used);
    const [queued] = await sql`select count(*)::int as n from public.zoho_sync_queue`;
    assertEquals(queued?.n, 0);

    const mark = await bookmark(stack);
    const done = await backfill(stack);
    assertEquals(done.outcome, plan);
    assertEquals(await creditsSince(stack, mark), rehearsed.credits.estimated);
    assertEquals(done.credits.used, rehearsed.credits.estimated);
    assertEquals((await dealOf(stack, updated.contract)).Amount, 7);
    assertEquals((await dealOf(stack, linked.contract)).id, linkedDeal);
    assertEquals((await zoho.records("Deals")).length, 7);
  }));

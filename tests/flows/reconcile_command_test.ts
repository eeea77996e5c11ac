import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Stack } from "../../local/stack.ts";
import { webhookEnv } from "../support/webhook.ts";
import { dealOf, sell, settledDeal } from "../support/sale.ts";
import { renewedStack } from "../support/renewed_stack.ts";

// deno task reconcile, as a person runs it.

const renewed = renewedStack({
  functions: ["zoho-sync", "zoho-admin"],
  functionEnv: webhookEnv,
});
let stack: Stack;
Deno.test.beforeEach(async () => {
  stack = await renewed.renew();
});
Deno.test.afterAll(() => renewed.stop());

async function command(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", new URL("../../cli/reconcile.ts", import.meta.url).pathname, ...args],
    env: { SUPABASE_URL: stack.apiUrl, SUPABASE_SECRET_KEY: stack.secretKey, NO_COLOR: "1" },
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, out: text(stdout), err: text(stderr) };
}

Deno.test("reconcile prints one line when all match, and exits with 0", async () => {
  const { contract } = await sell(stack);
  await settledDeal(stack, contract);
  const { code, out, err } = await command();
  assertEquals(code, 0, err);
  assertMatch(out.trim().split("\n").at(-1) ?? "", /^As of \d\d:\d\d: 1 matches, 0 differ, 0 missing$/);
});

Deno.test("reconcile exits with 1 and lists what differs, writes it to a file, and repairs it with --repair", async () => {
  const { contract } = await sell(stack);
  const { id } = await settledDeal(stack, contract);
  await stack.zoho.edit("Deals", id, { RICA_Status: "Rejected" });
  const file = await Deno.makeTempFile({ suffix: ".csv" });
  try {
    const found = await command("--entity", "contract", "--csv", file);
    assertEquals(found.code, 1, found.err);
    assertMatch(found.out, new RegExp(`differs +${contract.contract_number} +fields +RICA_Status +${id}`));
    const csv = await Deno.readTextFile(file);
    assert(csv.includes(`${contract.contract_number},Deals,${id},RICA_Status,Approved,Rejected,`), csv);
  } finally {
    await Deno.remove(file);
  }
  const mended = await command("--repair");
  assertEquals(mended.code, 0, mended.out + mended.err);
  assertMatch(mended.out, /1 row is being put right/);
  assertEquals((await dealOf(stack, contract)).RICA_Status, "Approved");
});

Deno.test("a wrong option prints the usage, and a record type that is switched off is named", async () => {
  const wrong = await command("--everything");
  assertEquals(wrong.code, 2);
  assertMatch(wrong.err, /Usage: deno task reconcile/);
  const off = await command("--entity", "quote");
  assertEquals(off.code, 1);
  assertMatch(off.err, /quote is switched off/);
});

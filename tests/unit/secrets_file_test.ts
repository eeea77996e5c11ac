import { assert, assertEquals } from "@std/assert";
import { compareSecrets, digestsIn, newSalt } from "../../cli/support/secrets_file.ts";
import { digestOfVariable } from "../../supabase/functions/_shared/platform/secrets.ts";

// The file at hand beside what the functions run with: one value changed on one side at a time.

const good = { ZOHO_REGION: "EU", ZOHO_CLIENT_SECRET: "s-1", ZOHO_CRM_WEBHOOK_SECRET: "w-1" };
const textOf = (values: Record<string, string>) =>
  Object.entries(values).map(([name, value]) => `${name}="${value}"`).join("\n");

async function found(
  file: Record<string, string>,
  deployed: Record<string, string>,
): Promise<[string, string]> {
  const salt = newSalt();
  const digests = await Promise.all(
    Object.entries(deployed).map(async ([name, value]) => [name, await digestOfVariable(salt, name, value)]),
  );
  const { level, found } = await compareSecrets("f.env", textOf(file), Object.fromEntries(digests), salt);
  assert(!found.includes("s-1") && !found.includes("w-1"), "a value is in the finding");
  return [level, found];
}

Deno.test("a file with the values of the functions is valid, whatever its quotes, comments and other names", async () => {
  assertEquals((await found(good, good))[0], "ok");
  assertEquals((await found({ ...good, OTHER: "x", ZOHO_PIPELINE: "" }, good))[0], "ok");
});

Deno.test("a value that leaked and was replaced in the functions alone is found in the file (I9)", async () => {
  const [level, said] = await found(good, { ...good, ZOHO_CLIENT_SECRET: "s-2" });
  assertEquals([level, said.startsWith("ZOHO_CLIENT_SECRET: f.env has another value")], ["fail", true]);
});

Deno.test("a variable on only one side is found", async () => {
  assertEquals((await found(good, { ...good, ZOHO_NOTIFICATION_TOKEN: "t" }))[0], "warn");
  assertEquals((await found({ ...good, ZOHO_NOTIFICATION_TOKEN: "t" }, good))[0], "fail");
});

Deno.test("functions that give no digests are not compared", () => {
  assertEquals([digestsIn(undefined), digestsIn([1]), digestsIn({ A: 1 })], [null, null, null]);
  assertEquals(digestsIn({ A: "0f" }), { A: "0f" });
});

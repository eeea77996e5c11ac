import { assert, assertEquals } from "@std/assert";
import { findingCodes } from "../../supabase/functions/_shared/doctor/finding_codes.ts";
import { buttons, carriedOut } from "../support/carried_out.ts";

// Every finding of the doctor has an advice that a test carries out.

const room = new URL("../../supabase/functions/_shared/doctor/", import.meta.url);
const command = new URL("../../cli/", import.meta.url);

Deno.test("the table of advice that is carried out has every finding once, and no other", () => {
  assertEquals(Object.keys(carriedOut).toSorted(), [...findingCodes].toSorted());
});

Deno.test("every finding can be made: its code is in the doctor's own text", async () => {
  const files = [
    ...(await Array.fromAsync(Deno.readDir(room))).map(({ name }) => new URL(name, room)),
    new URL("doctor.ts", command),
    new URL("support/secrets_file.ts", command),
  ].filter(({ pathname }) => !pathname.endsWith("finding_codes.ts"));
  const text = (await Promise.all(files.map((file) => Deno.readTextFile(file)))).join("\n");
  assertEquals(findingCodes.filter((code) => !text.includes(`"${code}"`)), []);
});

Deno.test("a test that the table names by its title is there", async () => {
  for (const each of [...Object.values(carriedOut), ...Object.values(buttons)]) {
    if (typeof each === "string" || "nobody" in each) continue;
    const text = await Deno.readTextFile(new URL(`../../${each.file}`, import.meta.url));
    assert(text.includes(`"${each.title}"`), `${each.file} has no test “${each.title}”`);
  }
});

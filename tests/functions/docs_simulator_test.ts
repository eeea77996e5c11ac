import { assert, assertEquals } from "@std/assert";
import { startZoho } from "../../local/zoho/mod.ts";
import { examplesOf, followExamples } from "../support/docs/printed.ts";
import { root } from "../support/import_graph.ts";

const page = await Deno.readTextFile(new URL("docs/local-stack.md", root));
const part = page.slice(
  page.indexOf("## Any Zoho client"),
  page.indexOf("## A copy of a project's database"),
);

/** What a reader does again, as the page says, where the token has been revoked. */
const newToken = /^TOKEN=[^]*?\/'\)$/m.exec(part)?.[0] ?? "";

Deno.test("the simulator prints what docs/local-stack.md says, command by command", async () => {
  const zoho = await startZoho({ port: 0 });
  const examples = examplesOf(part);
  assert(examples.length > 7, "the examples were not found");
  const prepare = (commands: string) =>
    `${/credits/.test(commands) ? newToken : ""}\n${commands}`.replaceAll("http://127.0.0.1:8890", zoho.url);
  assertEquals(await followExamples(examples, { prepare }).finally(() => zoho.stop()), null);
});

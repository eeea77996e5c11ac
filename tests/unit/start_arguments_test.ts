import { assertEquals, assertThrows } from "@std/assert";
import { startArguments } from "../../local/start.ts";

const wrong: [args: string[], says: string][] = [
  [["--once", "--empty"], "--once and --empty do not go together"],
  [["--once", "--database", "postgres://127.0.0.1/x"], "--once and --database do not go together"],
  [["--empty", "--database", "postgres://127.0.0.1/x"], "--empty and --database do not go together"],
  [["--as-copy"], "--as-copy says nothing without --database"],
  [["--user-tokens", "none"], "--user-tokens takes ES256 or HS256"],
  [["--onse"], "Unknown option '--onse'"],
];

for (const [args, says] of wrong) {
  Deno.test(`deno task start ${args.join(" ")} is refused before anything starts`, () => {
    assertThrows(() => startArguments(args), Error, says);
  });
}

Deno.test("deno task start --once tells the story and opens no page", () => {
  const { once, hasDashboard, envFile, database } = startArguments(["--once"]);
  assertEquals([once, hasDashboard, envFile, database], [true, false, null, null]);
});

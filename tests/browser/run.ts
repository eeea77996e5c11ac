import { join } from "node:path";
import { ensureDashboard } from "../../local/dashboard_build.ts";
import { findChromium } from "./chromium.ts";

// `deno task browser`: the page is built if it has changed, a Chromium is looked for, and then the tests run as all
// others do. What is given on the command line goes to `deno test`.

try {
  await findChromium();
  await ensureDashboard(console.log);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  console.log("0 passed, 1 failed");
  Deno.exit(1);
}
const here = import.meta.dirname ?? "tests/browser";
const given = Deno.args.some((argument) => !argument.startsWith("-")) ? Deno.args : [...Deno.args, here];
const { code } = await new Deno.Command(Deno.execPath(), {
  args: ["run", "-A", join(here, "..", "run.ts"), ...given],
}).spawn().status;
Deno.exit(code);

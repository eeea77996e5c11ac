import { isDatabaseTypesFileCurrent, pushAndAdvise } from "./cli.ts";
import { checkDashboard } from "./dashboard.ts";
import { checkWorkflows } from "./workflows.ts";
import { followAddAField } from "./add_a_field.ts";
import { followDeployDoc } from "./deploy_doc.ts";
import { checkLinks } from "./doc/links.ts";
import { followQuickstart } from "./quickstart.ts";
import { askZohosSdk } from "./sdk.ts";
import { runStep, type Step } from "./step.ts";

const deno = (...args: string[]): Step["run"] => () => runCommand(Deno.execPath(), args);

/** What must hold of every commit beside the tests, each a step of its own so that one run shows every fault. */
const steps: Step[] = [
  { name: "everything is formatted", run: deno("fmt", "--check", "--quiet") },
  { name: "lint finds nothing", run: deno("lint", "--quiet") },
  {
    name: "everything type-checks",
    run: deno("check", "--quiet", "cli", "local", "tests", "supabase/functions"),
  },
  {
    name: "the dashboard installs, type-checks and builds, and a page loads under 200 KB compressed",
    run: checkDashboard,
  },
  { name: "Zoho's own SDK and the simulator understand each other", run: askZohosSdk },
  { name: "the demo sees every step in Zoho", run: deno("run", "-A", "local/start.ts", "--once") },
  { name: "the Supabase CLI pushes the migrations and its advisors find nothing", run: pushAndAdvise },
  { name: "the workflows are valid and pinned, and their commands exist", run: checkWorkflows },
  { name: "every command of docs/deploy.md does what the page says", run: followDeployDoc },
  { name: "a field is added to the Deal as docs/add-a-field.md says", run: followAddAField },
  { name: "the quickstart ends with both sides in agreement", run: () => followQuickstart() },
  { name: "every link of the pages leads somewhere", run: checkLinks },
  {
    name: "the baseline migration is what supabase/schemas says",
    run: deno("run", "--allow-read", "local/baseline.ts", "--check"),
  },
  { name: "the generated database types are up to date", run: isDatabaseTypesFileCurrent },
];

async function runCommand(command: string, args: string[]): Promise<string | null> {
  const { success, stdout, stderr } = await new Deno.Command(command, { args, env: { NO_COLOR: "1" } })
    .output();
  if (success) return null;
  return [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("\n");
}

let passed = 0;
for (const step of steps) if (await runStep(step)) passed++;
const failed = steps.length - passed;
console.log(`${passed} passed, ${failed} failed`);
Deno.exit(failed === 0 ? 0 : 1);

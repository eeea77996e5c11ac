import { abandonRuns } from "../../local/run_dir.ts";
import { shutdownRequested } from "../../local/shutdown.ts";
import { leftIn, withTempFolder } from "../support/temp_folder.ts";
import { fetchCli, isDatabaseTypesFileCurrent, pushAndAdvise } from "./cli.ts";
import { checkDashboard } from "./dashboard.ts";
import { checkWorkflows } from "./workflows.ts";
import { followAddAField } from "./add_a_field.ts";
import { followDeployDoc } from "./deploy_doc.ts";
import { followQuickstart } from "./quickstart.ts";
import { askZohosSdk } from "./sdk.ts";
import { runStep, type Step } from "./step.ts";

const deno = (...args: string[]): Step["run"] => () => runCommand(Deno.execPath(), args);

/**
 * What must hold of every commit beside the tests, each a step of its own so that one run shows every fault. Most steps keep
 * one core busy or wait, so two rows of them run beside each other; steps that install the dashboard's packages, or read
 * what is installed, are in one row.
 */
const rows: Step[][] = [
  [
    {
      name: "everything type-checks",
      run: deno("check", "--quiet", "cli", "local", "tests", "supabase/functions"),
    },
    {
      name: "the dashboard installs, type-checks and builds, and a page loads under 200 KB compressed",
      run: checkDashboard,
    },
    { name: "the demo sees every step in Zoho", run: deno("run", "-A", "local/start.ts", "--once") },
    { name: "every command of docs/deploy.md does what the page says", run: followDeployDoc },
    { name: "a field is added to the Deal as docs/add-a-field.md says", run: followAddAField },
  ],
  [
    { name: "everything is formatted", run: deno("fmt", "--check", "--quiet") },
    { name: "lint finds nothing", run: deno("lint", "--quiet") },
    { name: "Zoho's own SDK and the simulator understand each other", run: askZohosSdk },
    { name: "the workflows are valid and pinned, and their commands exist", run: checkWorkflows },
    {
      name: "the baseline migration is what supabase/schemas says",
      run: deno("run", "--allow-read", "local/baseline.ts", "--check"),
    },
    { name: "the generated database types are up to date", run: isDatabaseTypesFileCurrent },
    { name: "the Supabase CLI pushes the migrations and its advisors find nothing", run: pushAndAdvise },
    { name: "the quickstart ends with both sides in agreement", run: () => followQuickstart() },
  ],
];

async function runCommand(command: string, args: string[]): Promise<string | null> {
  const { success, stdout, stderr } = await new Deno.Command(command, { args, env: { NO_COLOR: "1" } })
    .output();
  if (success) return null;
  return [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("\n");
}

async function runRow(row: Step[]): Promise<boolean[]> {
  const results: boolean[] = [];
  for (const step of row) results.push(await runStep(step));
  return results;
}

shutdownRequested().then(async () => {
  await abandonRuns();
  Deno.exit(130);
});
const results = await withTempFolder(async (folder) => {
  for (const [name, value] of Object.entries(folder.env)) Deno.env.set(name, value);
  await fetchCli();
  const held = (await Promise.all(rows.map(runRow))).flat();
  const nothingLeft = await runStep({
    name: "the steps leave nothing in the temporary folder",
    run: () => Promise.resolve(leftIn(folder).join("\n") || null),
  });
  return [...held, nothingLeft];
});
const passed = results.filter((holds) => holds).length;
const failed = results.length - passed;
console.log(`${passed} passed, ${failed} failed`);
Deno.exit(failed === 0 ? 0 : 1);

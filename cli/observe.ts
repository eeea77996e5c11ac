// deno task observe: begins or ends observing, and says what the sync would do.
import { entityTypes } from "../supabase/functions/_shared/mapping/types.ts";
import { csvLine } from "../supabase/functions/_shared/platform/csv.ts";
import { isRecord } from "../supabase/functions/_shared/platform/is_record.ts";
import { runBackfill } from "./support/backfill.ts";
import { callAdmin } from "./support/call_admin.ts";
import { CommandError, readArguments, runCommand, type Terminal } from "./support/command.ts";
import { localTime } from "./support/local_time.ts";
import { type Project, projectUsage, readProject } from "./support/project.ts";
import { ensureWritable } from "./support/writable_file.ts";
import { oneOfWords, wrongArgument } from "./support/wrong_argument.ts";

const usage = `Usage: deno task observe on|off
       deno task observe plan --entity contract|quote|customer|invoice [--csv FILE]

While the sync observes it writes nothing to Zoho and takes in no status; hints are recorded, changes wait.
  on, off       begin, end
  plan          say what it would do with every entity of a kind: a dry run of a backfill
  --csv FILE    write a line for each entity: what would be sent, taken in and asked ("-": to the terminal)

docs/cut-over.md says when to observe.

${projectUsage}`;

const options = { entity: { type: "string" }, csv: { type: "string" } } as const;

export async function runObserve(args: string[], terminal: Terminal): Promise<number> {
  const { values: { entity, csv }, positionals: [action, ...more] } = readArguments(args, options, usage, 2);
  if (more.length > 0 || !["on", "off", "plan"].includes(action ?? "")) throw new CommandError(usage, 2);
  const [alone] = [entity !== undefined && "--entity", csv !== undefined && "--csv"].filter(Boolean);
  if (alone && action !== "plan") {
    throw wrongArgument(`${alone} belongs to plan.`, "Write plan --entity contract, or leave it out", usage);
  }
  const project = readProject(terminal);
  if (action === "plan") return await plan(terminal, project, { entity, csv });
  const { observingSince } = await callAdmin(terminal, project, "POST /observe", { on: action === "on" });
  terminal.print(
    typeof observingSince === "string"
      ? `Observing since ${
        localTime(observingSince)
      }: nothing is written. Next: deno task observe plan --entity contract`
      : "Observing has ended: what waited is being sent.",
  );
  return 0;
}

async function plan(
  terminal: Terminal,
  project: Project,
  { entity, csv }: { entity: string | undefined; csv: string | undefined },
): Promise<number> {
  if (entity === undefined) {
    throw wrongArgument("--entity is missing.", "Write plan --entity contract", usage);
  }
  oneOfWords("--entity", entity, entityTypes, usage);
  if (csv !== undefined && csv !== "-") await ensureWritable("--csv", csv);
  const code = await runBackfill(["--entity", entity, "--dry-run"], terminal);
  if (csv === undefined) return code;
  const { runs } = await callAdmin(terminal, project, "GET /backfill");
  const run = (Array.isArray(runs) ? runs.filter(isRecord) : []).find((each) =>
    each.dryRun === true && each.entity === entity
  );
  const lines = [csvLine(["number", "id", "plan", "reason", "zoho id", "takes in", "asks", "sends"])];
  for (let after: unknown = "0"; typeof after === "string";) {
    const page = await callAdmin(
      terminal,
      project,
      `GET /backfill/items?run=${run?.id}&limit=200&after=${after}`,
    );
    lines.push(...(Array.isArray(page.items) ? page.items.filter(isRecord) : []).map(lineOf));
    after = page.next;
  }
  if (csv === "-") {
    terminal.print(lines.join(""));
    return code;
  }
  await Deno.writeTextFile(csv, lines.join(""));
  terminal.print(`${lines.length - 1} lines in ${csv}`);
  return code;
}

function lineOf({ number, entityId, plan, reason, would }: Record<string, unknown>): string {
  const { zohoId, takesIn, asks, sends } = isRecord(would) ? would : {};
  const questions = Array.isArray(asks) ? asks.join(" ") : "";
  const fields = isRecord(sends) ? JSON.stringify(sends) : "";
  return csvLine([number, entityId, plan, reason, zohoId, takesIn, questions, fields]);
}

if (import.meta.main) await runCommand(usage, runObserve);

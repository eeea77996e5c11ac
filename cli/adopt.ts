// deno task adopt: says whose the database is and, with --org, makes it this project's.
import { isRecord } from "../supabase/functions/_shared/platform/is_record.ts";
import { callAdmin } from "./support/call_admin.ts";
import { readArguments, runCommand, type Terminal } from "./support/command.ts";
import { localTime } from "./support/local_time.ts";
import { projectUsage, readProject } from "./support/project.ts";
import { textTable } from "./support/table.ts";
import { wrongArgument } from "./support/wrong_argument.ts";

const usage = `Usage: deno task adopt [--org ID] [--take-over] [--json]

Says which project and which Zoho org the database belongs to, and which the functions have. A copy (a branch, staging, a
moved project) writes nothing until it is adopted.
  --org ID      adopt the database for this org; it has to be the one that the functions' credentials belong to
  --take-over   … which the database knows already: this project goes on where the other one stops
  --json        print the answer as JSON

Ends with 0 when the functions may write, 1 when they may not. docs/copies.md says when to adopt.

${projectUsage}`;

const options = {
  org: { type: "string" },
  "take-over": { type: "boolean", default: false },
  json: { type: "boolean", default: false },
} as const;

export async function adopt(args: string[], terminal: Terminal): Promise<number> {
  const { values } = readArguments(args, options, usage);
  if (values.org !== undefined && !/^\d{1,20}$/.test(values.org)) {
    throw wrongArgument(`--org ${values.org} is not the id of an org.`, "deno task adopt shows it", usage);
  }
  if (values["take-over"] && values.org === undefined) {
    throw wrongArgument(
      "--take-over belongs to --org.",
      "Write --org ID --take-over, or leave it out",
      usage,
    );
  }
  const project = readProject(terminal);
  if (values.org === undefined) {
    const answer = await callAdmin(terminal, project, "GET /identity");
    terminal.print(values.json ? JSON.stringify(answer, null, 2) : describe(answer));
    return mayWrite(answer) ? 0 : 1;
  }
  const body = { org: values.org, takeOver: values["take-over"] };
  const answer = await callAdmin(terminal, project, "POST /adopt", body);
  terminal.print(values.json ? JSON.stringify(answer, null, 2) : report(answer));
  return 0;
}

function mayWrite({ identity, credentialsOrg }: Record<string, unknown>): boolean {
  if (!isRecord(identity)) return false;
  return identity.isOwn === true && (identity.orgId === null || identity.orgId === credentialsOrg);
}

function describe(answer: Record<string, unknown>): string {
  const identity = isRecord(answer.identity) ? answer.identity : {};
  const table = textTable([
    ["", "the database belongs to", "the functions have"],
    ["project", String(identity.projectHost ?? "none yet"), String(identity.askedBy)],
    ["Zoho org", String(identity.orgId ?? "none yet"), String(answer.credentialsOrg)],
  ]);
  const says = mayWrite(answer)
    ? "They belong together: the sync may write."
    : `Nothing is written. To make the database this project's: deno task adopt --org ${answer.credentialsOrg}` +
      (identity.orgId === answer.credentialsOrg ? " --take-over, once the other project is stopped" : "");
  const observing = typeof identity.observingSince === "string"
    ? `\nIt has only observed since ${localTime(identity.observingSince)} and writes nothing.`
    : "";
  return `${table}\n\n${says}${observing}`;
}

function report({ projectHost, org, putAside }: Record<string, unknown>): string {
  const rows = isRecord(putAside)
    ? Object.entries(putAside).map(([table, count]) => `${count} of ${table}`)
    : [];
  return [
    `The database belongs to ${projectHost} and the Zoho org ${org} from now on.`,
    ...(rows.length > 0 ? [`Put aside for 30 days: ${rows.join(", ")}. Start with deno task backfill.`] : []),
    "Open the notification channel anew: deno task zoho:watch open",
  ].join("\n");
}

if (import.meta.main) await runCommand(usage, adopt);

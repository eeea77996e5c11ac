// deno task zoho:fields: shows what the org's fields are and, with --apply, makes those that are missing.
import { callAdmin } from "./support/call_admin.ts";
import { isRecord } from "../supabase/functions/_shared/platform/is_record.ts";
import { paint } from "./support/colour.ts";
import { readArguments, runCommand, type Terminal } from "./support/command.ts";
import { projectUsage, readProject } from "./support/project.ts";
import { textTable } from "./support/table.ts";

const usage = `Usage: deno task zoho:fields [--apply] [--all] [--json]

Prints a plan of the fields that this project writes in Zoho: which exist, which will be made, which differ.
  --apply   make what is missing; nothing that exists is changed but for options added to our own picklists
  --all     list the fields that are as they should be, too
  --json    print the answer of zoho-admin

Ends with 0 when nothing is left to do, 1 when something is. docs/fields.md explains each outcome.

${projectUsage}`;

const options = {
  apply: { type: "boolean", default: false },
  all: { type: "boolean", default: false },
  json: { type: "boolean", default: false },
} as const;

async function fields(args: string[], terminal: Terminal): Promise<number> {
  const { values: { apply, all, json } } = readArguments(args, options, usage);
  const project = readProject(terminal);
  const answer = apply
    ? await callAdmin(terminal, project, "POST /fields", { apply: true })
    : await callAdmin(terminal, project, "GET /fields");
  const left = Number(answer.toApply) + Number(answer.forPerson);
  if (json) terminal.print(JSON.stringify(answer, null, 2));
  else terminal.print(report(answer, all));
  return answer.success === true && left === 0 ? 0 : 1;
}

function report(answer: Record<string, unknown>, all: boolean): string {
  const plan = listOf(answer.plan);
  const applied = listOf(answer.applied);
  const shown = plan.filter(({ outcome }) => all || outcome !== "exists" && outcome !== "not_used");
  const exists = plan.filter(({ outcome }) => outcome === "exists").length;
  return [
    ...applied.map(({ module, field, did, code, about }) =>
      did === "refused"
        ? paint("red", `${module}.${field} was refused: ${[code, about].filter(Boolean).join(", ")}`)
        : paint("green", `${module}.${field}: ${did}`)
    ),
    ...(applied.length > 0 ? [""] : []),
    ...(shown.length === 0 ? [] : [
      textTable(shown.map((each) => [
        paint(
          each.forPerson === true ? "red" : each.willApply === true ? "yellow" : "green",
          String(each.outcome),
        ),
        `${each.module}.${each.field}`,
        String(each.note),
      ])),
      "",
    ]),
    sentence(exists, Number(answer.toApply), Number(answer.forPerson)),
  ].join("\n");
}

function sentence(exists: number, toApply: number, forPerson: number): string {
  const parts = [`${exists} ${exists === 1 ? "field is" : "fields are"} as they should be`];
  if (toApply > 0) parts.push(`${toApply} to be made: deno task zoho:fields --apply`);
  if (forPerson > 0) parts.push(`${forPerson} for a person (docs/fields.md)`);
  return parts.join("; ") + ".";
}

function listOf(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

if (import.meta.main) await runCommand(usage, fields);

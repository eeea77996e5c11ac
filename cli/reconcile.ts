// deno task reconcile: compares what Zoho holds with what it should hold, and puts right what is not.
import { entityTypes } from "../supabase/functions/_shared/mapping/types.ts";
import { callAdmin, callAdminForText } from "./support/call_admin.ts";
import { isRecord } from "../supabase/functions/_shared/platform/is_record.ts";
import { paint } from "./support/colour.ts";
import { CommandError, readArguments, runCommand, type Terminal } from "./support/command.ts";
import { type Project, projectUsage, readProject } from "./support/project.ts";
import { textTable } from "./support/table.ts";
import { ensureWritable } from "./support/writable_file.ts";
import { oneOfWords, wrongArgument } from "./support/wrong_argument.ts";

const usage = `Usage: deno task reconcile [--entity contract] [--incremental] [--csv file] [--json] [--repair]
       deno task reconcile --repair --recreate-deleted

Compares every record in Zoho with CircleTel's rows, field by field, waits for the end and prints the report. Exit code 0
only when everything matches (1: something differs, is missing or extra, or is still on its way).

  --entity TYPE        this type only
  --incremental        only what changed on either side since the last run
  --csv FILE           writes everything that is no match to FILE ("-": the terminal)
  --json               print the report as JSON and nothing else
  --repair             puts right what differs or is missing, then compares again
  --recreate-deleted   with --repair: records that a person deleted in Zoho are made again

${projectUsage}`;

const options = {
  entity: { type: "string" },
  incremental: { type: "boolean", default: false },
  csv: { type: "string" },
  json: { type: "boolean", default: false },
  repair: { type: "boolean", default: false },
  "recreate-deleted": { type: "boolean", default: false },
} as const;

interface Report {
  line: string;
  status: string;
  counts: Record<string, number>;
  items: Record<string, unknown>[];
  error: string | null;
}

export async function runReconcile(args: string[], caller: Terminal): Promise<number> {
  const { values } = readArguments(args, options, usage);
  if (values["recreate-deleted"] && !values.repair) {
    throw wrongArgument("--recreate-deleted does nothing alone.", "Write --repair --recreate-deleted", usage);
  }
  if (values.json && values.csv === "-") {
    throw wrongArgument(
      "--json and --csv - both go to the terminal.",
      "Write --csv FILE, or leave one out",
      usage,
    );
  }
  const entity = values.entity === undefined
    ? undefined
    : oneOfWords("--entity", values.entity, entityTypes, usage);
  const project = readProject(caller);
  // With --json only JSON is printed; other messages are dropped.
  const terminal = values.json ? { ...caller, print: () => {} } : caller;
  if (values.csv !== undefined && values.csv !== "-") await ensureWritable("--csv", values.csv);
  const order = {
    kind: values.incremental ? "incremental" : "full",
    ...(entity === undefined ? {} : { entity }),
  };
  let run = await compare(terminal, project, order);
  let report = await readReport(terminal, project, run);
  print(terminal, report);
  if (values.csv !== undefined) await writeCsv(terminal, project, run, values.csv);
  if (values.repair && (count(report, "differs") > 0 || count(report, "missing") > 0)) {
    await repair(terminal, project, run, values["recreate-deleted"]);
    run = await compare(terminal, project, order);
    report = await readReport(terminal, project, run);
    print(terminal, report);
  }
  if (values.json) caller.print(JSON.stringify({ success: isAllMatch(report), run, ...report }, null, 2));
  return isAllMatch(report) ? 0 : 1;
}

/** A run from beginning to end. One that was under way is waited for first: it may have begun before the last change. */
async function compare(
  terminal: Terminal,
  project: Project,
  order: Record<string, unknown>,
): Promise<string> {
  for (;;) {
    const { run, started } = await callAdmin(terminal, project, "POST /reconcile", order);
    if (typeof run !== "string") throw new CommandError("zoho-admin named no run");
    if (started !== true) terminal.print(paint("grey", "A run is under way; waiting for its end."));
    await waitFor(terminal, project, run);
    if (started === true) return run;
  }
}

const lookEveryMs = 1_000;
const longestWaitMs = 60 * 60 * 1_000;

async function waitFor(terminal: Terminal, project: Project, run: string): Promise<void> {
  const giveUpAtMs = Date.now() + longestWaitMs;
  let told = "";
  while (Date.now() < giveUpAtMs) {
    const { status, line, error } = await readReport(terminal, project, run);
    if (status === "finished") return;
    if (status === "failed") throw new CommandError(`The run failed. ${error ?? line}`);
    const news = error === null ? line : `${line} (${error})`;
    if (news !== told) terminal.print(paint("grey", news));
    told = news;
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
  }
  throw new CommandError(
    "The run has not ended within an hour; it continues by itself.\n→ deno task reconcile shows it when it has ended",
  );
}

async function readReport(terminal: Terminal, project: Project, run: string): Promise<Report> {
  const answer = await callAdmin(terminal, project, `GET /reconcile?run=${run}&limit=20`);
  const of = isRecord(answer.run) ? answer.run : {};
  const error = isRecord(of.error) ? `${of.error.code}: ${of.error.message}` : null;
  const counts = isRecord(answer.counts) ? answer.counts : {};
  return {
    line: String(answer.line),
    status: String(of.status),
    counts: Object.fromEntries(Object.entries(counts).map(([name, n]) => [name, Number(n)])),
    items: Array.isArray(answer.items) ? answer.items.filter(isRecord) : [],
    error,
  };
}

function print(terminal: Terminal, report: Report): void {
  terminal.print(paint(isAllMatch(report) ? "green" : "yellow", report.line));
  const rows = report.items.map((item) => [
    String(item.verdict),
    String(item.reference ?? item.entityId ?? ""),
    String(item.reason),
    isRecord(item.fields) ? Object.keys(item.fields).join(", ") : "",
    String(item.zohoId ?? ""),
  ]);
  if (rows.length > 0) terminal.print(textTable(rows, "  "));
  const all = ["differs", "missing", "extra", "queued"].reduce((sum, name) => sum + count(report, name), 0);
  if (all > rows.length) terminal.print(`  … and ${all - rows.length} more; --csv has them all`);
}

async function writeCsv(terminal: Terminal, project: Project, run: string, file: string): Promise<void> {
  const text = await callAdminForText(terminal, project, `GET /reconcile.csv?run=${run}`);
  if (file === "-") return terminal.print(text);
  try {
    await Deno.writeTextFile(file, text);
  } catch (error) {
    throw new CommandError(
      `${file} cannot be written: ${error instanceof Error ? error.message : "unknown"}`,
    );
  }
}

async function repair(
  terminal: Terminal,
  project: Project,
  run: string,
  recreateDeleted: boolean,
): Promise<void> {
  let rows = 0;
  for (;;) {
    const answer = await callAdmin(terminal, project, "POST /reconcile/repair", { run, recreateDeleted });
    rows += Number(answer.rows ?? 0);
    for (const id of Array.isArray(answer.taken) ? answer.taken : []) {
      terminal.print(paint("yellow", `Record ${id} belongs to another entity by now; it stays as it is.`));
    }
    if (answer.more !== true) break;
  }
  terminal.print(`${rows} ${rows === 1 ? "row is" : "rows are"} being put right.`);
  await drained(terminal, project);
}

const patienceMs = 30_000;

/**
 * Waits until the queue is empty, so that the second comparison shows the outcome; what is refused and tried again
 * later is not waited for.
 */
async function drained(terminal: Terminal, project: Project): Promise<void> {
  let fewest = Infinity;
  let giveUpAtMs = Date.now() + patienceMs;
  while (Date.now() < giveUpAtMs) {
    const { queue, paused } = await callAdmin(terminal, project, "GET /status");
    if (isRecord(paused)) {
      throw new CommandError(
        `The sync is paused (${paused.code}): ${paused.message}\n→ Resume it on the page (or POST /resume), then run this again`,
      );
    }
    const waiting = isRecord(queue) ? Number(queue.waiting) : 0;
    if (waiting === 0) return;
    if (waiting < fewest) giveUpAtMs = Date.now() + patienceMs;
    fewest = Math.min(fewest, waiting);
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
  }
}

function count({ counts }: Report, name: string): number {
  return counts[name] ?? 0;
}

function isAllMatch(report: Report): boolean {
  return ["differs", "missing", "extra", "queued"].every((name) => count(report, name) === 0);
}

if (import.meta.main) await runCommand(usage, runReconcile);

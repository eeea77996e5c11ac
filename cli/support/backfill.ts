import { entityTypes } from "../../supabase/functions/_shared/mapping/types.ts";
import { callAdmin } from "./call_admin.ts";
import {
  countWords,
  pageOfReason,
  readRun,
  readRuns,
  runSentence,
  type RunShown,
  showRun,
} from "./backfill_run.ts";
import { CommandError, readArguments, type Terminal } from "./command.ts";
import { localTime } from "./local_time.ts";
import { type Project, projectUsage, readProject } from "./project.ts";
import { progressBar } from "./progress.ts";
import { textTable } from "./table.ts";
import { oneOfWords, wrongArgument } from "./wrong_argument.ts";

export const usage =
  `Usage: deno task backfill --entity contract|quote|customer|invoice [--since 2026-01-01] [--dry-run]
       deno task backfill --resume [<run>] | --status | --cancel <run>

Queues every entity of a kind in the last lane, behind all live changes, and shows its progress. Ctrl-C leaves it running;
--resume shows it again (docs/backfill.md).

  --entity      what to backfill
  --since       only what was made since then: a date, or a moment with its offset
  --dry-run     says how many would be created, updated, skipped, linked and refused, and what it costs; writes nothing
  --resume      show a run that is under way (the newest, unless one is named)
  --status      the newest runs
  --cancel      remove what no drain has started from the queue
  --json        print the run, or with --status the runs, as JSON and nothing else

${projectUsage}`;

const options = {
  entity: { type: "string" },
  since: { type: "string" },
  "dry-run": { type: "boolean", default: false },
  resume: { type: "boolean", default: false },
  status: { type: "boolean", default: false },
  cancel: { type: "string" },
  json: { type: "boolean", default: false },
} as const;

const pollEveryMs = 1_000;

export interface Watching {
  /** Overwrites the previous line on a terminal; writes nothing elsewhere. */
  show: (line: string) => void;
  now: () => number;
  sleep: (ms: number) => Promise<void>;
}

const watching: Watching = {
  show: (line) => {
    if (Deno.stdout.isTerminal()) Deno.stdout.writeSync(new TextEncoder().encode(`\r\x1b[2K${line}`));
  },
  now: Date.now,
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
};

/** @returns 0 when everything is in Zoho or planned; 1 when something was refused */
export async function runBackfill(args: string[], terminal: Terminal, watch = watching): Promise<number> {
  const { values, positionals: [named] } = readArguments(args, options, usage, 1);
  checkArguments(values, named);
  const project = readProject(terminal);
  if (values.status) return await listRuns(terminal, project, values.json);
  if (values.cancel !== undefined) {
    const { run } = await callAdmin(terminal, project, "POST /backfill/cancel", { run: values.cancel });
    terminal.print(values.json ? JSON.stringify(run, null, 2) : `Cancelled. ${runSentence(readRun(run))}`);
    return 0;
  }
  const run = values.resume
    ? await findRun(terminal, project, named)
    : await startRun(terminal, project, values);
  if (!values.json) return await follow(terminal, project, run, watch);
  const quiet = { terminal: { ...terminal, print: () => {} }, watch: { ...watch, show: () => {} } };
  const code = await follow(quiet.terminal, project, run, quiet.watch);
  const { run: ended } = await callAdmin(terminal, project, `GET /backfill?run=${run.id}`);
  terminal.print(JSON.stringify(ended, null, 2));
  return code;
}

type Values = {
  entity?: string | undefined;
  since?: string | undefined;
  "dry-run": boolean;
  resume: boolean;
  status: boolean;
  cancel?: string | undefined;
};

/** @throws CommandError before any request to the project */
function checkArguments(values: Values, named: string | undefined): void {
  const { entity, since, resume, status, cancel } = values;
  const ways = [
    entity !== undefined && "--entity",
    resume && "--resume",
    status && "--status",
    cancel !== undefined && "--cancel",
  ].filter((way) => way !== false);
  if (ways.length > 1) {
    throw wrongArgument(`${ways.join(" and ")} do not go together.`, `Write one of them`, usage);
  }
  if (named !== undefined && !resume) {
    throw wrongArgument(
      `"${named}" has no meaning here.`,
      `Write --entity contract, or --resume ${named}`,
      usage,
    );
  }
  const [alone] = [values["dry-run"] && "--dry-run", since !== undefined && "--since"].filter(Boolean);
  if (alone && ways.length > 0 && entity === undefined) {
    throw wrongArgument(`${alone} belongs to --entity.`, `Leave it out beside ${ways[0]}`, usage);
  }
  if (ways.length === 0) throw wrongArgument("--entity is missing.", "Write --entity contract", usage);
  if (entity !== undefined) oneOfWords("--entity", entity, entityTypes, usage);
  if (
    since !== undefined && (Number.isNaN(Date.parse(since)) || !/^\d{4}-\d\d-\d\d/.test(since))
  ) {
    throw wrongArgument(
      `--since ${since} is not a date.`,
      "Write --entity contract --since 2026-01-31",
      usage,
    );
  }
  for (const id of [cancel, resume ? named : undefined]) {
    if (id !== undefined && !isRunId(id)) {
      throw wrongArgument(`"${id}" is not the id of a run.`, "deno task backfill --status lists them", usage);
    }
  }
}

const isRunId = (text: string) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);

async function startRun(
  terminal: Terminal,
  project: Project,
  values: Values,
): Promise<RunShown> {
  const { run } = await callAdmin(terminal, project, "POST /backfill", {
    entity: values.entity?.toLowerCase(),
    dryRun: values["dry-run"],
    ...(values.since === undefined ? {} : { since: values.since }),
  });
  return readRun(run);
}

async function findRun(terminal: Terminal, project: Project, id: string | undefined): Promise<RunShown> {
  if (id !== undefined) return await showRun(terminal, project, id);
  const run = (await readRuns(terminal, project)).find(({ status }) => status === "running");
  if (!run) {
    throw new CommandError("No backfill is under way.\n→ deno task backfill --entity contract begins one");
  }
  return run;
}

async function listRuns(terminal: Terminal, project: Project, json: boolean): Promise<number> {
  if (json) {
    const { runs } = await callAdmin(terminal, project, "GET /backfill");
    terminal.print(JSON.stringify(runs, null, 2));
    return 0;
  }
  const runs = await readRuns(terminal, project);
  if (runs.length === 0) {
    terminal.print(
      "No backfill yet. → deno task backfill --entity contract --dry-run says what one would do",
    );
  } else {
    terminal.print(textTable(runs.map((run) => [
      run.id,
      localTime(run.startedAt),
      run.entity,
      run.dryRun ? "dry run" : "",
      run.status,
      `${run.progress.done} of ${run.progress.total}`,
      `${run.credits.used} credits`,
    ])));
  }
  return 0;
}

/** Shows a run until it ends. Asking rings for the next step, so that it does not wait for the schedule. */
async function follow(
  terminal: Terminal,
  project: Project,
  first: RunShown,
  { show, now, sleep }: Watching,
): Promise<number> {
  const startedAtMs = now();
  const startedWith = first.progress.done;
  let run = first;
  terminal.print(`Backfill ${run.id}${run.dryRun ? " (dry run)" : ""}: ${run.progress.total} ${run.entity}s`);
  while (run.status === "running") {
    const { done, total } = run.progress;
    const what = run.waitsFor ? `waits: ${run.waitsFor}` : run.error ?? countWords(run.counts);
    const rate = { done: done - startedWith, ms: now() - startedAtMs };
    show(`${run.dryRun ? "plans  " : "writes "}${progressBar(done, total, rate)}  ${what}`);
    await sleep(pollEveryMs);
    await callAdmin(terminal, project, "POST /backfill/step", {});
    run = await showRun(terminal, project, run.id);
  }
  show("");
  terminal.print(runSentence(run));
  const reasons = Object.entries(run.reasons);
  if (reasons.length > 0) {
    terminal.print(
      textTable(reasons.map(([code, count]) => [String(count), code, pageOfReason(code)]), "  "),
    );
  }
  return run.counts.refuse ? 1 : 0;
}

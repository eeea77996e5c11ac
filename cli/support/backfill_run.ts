import { isRecord } from "../../supabase/functions/_shared/platform/is_record.ts";
import { pageOf as pageOfError } from "../../supabase/functions/_shared/zoho/error_table.ts";
import { callAdmin } from "./call_admin.ts";
import type { Terminal } from "./command.ts";
import type { Project } from "./project.ts";

/** What zoho-admin says of a run, as far as it is shown. */
export interface RunShown {
  id: string;
  entity: string;
  dryRun: boolean;
  status: string;
  startedAt: string;
  progress: { done: number; total: number };
  counts: Record<string, number>;
  reasons: Record<string, number>;
  credits: { estimated: number | null; used: number };
  waitsFor: string | null;
  error: string | null;
}

/** Codes that only a backfill knows. */
const ownCodes = new Set(["INTERNAL_TEST", "CONSUMER", "NO_NUMBER", "SWITCHED_OFF", "NOT_FOUND", "QUESTION"]);

export function pageOfReason(code: string): string {
  return ownCodes.has(code) ? "docs/backfill.md" : `docs/errors/${pageOfError(code)}.md`;
}

/** The run in one sentence: what it did or would do, and what it cost. */
export function runSentence({ dryRun, status, counts, credits }: RunShown): string {
  const does = dryRun ? "would be" : "were";
  const how = dryRun
    ? `It would cost ${credits.estimated ?? 0} credits. This dry run cost ${credits.used}.`
    : `It cost ${credits.used} credits.`;
  return `${status}: ${counts.create ?? 0} ${does} created, ${counts.update ?? 0} updated, ${
    counts.link ?? 0
  } linked to records that are there, ${counts.skip ?? 0} hold everything already, ${
    counts.refuse ?? 0
  } refused. ${how}`;
}

/** Its counts so far, those of zero left out. */
export function countWords(counts: Record<string, number>): string {
  return Object.entries(counts).filter(([, count]) => count > 0).map(([name, count]) => `${count} ${name}`)
    .join(", ");
}

export async function showRun(terminal: Terminal, project: Project, id: string): Promise<RunShown> {
  const { run } = await callAdmin(terminal, project, `GET /backfill?run=${encodeURIComponent(id)}`);
  return readRun(run);
}

export async function readRuns(terminal: Terminal, project: Project): Promise<RunShown[]> {
  const { runs } = await callAdmin(terminal, project, "GET /backfill");
  return Array.isArray(runs) ? runs.map(readRun) : [];
}

export function readRun(value: unknown): RunShown {
  const run = isRecord(value) ? value : {};
  const counts = isRecord(run.outcome) ? run.outcome : undefined;
  const progress = isRecord(run.progress) ? run.progress : {};
  const credits = isRecord(run.credits) ? run.credits : {};
  return {
    id: String(run.id),
    entity: String(run.entity),
    dryRun: run.dryRun === true,
    status: String(run.status),
    startedAt: String(run.startedAt),
    progress: { done: Number(progress.done), total: Number(progress.total) },
    counts: numbers(run.status === "running" ? run.states : counts),
    reasons: numbers(counts?.reasons ?? run.refused),
    credits: {
      estimated: typeof credits.estimated === "number" ? credits.estimated : null,
      used: Number(credits.used),
    },
    waitsFor: typeof run.waitsFor === "string" ? run.waitsFor : null,
    error: isRecord(run.error) ? `${run.error.code}: ${run.error.message}` : null,
  };
}

function numbers(value: unknown): Record<string, number> {
  const entries = isRecord(value) ? Object.entries(value) : [];
  return Object.fromEntries(
    entries.filter((entry): entry is [string, number] => typeof entry[1] === "number"),
  );
}

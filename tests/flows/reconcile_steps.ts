import { assertEquals } from "@std/assert";
import type { Stack } from "../../local/stack.ts";
import type { Row } from "../support/fixtures.ts";
import { settled } from "../support/queue.ts";
import { until } from "../support/until.ts";

// What the reconcile's tests ask of zoho-admin.

export interface ReportItem {
  id: number;
  verdict: string;
  reason: string;
  entityType: string;
  entityId: string | null;
  reference: string | null;
  zohoId: string | null;
  fields: Record<string, { zoho: unknown; circletel: unknown }>;
  repairedAt: string | null;
}

export interface ReconcileReport {
  line: string;
  run: {
    id: string;
    kind: string;
    status: string;
    calls: number;
    credits: number;
    steps: number;
    error: unknown;
  };
  counts: Record<string, number>;
  byType: Record<string, Record<string, number>>;
  items: ReportItem[];
  next: string | null;
}

export async function get(stack: Stack, path: string): Promise<{ status: number; text: string }> {
  const response = await fetch(`${stack.apiUrl}/functions/v1/zoho-admin/${path}`, {
    headers: { apikey: stack.secretKey },
  });
  return { status: response.status, text: await response.text() };
}

export async function readReconcileReport(stack: Stack, query = ""): Promise<ReconcileReport> {
  const { status, text } = await get(stack, `reconcile${query}`);
  assertEquals(status, 200, text);
  return JSON.parse(text) as ReconcileReport;
}

export async function start(stack: Stack, body: Record<string, unknown> = {}): Promise<string> {
  const { status, body: answer } = await stack.invoke("zoho-admin/reconcile", body);
  assertEquals(status, 202, JSON.stringify(answer));
  return (answer as { run: string }).run;
}

/** A whole run and its report; nothing but the run itself keeps it going. */
export async function reconcileAll(
  stack: Stack,
  body: Record<string, unknown> = {},
): Promise<ReconcileReport> {
  const run = await start(stack, body);
  return await reportWhenEnded(stack, run);
}

/** The first run notices what was deleted in Zoho; the second compares once the entities were looked at. */
export async function reconcileAfterDeletion(stack: Stack, entities: Row | Row[]): Promise<ReconcileReport> {
  await reconcileAll(stack);
  await settled(stack, entities);
  return await reconcileAll(stack);
}

export async function reportWhenEnded(stack: Stack, run: string): Promise<ReconcileReport> {
  let report: ReconcileReport | undefined;
  const isOver = async () => {
    report = await readReconcileReport(stack, `?run=${run}&limit=200`);
    return report.run.status !== "running";
  };
  await until(isOver, { everyMs: 50, what: "the end of the run", seen: () => report });
  if (!report) throw new Error("no report");
  assertEquals(report.run.status, "finished", JSON.stringify(report));
  return report;
}

export async function repairRun(
  stack: Stack,
  run: string,
  order: Record<string, unknown> = {},
): Promise<{ rows: number; enqueued: number; taken: string[]; more: boolean }> {
  const { status, body } = await stack.invoke("zoho-admin/reconcile/repair", { run, ...order });
  assertEquals(status, 200, JSON.stringify(body));
  return body as { rows: number; enqueued: number; taken: string[]; more: boolean };
}

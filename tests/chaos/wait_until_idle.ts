import { setTimeout as delay } from "node:timers/promises";
import { compare, passTime } from "./clock.ts";
import { query } from "./db_retry.ts";
import type { CrmUsers } from "./crm_users.ts";
import { endFaults, longestDelayMs } from "./fault_schedule.ts";
import type { ChaosContext } from "./context.ts";

const ceilingMs = 300_000;
/** Zoho holds a reordered callback for a second at most. */
const longestHoldMs = 1_000;

export interface Idle {
  /** From the end of the unrest until nothing was left to do. */
  ms: number;
  /** What was still open when patience ran out. */
  open: string | null;
  /** Callbacks that were lost or met a function that was down: Zoho never tells them again. */
  untold: number;
  /** Dead letters that an operator put back. */
  retried: string[];
}

/** Every fault is over, edits stop, and time passes until the engine has nothing left to do. */
export async function waitUntilIdle(context: ChaosContext, crmUsers: CrmUsers): Promise<Idle> {
  const beganMs = performance.now();
  await endFaults(context);
  await crmUsers.unlockAll();
  await delay(longestDelayMs + longestHoldMs);
  await openWork(context);
  await compare(context);
  await openWork(context);
  const retried = await retryDeadLetters(context);
  // A drain comes round once more: it closes what a killed one left in the log.
  await context.stack.invoke("zoho-sync", { reason: "sweep" });
  const open = await openWork(context);
  return { ms: performance.now() - beganMs, open, untold: await countUntold(context), retried };
}

/** Null when nothing is open for a second on end, else what is. */
async function openWork(context: ChaosContext): Promise<string | null> {
  const giveUpAtMs = Date.now() + ceilingMs;
  let idleSinceMs: number | null = null;
  let open: string | null = null;
  for (;;) {
    await passTime(context);
    await delay(200);
    open = await whatIsOpen(context);
    if (open === null) idleSinceMs ??= Date.now();
    else idleSinceMs = null;
    if (idleSinceMs !== null && Date.now() - idleSinceMs > 1_000) return null;
    if (open !== null && Date.now() > giveUpAtMs) return open;
  }
}

async function whatIsOpen(context: ChaosContext): Promise<string | null> {
  const [row] = await query(context, (sql) =>
    sql<{ open: Record<string, unknown> }[]>`
      select jsonb_strip_nulls(jsonb_build_object(
        'queued', (select nullif(jsonb_agg(to_jsonb(q) - 'error_message'), '[]') from (
          select * from public.zoho_sync_queue where status <> 'dead' limit 3) q),
        'noted', (select nullif(count(*), 0) from zoho_sync.outbox),
        'draining until', (select drain_until from public.zoho_sync_state where drain_owner is not null),
        'paused', (select pause_code from public.zoho_sync_state where paused_until > now()),
        'hints', (select nullif(jsonb_agg(jsonb_build_object('id', e.id, 'status', e.status, 'reason', e.reason)), '[]')
          from (select * from public.zoho_webhook_events where status = 'received' limit 3) e),
        'comparing', (select nullif(count(*), 0) from public.zoho_reconcile_runs where status = 'running'),
        'doorbell calls', (select nullif(count(*), 0) from net.http_request_queue))) as open
    `);
  const open = row?.open ?? {};
  return Object.keys(open).length === 0 ? null : JSON.stringify(open);
}

async function countUntold(context: ChaosContext): Promise<number> {
  const deliveries = await context.stack.zoho.deliveries();
  return deliveries.filter(({ outcome, status }) => outcome !== "sent" || status !== 200).length;
}

/** Values that Zoho refused for a while: an operator has fixed the mapping and requeues the contracts. */
async function retryDeadLetters(context: ChaosContext): Promise<string[]> {
  const dead = await query(
    context,
    (sql) =>
      sql<{ entity_type: string; entity_id: string; error_code: string }[]>`
      select entity_type, entity_id, error_code from public.zoho_sync_queue
      where status = 'dead'
    `,
  );
  for (const [type, letters] of Map.groupBy(dead, ({ entity_type }) => entity_type)) {
    const ids = letters.map(({ entity_id }) => entity_id);
    await query(
      context,
      (sql) => sql`select public.zoho_enqueue(${type}, ${ids}::uuid[], 1::smallint, 'by hand')`,
    );
  }
  return dead.map(({ error_code }) => error_code);
}

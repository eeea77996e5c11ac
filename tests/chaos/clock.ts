import { endUnattendedLeases } from "../support/queue.ts";
import { query } from "./db_retry.ts";
import { type ChaosContext, connectSigningWorkflow } from "./context.ts";

// A run of a minute has no time for pauses of fifteen, so what waits for a moment is moved to it instead.

const tenMinutesMs = 600_000;
/** Longer than the heartbeat of a drain at work (15 s): a lease this old has lost its owner. */
const unattendedSeconds = 16;

/** While the unrest lasts, time flies every now and then. */
export async function advanceTime(context: ChaosContext): Promise<void> {
  const random = context.stream("time");
  while (context.isOn()) {
    await context.rest(random.between(400, 2_000));
    await passTime(context);
    if (random.chance(0.05)) await compare(context);
  }
}

/** As if a quarter of an hour had passed for whatever waits, and the sweeps had come round. */
export async function passTime(context: ChaosContext): Promise<void> {
  await query(context, (sql) =>
    sql`
      update public.zoho_sync_state set paused_until = now() - interval '1 second'
      where paused_until > now() and paused_until < 'infinity'
    `);
  await query(
    context,
    (sql) =>
      sql`update zoho_sync.module_holds set held_until = now() - interval '1 second' where held_until > now()`,
  );
  await query(context, (sql) =>
    sql`
      update public.zoho_sync_queue set next_attempt_at = now()
      where (entity_type, entity_id) in (
        select entity_type, entity_id from public.zoho_sync_queue
        where status = 'pending' and next_attempt_at > now() for update skip locked)
    `);
  await query(context, (sql) => endUnattendedLeases(sql, unattendedSeconds));
  await passTokenWindow(context);
  if (context.cronRuns) {
    await query(context, (sql) => sql`select zoho_sync.sweep(), zoho_sync.sweep_reconcile()`);
  }
}

/** The hourly comparison, which finds changes whose callbacks were lost. */
export async function compare(context: ChaosContext): Promise<void> {
  await query(context, (sql) => sql`select zoho_sync.schedule_reconcile('incremental')`);
}

/**
 * When our own ration of new tokens is used up, ten minutes pass on both sides. Zoho's clock is then so far from
 * ours that it must not sign timestamps any more.
 */
async function passTokenWindow(context: ChaosContext): Promise<void> {
  const used = await query(
    context,
    (sql) =>
      sql`select from public.zoho_tokens where cardinality(recent_refreshes) >= 8
      and recent_refreshes[cardinality(recent_refreshes) - 7] > now() - interval '10 minutes'`,
  );
  if (used.length === 0) return;
  const { offsetMs = 0 } = context.zohoClock.at(-1) ?? {};
  const moved = { sinceMs: Date.now(), offsetMs: offsetMs + tenMinutesMs };
  await connectSigningWorkflow(context.stack, "body");
  await context.stack.zoho.setClockOffset(moved.offsetMs);
  context.zohoClock.push(moved);
  await query(context, (sql) =>
    sql`
      update public.zoho_tokens set expires_at = expires_at - interval '10 minutes',
        recent_refreshes = array(select t - interval '10 minutes' from unnest(recent_refreshes) t)
    `);
}

import type { RandomStream } from "../support/random.ts";
import { endUnattendedLeases } from "../support/queue.ts";
import { query } from "./db_retry.ts";
import type { ChaosContext } from "./context.ts";

/** What can happen to our own platform. */
const weights = {
  kill_sync: 10,
  kill_webhook: 4,
  kill_admin: 1,
  kill_token_refresh: 1,
  restart_postgres: 2,
  crash_postgres: 2,
  lose_doorbell: 5,
  kill_doorbell: 3,
  stop_cron: 2,
};
type Kind = keyof typeof weights;

const killed: Partial<Record<Kind, string>> = {
  kill_sync: "zoho-sync",
  kill_webhook: "zoho-webhook",
  kill_admin: "zoho-admin",
  kill_token_refresh: "zoho-token-refresh",
};

/** One breakdown after the other, each over before the next. */
export async function breakdowns(context: ChaosContext): Promise<void> {
  const random = context.stream("breakdowns");
  while (context.isOn()) {
    await context.rest(random.between(200, 2_500));
    if (!context.isOn()) return;
    const kind = random.weighted(weights);
    context.breakdowns.add(kind);
    await breakDown(context, kind, random);
  }
}

async function breakDown(context: ChaosContext, kind: Kind, random: RandomStream): Promise<void> {
  const { functions, postgres, net, cron } = context.stack;
  const awayMs = random.between(0, 1_500);
  const name = killed[kind];
  if (name !== undefined) {
    if (kind === "kill_sync") await untilDraining(context);
    await functions.kill(name, "SIGKILL");
    await context.rest(awayMs);
    // Nobody holds what the dead one held: its leases may run out now.
    if (kind === "kill_sync") await query(context, (sql) => endUnattendedLeases(sql, 0));
    return await functions.restart(name);
  }
  if (kind === "restart_postgres") return await postgres?.restart();
  if (kind === "crash_postgres") {
    await postgres?.kill();
    await context.rest(awayMs);
    return await postgres?.restart();
  }
  if (kind === "stop_cron") {
    await cron.stop();
    context.cronRuns = false;
    await context.rest(3 * awayMs);
    context.cronRuns = true;
    return cron.start();
  }
  if (kind === "kill_doorbell") await net.kill();
  else await net.stop();
  await context.rest(3 * awayMs);
  net.start();
}

/** A kill is worth most while a drain is at work. */
async function untilDraining(context: ChaosContext): Promise<void> {
  for (let look = 0; look < 40 && context.isOn(); look++) {
    const rows = await context.stack.sql`
      select from public.zoho_sync_queue where status = 'in_flight' limit 1
    `.catch(() => []);
    if (rows.length > 0) return;
    await context.rest(25);
  }
}

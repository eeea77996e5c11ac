import { actOnce, adoptRevisionsHere, carryOutHeld, drainOnce } from "./actions.ts";
import type { World } from "./world.ts";

/** More rounds than the slowest end takes: a question of its own after an adoption, eight rounds of a dead letter. */
const mostRounds = 40;

/** Everything comes to rest: workflows end, late writes arrive, every record is looked at, every wait is waited for. */
export async function letGoQuiet(world: World): Promise<void> {
  const { ground: { zoho, sql } } = world;
  world.isCalm = true;
  await world.begin();
  world.note("all goes quiet");
  await zoho.changeSettings({ fieldUpdates: [] });
  while (world.held.length > 0) await carryOutHeld(world, 0);
  world.hints = [];
  await world.pass(60_000);
  await lookAtAll(world);
  for (let round = 0; round < mostRounds; round++) {
    await world.begin();
    await drainOnce(world);
    await adoptRevisionsHere(world, 0);
    const [waiting] = await sql<{ ms: number | null }[]>`
      select greatest(
        (select max(extract(epoch from s.paused_until - now()) * 1000)::float8 from public.zoho_sync_state s
          where s.paused_until > now() and s.paused_until < 'infinity'),
        (select max(extract(epoch from h.held_until - now()) * 1000)::float8 from zoho_sync.module_holds h
          where h.held_until > now()),
        (select min(extract(epoch from coalesce(q.lease_until, q.next_attempt_at) - now()) * 1000)::float8
          from public.zoho_sync_queue q where q.status in ('pending', 'in_flight'))) as ms`;
    const outbox = await sql`select from zoho_sync.outbox limit 1`;
    if (waiting?.ms === null && outbox.length === 0) return;
    await world.pass(Math.max(waiting?.ms ?? 0, 0) + 1_000);
  }
  throw new Error("it does not come to rest");
}

/** What the hourly reconcile does for each record that differs. */
export async function lookAtAll(world: World): Promise<void> {
  const ids = world.contracts.map(({ id }) => id);
  await world.ground
    .sql`select public.zoho_enqueue('contract', ${ids}::uuid[], 1::smallint, 'reconcile', false, true)`;
}

export async function unrest(world: World): Promise<void> {
  const steps = world.random.between(30, 60);
  for (let step = 0; step < steps; step++) await actOnce(world);
}

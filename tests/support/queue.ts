import { assertEquals } from "@std/assert";
import type { Stack } from "../../local/stack.ts";
import type { Row } from "./fixtures.ts";
import { until } from "./until.ts";
import { fold } from "./fold.ts";

// What waits, who drains and what was tried: the sync's own rows, and time passed for them.

export async function queueRow({ sql }: Stack, contract: { id: string }): Promise<Row | undefined> {
  await fold(sql);
  const [row] = await sql<Row[]>`select * from public.zoho_sync_queue where entity_id = ${contract.id}`;
  return row;
}

/** Waits until the queue holds none of the contracts any more; a dead letter would be waited for in vain. */
export async function settled(stack: Stack, contracts: Row | Row[]): Promise<void> {
  const ids = [contracts].flat().map(({ id }) => id);
  let left: Record<string, unknown>[] = [];
  const isOver = async () => {
    await fold(stack.sql);
    left = await stack.sql`
      select status, failed_rounds, error_code, error_message, next_attempt_at > now() as later
      from public.zoho_sync_queue where entity_id = any (${ids})
    `;
    return left.every(({ status }) => status === "dead");
  };
  const seen = async () => ({ left, state: await syncState(stack) });
  await until(isOver, { what: "an empty queue", seen });
  if (left.length === 0) return;
  throw new Error(`still queued: ${JSON.stringify({ left, state: await syncState(stack) })}`);
}

export interface LogRow {
  id: string;
  status: string;
  attempt_number: number;
  error_message: string | null;
  request_payload: Record<string, unknown>;
  response_payload: Record<string, unknown> | null;
  zoho_entity_id: string | null;
}

/** The attempts at a contract's Deal, oldest first. */
export async function dealAttempts({ sql }: Stack, contract: Row): Promise<LogRow[]> {
  return await sql<LogRow[]>`
    select * from public.zoho_sync_logs
    where entity_id = ${contract.id} and zoho_entity_type = 'Deals' and drain_id is not null order by created_at, attempt_number
  `;
}

/** The row of who drains and whether it is paused. */
export async function syncState({ sql }: Stack): Promise<Record<string, unknown>> {
  const [state] = await sql<Record<string, unknown>[]>`
    select *, paused_until > now() as is_paused, paused_until = 'infinity' as until_resumed,
      extract(epoch from paused_until - now())::float8 as pause_seconds
    from public.zoho_sync_state
  `;
  if (!state) throw new Error("zoho_sync_state is empty");
  return state;
}

/** Waits until the drain has paused itself and gone. */
export async function untilPausedBy(
  stack: Stack,
  code: string,
): Promise<Record<string, unknown>> {
  return await until(async () => {
    const state = await syncState(stack);
    return state.pause_code === code && state.is_paused === true && state.drain_owner === null && state;
  }, { what: `a pause for ${code}`, seen: () => syncState(stack) });
}

/** Waits until no drain holds the lease. */
export async function drainEnded(stack: Stack): Promise<void> {
  const seen = () => syncState(stack);
  await until(async () => (await seen()).drain_owner === null, { what: "the end of the drain", seen });
}

/** While this works nothing is drained that is rung for, and no earlier drain comes upon it. */
export async function undrained<T>(stack: Stack, work: () => Promise<T>): Promise<T> {
  await stack.net.stop();
  try {
    await drainEnded(stack);
    // A drain that found nothing looks again for a moment; in a new process there is none.
    await Promise.all(stack.functions.names.map((name) => stack.functions.restart(name)));
    await letLeasesRunOut(stack);
    return await work();
  } finally {
    stack.net.start();
  }
}

/** Waits until a module is held for a code, and the drain that held it has gone. */
export async function heldBy({ sql }: Stack, module: string, code: string): Promise<Record<string, unknown>> {
  let seen: Record<string, unknown>[] = [];
  return await until(async () => {
    seen = await sql<Record<string, unknown>[]>`
      select *, extract(epoch from held_until - now())::float8 as seconds from zoho_sync.module_holds`;
    const isDraining =
      (await sql`select from public.zoho_sync_state where drain_owner is not null`).length > 0;
    return !isDraining &&
      seen.find((each) => each.module === module && each.code === code && Number(each.seconds) > 0);
  }, { what: `${module} held for ${code}`, seen: () => Promise.resolve(seen) });
}

/** As if the time of the pause and of every hold had passed. */
export async function letPausePass({ sql }: Stack): Promise<void> {
  await sql`update zoho_sync.module_holds set held_until = now() - interval '1 second'`;
  await sql`
    update public.zoho_sync_queue set next_attempt_at = now()
    where status = 'pending' and failed_rounds = 0 and next_attempt_at > now()`;
  await sql`update public.zoho_sync_state set paused_until = now() - interval '1 second' where paused_until is not null`;
}

/** As if the worker that holds them had been gone for long. */
export async function letLeasesRunOut({ sql }: Stack): Promise<void> {
  await sql`update public.zoho_sync_state set drain_until = now() - interval '1 second' where drain_until is not null`;
  await sql`
    update public.zoho_sync_queue set lease_until = now() - interval '1 second' where status = 'in_flight'
  `;
}

/**
 * As `settled`, after isolates were killed: a statement that one had begun may take its lease after its end. A healthy
 * drain renews its own.
 */
export async function settledAfterKills(
  stack: Stack,
  contracts: Row[],
  ring: () => Promise<unknown> = () => sweep(stack),
): Promise<void> {
  const isIdle = async () =>
    (await Promise.all(contracts.map((each) => queueRow(stack, each)))).every((row) => !row);
  await until(async () => {
    if (await isIdle()) return true;
    await endUnattendedLeases(stack.sql, 16);
    await ring();
  }, { what: "an empty queue", everyMs: 500, seen: () => syncState(stack) });
  await settled(stack, contracts);
}

/** Ends the leases, of 45 s, that were not renewed for so many seconds; a running drain renews its own. */
export async function endUnattendedLeases(sql: Stack["sql"], seconds: number): Promise<void> {
  const left = 45 - seconds;
  await sql.begin(async (tx) => {
    await tx`
      update public.zoho_sync_state set drain_until = now() - interval '1 second'
      where drain_until < now() + make_interval(secs => ${left})
    `;
    await tx`
      update public.zoho_sync_queue set lease_until = now() - interval '1 second'
      where (entity_type, entity_id) in (
        select entity_type, entity_id from public.zoho_sync_queue
        where status = 'in_flight' and lease_until < now() + make_interval(secs => ${left})
        for update skip locked)
    `;
    await tx`
      update public.zoho_tokens set lease_until = now() - interval '1 second'
      where lease_until < now() + make_interval(secs => ${left})
    `;
  });
}

/** pg_cron's sweep, now. */
export async function sweep({ cron }: Stack): Promise<void> {
  const { status, message } = await cron.runJobNow("zoho-sync-sweep");
  assertEquals(status, "succeeded", message);
}

/** Looking costs something too: a look reads past the rows that are settled and not yet vacuumed. */
export function queueEmpty({ sql }: Stack, { everyMs = 10, ceilingMs = 600_000 } = {}): Promise<unknown> {
  return until(
    async () => {
      await fold(sql);
      const [row] = await sql`select exists (select from public.zoho_sync_queue) as busy`;
      return row?.busy === false;
    },
    { everyMs, ceilingMs, what: "an empty queue" },
  );
}

import type { Stack } from "../../local/stack.ts";
import { type Row } from "../support/fixtures.ts";
import { until } from "../support/until.ts";
import { queueRow } from "../support/queue.ts";

// What an administrator of Zoho does to fields, and what the sync knows of them.

/** A drain that found the queue empty has let go of its lease and looks again until the last promise is over. */
export async function drainsAreOver({ sql }: Stack): Promise<void> {
  await until(async () => {
    const [state] = await sql`
      select s.drain_owner is null
        and d.last_value + zoho_sync.promise_ms() + 250 < zoho_sync.clock_ms() as is_over
      from public.zoho_sync_state s, zoho_sync.doorbell d`;
    return state?.is_over === true;
  }, { what: "the end of the drain" });
}

/** As if the hour were over: the next drain reads the fields. One that was rung late has asked already, so none is left. */
export async function letFieldsBeDue(stack: Stack): Promise<void> {
  await drainsAreOver(stack);
  await stack.functions.restart("zoho-sync");
  await stack.sql`update public.zoho_sync_state set fields_due_at = now() - interval '1 second' where true`;
}

export async function deadLetter(stack: Stack, contract: Row): Promise<Record<string, unknown>> {
  return await until(async () => {
    const row = await queueRow(stack, contract);
    return row?.status === "dead" && row;
  }, { what: "a dead letter" });
}

export async function snapshotOf({ sql }: Stack, contract: Row): Promise<Record<string, unknown>> {
  const [row] = await sql<{ snapshot: Record<string, unknown> }[]>`
    select snapshot from public.zoho_entity_mappings where circletel_id = ${contract.id}`;
  return row?.snapshot ?? {};
}

export async function knownField(
  { sql }: Stack,
  module: string,
  field: string,
): Promise<Record<string, unknown>> {
  const [row] = await sql<Record<string, unknown>[]>`
    select * from public.zoho_fields where module = ${module} and field = ${field}`;
  return row ?? {};
}

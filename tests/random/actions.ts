import { contractStatuses } from "../../supabase/functions/_shared/mapping/types.ts";
import { load, save } from "./backup.ts";
import {
  deleteDeal,
  editOwned,
  mergeDeals,
  moveStage,
  restoreDeal,
  switchWorkflow,
  writeFromElsewhere,
} from "./crm_actions.ts";
import { deliverHint, loseHint } from "./hints.ts";
import { noteRestored } from "./journal.ts";
import { findOtherEpochs } from "../../supabase/functions/_shared/sync/claim/other_epochs.ts";
import { RevisionWatch } from "../../supabase/functions/_shared/sync/claim/revision_watch.ts";
import { createZohoClient } from "../../supabase/functions/_shared/zoho/client.ts";
import { Worker } from "./worker.ts";
import type { World } from "./world.ts";

/** What may happen: how likely at the top of a run, and how likely between two calls of a worker. */
const actions: Record<
  string,
  { act: (world: World, depth: number) => Promise<void>; top: number; inside: number }
> = {
  drain: { act: drainOnce, top: 30, inside: 0 },
  status: { act: changeStatus, top: 16, inside: 16 },
  facts: { act: changeFacts, top: 10, inside: 6 },
  stage: { act: moveStage, top: 16, inside: 18 },
  owned: { act: editOwned, top: 5, inside: 4 },
  delete: { act: deleteDeal, top: 1.5, inside: 1 },
  restore: { act: restoreDeal, top: 3, inside: 1 },
  merge: { act: mergeDeals, top: 1.5, inside: 1 },
  workflow: { act: switchWorkflow, top: 2, inside: 1 },
  elsewhere: { act: writeFromElsewhere, top: 1, inside: 0.7 },
  hint: { act: deliverHint, top: 14, inside: 12 },
  lost_hint: { act: loseHint, top: 3, inside: 2 },
  held: { act: carryOutHeld, top: 6, inside: 8 },
  takeover: { act: takeOver, top: 0, inside: 6 },
  answer: { act: answerQuestion, top: 6, inside: 2 },
  adopt: { act: adoptRevisionsHere, top: 5, inside: 0 },
  time: { act: letTimePass, top: 5, inside: 3 },
  backup: { act: backUp, top: 2, inside: 1 },
  restore_database: { act: restoreDatabase, top: 1.5, inside: 0 },
};

const deepest = 2;

export async function actOnce(world: World, depth = 0): Promise<void> {
  await world.begin();
  const weights = Object.fromEntries(
    Object.entries(actions).map(([name, { top, inside }]) => [name, depth === 0 ? top : inside]),
  );
  if (depth >= deepest) weights.takeover = 0;
  await actions[world.random.weighted(weights)]?.act(world, depth);
}

/** Between two calls of a worker one thing happens, or two. */
async function meanwhile(world: World, depth: number): Promise<void> {
  await actOnce(world, depth);
  if (world.random.chance(0.3)) await actOnce(world, depth);
}

export async function drainOnce(world: World, depth = 0): Promise<void> {
  // Another isolate has checked nothing yet; a worker that takes over is one.
  if (world.random.chance(0.2)) world.watch = new RevisionWatch();
  const watch = depth === 0 ? world.watch : new RevisionWatch();
  const state = await new Worker(world, depth, (inside) => meanwhile(world, inside)).run(watch);
  // A dead worker's leases are in the way: more often than not they are waited for.
  if (state === "busy" && depth === 0 && world.random.chance(0.7)) await takeOver(world, depth);
}

/** A worker stops until its leases have run out and another has worked; then it goes on. */
async function takeOver(world: World, depth: number): Promise<void> {
  world.note("the leases run out", depth);
  await world.pass(46_000);
  await drainOnce(world, depth);
}

async function changeStatus(world: World, depth: number): Promise<void> {
  const { random, ground: { sql } } = world;
  const { id, number } = random.pick(world.contracts);
  const status = random.pick([...contractStatuses]);
  world.note(`CircleTel sets ${number} to ${status}`, depth);
  await sql`update public.contracts set status = ${status} where id = ${id}`;
}

async function changeFacts(world: World, depth: number): Promise<void> {
  const { random, ground: { sql } } = world;
  const { id, number, kycId, ricaId } = random.pick(world.contracts);
  const what = random.pick(["amount", "KYC", "RICA"]);
  world.note(`CircleTel edits the ${what} of ${number}`, depth);
  if (what === "amount") {
    await sql`update public.contracts set total_contract_value = ${
      random.between(1_000, 9_999)
    } where id = ${id}`;
  } else if (what === "KYC") {
    const result = random.pick(["approved", "declined", "pending_review"]);
    const tier = random.pick(["low", "medium", "high"]);
    await sql`update public.kyc_sessions set verification_result = ${result}, risk_tier = ${tier} where id = ${kycId}`;
  } else {
    const status = random.pick(["pending", "submitted", "approved", "rejected"]);
    await sql`update public.rica_submissions set status = ${status} where id = ${ricaId}`;
  }
}

export async function carryOutHeld(world: World, depth: number): Promise<void> {
  const [write] = world.held.splice(world.random.below(world.held.length), 1);
  if (write === undefined) return;
  const response = await write.send();
  const text = await (response as Response).text();
  const code = /"code":"(\w+)"/.exec(text)?.[1] ?? "nothing";
  world.note(`late: ${write.name}, answered ${code}`, depth);
  await world.collect();
}

async function answerQuestion(world: World, depth: number): Promise<void> {
  const { random, ground: { sql } } = world;
  const questions = await sql<
    { id: string; kind: string; field: string; answers: string[]; number: string }[]
  >`
    select q.id, q.kind, q.field, q.answers, c.contract_number as number
    from public.zoho_questions q join public.contracts c on c.id = q.entity_id
    where q.closed_at is null order by c.contract_number, q.kind, q.field`;
  if (questions.length === 0) return;
  const one = random.pick(questions);
  const choice = random.pick(one.answers);
  const answered = random.chance(0.3) ? questions.filter(({ kind }) => kind === one.kind) : [one];
  const numbers = answered.map(({ number }) => number).join(", ");
  world.note(`a person answers ${one.kind} ${one.field} of ${numbers}: ${choice}`, depth);
  await sql`select public.zoho_answer_questions(${
    answered.map(({ id }) => id)
  }::uuid[], ${choice}, 'a person')`;
}

export async function adoptRevisionsHere(world: World, depth: number): Promise<void> {
  const { ground: { sql, settings }, tokens } = world;
  const [paused] = await sql<{ epoch: number; earlier: number[] }[]>`
    select revision_epoch as epoch, earlier_epochs as earlier from public.zoho_sync_state
    where pause_code = 'UNKNOWN_WRITES'`;
  if (paused === undefined) return;
  world.note("a person goes on after UNKNOWN_WRITES", depth);
  const zoho = createZohoClient({ settings, tokens, fetch });
  const others = await findOtherEpochs(zoho, paused.epoch, paused.earlier);
  await sql`select public.zoho_adopt_revisions(${others}::int[])`;
}

async function letTimePass(world: World, depth: number): Promise<void> {
  const seconds = world.random.pick([2, 35, 50, 130, 1_000]);
  world.note(`${seconds} s pass`, depth);
  await world.pass(seconds * 1_000);
}

const backup = "random_backup";

async function backUp(world: World, depth: number): Promise<void> {
  world.note("the database is backed up", depth);
  await save(world.ground.admin, backup);
  world.backupStep = world.step;
}

/** Stopping a database and copying it back takes longer than a request lives; every process starts anew. */
async function restoreDatabase(world: World): Promise<void> {
  if (world.backupStep === null) return;
  while (world.held.length > 0) await carryOutHeld(world, 0);
  world.note(`the database is restored to step ${world.backupStep}`);
  await load(world.ground.admin, backup);
  await noteRestored(world.ground.admin);
  world.restores.push({ from: world.backupStep, step: world.step });
  world.watch = new RevisionWatch();
  await world.pass(20 * 60_000);
}

import type { JsonObject } from "../../local/zoho/mod.ts";
import { TestZoho } from "../../local/zoho/testing.ts";
import { revisionField, revisionOf } from "../../supabase/functions/_shared/merge/revision.ts";
import type { World } from "./world.ts";

// What people, workflows and a second deployment do in Zoho.

/** The epoch of the second deployment. */
export const otherEpoch = 777_777;

/** Every meaning, by actual and displayed names, and stages that mean nothing. */
const stages = [
  "Closed Won",
  "Closed Won",
  "Closed Lost",
  "Closed Lost",
  "Closed-Lost to Competition",
  "Proposal/Price Quote",
  "Negotiation/Review",
  "Qualification",
  "Identify Decision Makers",
  "Id. Decision Makers",
];

export async function moveStage(world: World, depth: number): Promise<void> {
  const id = await pickDeal(world);
  if (id !== null) await edit(world, depth, id, { Stage: world.random.pick(stages) });
}

export async function editOwned(world: World, depth: number): Promise<void> {
  const id = await pickDeal(world);
  if (id === null) return;
  const { random } = world;
  const fields = random.pick<() => JsonObject>([
    () => ({ Amount: random.between(1, 999) }),
    () => ({ KYC_Status: "Declined" }),
    () => ({ RICA_Status: null }),
    () => ({ Risk_Tier: "High", Amount: 5, Stage: random.pick(stages) }),
    () => ({ Closing_Date: "2027-01-31" }),
    () => ({ Next_Step: `call ${random.between(1, 99)}` }),
  ])();
  await edit(world, depth, id, fields);
}

async function edit(world: World, depth: number, id: string, fields: JsonObject): Promise<void> {
  world.note(`a seller edits ${world.nameOf(id)}: ${short(fields)}`, depth);
  await tried(world, depth, () => world.ground.zoho.edit("Deals", id, fields));
}

export async function deleteDeal(world: World, depth: number): Promise<void> {
  const id = await pickDeal(world);
  if (id === null) return;
  world.note(`a seller deletes ${world.nameOf(id)}`, depth);
  await tried(world, depth, () => world.ground.zoho.delete("Deals", id));
}

export async function restoreDeal(world: World, depth: number): Promise<void> {
  const there = new Set(await dealIds(world));
  const deleted = world.deletions.map(({ dealId }) => dealId).filter((id) => !there.has(id));
  const id = deleted[world.random.below(Math.max(deleted.length, 1))];
  if (id === undefined) return;
  world.note(`a seller restores ${world.nameOf(id)}`, depth);
  await tried(world, depth, () => world.ground.zoho.restore("Deals", id));
}

/** A seller's own copy, or another contract's Deal, takes the place of a Deal. */
export async function mergeDeals(world: World, depth: number): Promise<void> {
  const loser = await pickDeal(world);
  if (loser === null) return;
  const { random, ground: { zoho } } = world;
  const others = (await dealIds(world)).filter((id) => id !== loser);
  const isCopy = random.chance(0.7) || others.length === 0;
  const master = isCopy
    ? await zoho.create("Deals", { Deal_Name: "A copy", Stage: random.pick(stages) })
    : random.pick(others);
  world.note(
    `a seller merges ${world.nameOf(loser)} into ${isCopy ? "a copy" : ""} ${world.nameOf(master)}`,
    depth,
  );
  await tried(world, depth, () => zoho.merge("Deals", master, [loser]));
  const [before, after] = [world.stageOf(loser), world.stageOf(master)];
  if (isCopy) {
    world.stageWrites.push({
      step: world.step,
      dealId: master,
      by: "seller",
      before,
      after,
      revision: world.revisionOf(master),
    });
  }
}

export async function switchWorkflow(world: World, depth: number): Promise<void> {
  const { random, ground: { zoho } } = world;
  const rules = [
    { module: "Deals", on: "update", field: "Amount", set: { Amount: 1 } },
    { module: "Deals", on: "any", field: "KYC_Status", set: { KYC_Status: "Pending" } },
    { module: "Deals", on: "update", field: "Stage", value: "Closed Won", set: { Stage: "Qualification" } },
    {
      module: "Deals",
      on: "update",
      field: "Stage",
      value: "Closed Lost",
      set: { Stage: "Negotiation/Review" },
    },
  ] as const;
  const rule = world.hasWorkflow ? null : random.pick(rules);
  world.hasWorkflow = rule !== null;
  world.note(rule === null ? "the workflow ends" : `a workflow: ${rule.field} → ${short(rule.set)}`, depth);
  await zoho.changeSettings({ fieldUpdates: rule === null ? [] : [rule] });
}

/** Another deployment of this project, or a restored copy of it, writes to the same org. */
export async function writeFromElsewhere(world: World, depth: number): Promise<void> {
  const id = await pickDeal(world);
  if (id === null) return;
  const { random, ground: { zoho } } = world;
  const Stage = random.pick(["Closed Won", "Closed Lost", "Proposal/Price Quote"]);
  world.note(`a second deployment writes ${Stage} to ${world.nameOf(id)}`, depth);
  await world.collect();
  world.isOther = true;
  const data = [{ id, Stage, [revisionField]: revisionOf(otherEpoch, world.step) }];
  await new TestZoho(zoho.url).call("PUT", "Deals", { data });
  await world.collect();
  world.isOther = false;
}

async function pickDeal(world: World): Promise<string | null> {
  const ids = await dealIds(world);
  return ids.length === 0 ? null : world.random.pick(ids);
}

/** Those of contracts, oldest first. */
async function dealIds({ ground, numberOf }: World): Promise<string[]> {
  const deals = await ground.zoho.records("Deals");
  return deals.map(({ id }) => id).filter((id) => numberOf.has(id)).toSorted();
}

async function tried(world: World, depth: number, act: () => Promise<unknown>): Promise<void> {
  try {
    await act();
  } catch (error) {
    world.note(`… which Zoho refuses: ${String(error).slice(0, 160).replace(/\d{10,}/g, "…")}`, depth);
  }
  await world.collect();
}

function short(fields: JsonObject): string {
  return Object.entries(fields).map(([name, value]) => `${name} ${value}`).join(", ");
}

import { fieldRules } from "../../supabase/functions/_shared/fields/rules.ts";
import type { ValueRules } from "../../supabase/functions/_shared/merge/values.ts";
import { valueRulesOf } from "../../supabase/functions/_shared/fields/value_rules.ts";
import { unaccounted } from "./accounting.ts";
import { disagreements } from "./check.ts";
import type { Ground } from "./ground.ts";
import { readJournal } from "./journal.ts";
import { letGoQuiet, lookAtAll, unrest } from "./quiet.ts";
import { World } from "./world.ts";

export interface SeedOutcome {
  seed: number;
  /** Broken promises. */
  broken: string[];
  /** Everything that happened, a line each. */
  history: string[];
}

/** One seed from the first sale to the last check. */
export async function runSeed(ground: Ground, seed: number): Promise<SeedOutcome> {
  await ground.renew();
  using _ = ground.clock.own();
  const world = new World(ground, seed);
  const broken: string[] = [];
  try {
    await world.open();
    await unrest(world);
    await letGoQuiet(world);
    const rules = await rulesOf(ground);
    broken.push(...await disagreements(world, rules));
    broken.push(...unaccounted(world, await readJournal(ground.sql), rules));
    broken.push(...await movesAtRest(world));
  } catch (error) {
    broken.push(error instanceof Error ? error.stack ?? String(error) : String(error));
  }
  return { seed, broken, history: world.history };
}

/** Looking once more finds nothing to do. */
async function movesAtRest(world: World): Promise<string[]> {
  const { ground: { sql, zoho } } = world;
  const before = await stateOf();
  await world.pass(60_000);
  await lookAtAll(world);
  await letGoQuiet(world);
  const after = await stateOf();
  return after === before ? [] : [`another look changed something: ${before} became ${after}`];

  async function stateOf(): Promise<string> {
    const { lastSeq } = await zoho.changes({ module: "Deals" });
    const statuses = await sql`select contract_number, status from public.contracts order by 1`;
    const questions = await sql`
      select kind, entity_id, field, asked_at from public.zoho_questions where closed_at is null order by 1, 2, 3`;
    return JSON.stringify({ lastSeq, statuses, questions });
  }
}

async function rulesOf({ sql, settings }: Ground): Promise<ValueRules> {
  const [row] = await sql`select public.zoho_field_rules() as rules`;
  return valueRulesOf("Deals", fieldRules.parse(row?.rules), settings.timeZone);
}

/** A failing run as a person reads it. */
export function failureReport({ seed, broken, history }: SeedOutcome): string {
  return [
    `Seed ${seed}:`,
    ...history,
    "Broken:",
    ...broken.map((text) => `  ${text}`),
    `Replay: RANDOM_SEED=${seed} deno task test tests/random`,
  ].join("\n");
}

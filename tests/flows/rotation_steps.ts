import { assertEquals } from "@std/assert";
import { setTimeout as delay } from "node:timers/promises";
import type { Earlier } from "../../local/functions.ts";
import type { Stack } from "../../local/stack.ts";
import type { Row } from "../support/fixtures.ts";
import { until } from "../support/until.ts";
import { dealOf, sell } from "../support/sale.ts";
import { letLeasesRunOut, settled, settledAfterKills, sweep, syncState } from "../support/queue.ts";
import { fold } from "../support/fold.ts";

// Secrets that change under traffic: what runs meanwhile, and what must be true of it afterwards.

export type Env = Record<string, string | undefined>;

/** Isolates with the changed secrets run beside those with the old, as they do on the platform for minutes. */
export async function startBeside(stack: Stack, env: Env): Promise<Earlier> {
  const begun = await Promise.all(
    stack.functions.names.map((name) => stack.functions.startBeside(name, env)),
  );
  return {
    retire: () => begun.forEach((earlier) => earlier.retire()),
    async end() {
      await Promise.all(begun.map((earlier) => earlier.end()));
      // The platform ends an isolate in the middle of a drain; its lease ends by itself after 45 s.
      await letLeasesRunOut(stack);
      await sweep(stack);
    },
  };
}

/** Zoho's Deluge function signs every change of a Deal, ours among them, with this secret. */
export async function signWith(stack: Stack, secret: string): Promise<void> {
  const url = `${stack.apiUrl}/functions/v1/zoho-webhook`;
  await stack.zoho.changeSettings({ workflow: { url, secret, modules: ["Deals"], sign: "timestamp" } });
}

export interface Traffic {
  /** Waits for more rounds: each is a change on our side, one on Zoho's and a look at the token. */
  rounds(count: number): Promise<void>;
  /** Which key calls the functions from now on. */
  callWith(key: string): void;
  /** Ends it, waits for what is under way and checks that nothing was lost, refused or paused. */
  stop(): Promise<void>;
}

/** Rounds of work until it is stopped. Two contracts: one is edited here, the Deal of the other by its seller. */
export async function startTraffic(stack: Stack): Promise<Traffic> {
  const ours = (await sell(stack)).contract;
  const theirs = (await sell(stack)).contract;
  await settled(stack, [ours, theirs]);
  const { id: dealId } = await dealOf(stack, theirs);
  const [response] = await stack.sql`select coalesce(max(id), 0) as last from net._http_response`;
  const delivered = (await stack.zoho.deliveries()).at(-1)?.seq ?? 0;

  let key = stack.secretKey;
  let round = 0;
  let isOver = false;
  const faults: string[] = [];

  async function oneRound(): Promise<void> {
    round++;
    await stack.sql`update public.contracts set total_contract_value = ${round} where id = ${ours.id}`;
    await stack.zoho.edit("Deals", dealId, { Next_Step: `call ${round}` });
    const { status, body } = await stack.invoke("zoho-token-refresh", {}, { apikey: key });
    if (status !== 200) faults.push(`zoho-token-refresh: ${status} ${JSON.stringify(body)}`);
    const { pause_code, is_paused } = await syncState(stack);
    if (is_paused) faults.push(`paused: ${pause_code}`);
    await delay(5);
  }
  const running = (async () => {
    while (!isOver) await oneRound();
  })();
  running.catch(() => {});

  return {
    async rounds(count) {
      const goal = round + count;
      await Promise.race([until(() => round >= goal, { what: `round ${goal}` }), running]);
    },
    callWith: (next) => key = next,
    async stop() {
      isOver = true;
      await running;
      assertEquals(faults, []);
      await settledAfterKills(stack, [ours, theirs]);
      assertEquals((await dealOf(stack, ours)).Amount, round);
      await everythingWasHeard(stack, [ours, theirs], delivered, Number(response?.last ?? 0));
    },
  };
}

/** Every bell was answered and every post of Zoho's was let in, and no contract was given up. */
async function everythingWasHeard(
  stack: Stack,
  contracts: Row[],
  delivered: number,
  lastResponse: number,
): Promise<void> {
  const bells = await stack.sql`select status_code from net._http_response where id > ${lastResponse}`;
  assertEquals([...new Set(bells.map(({ status_code }) => status_code))], [202]);
  const deliveries = await stack.zoho.deliveries(delivered);
  assertEquals([...new Set(deliveries.map(({ outcome, status }) => `${outcome} ${status}`))], ["sent 200"]);
  await fold(stack.sql);
  const dead = await stack.sql`
    select error_code from public.zoho_sync_queue
    where status = 'dead' and entity_id = any (${contracts.map(({ id }) => id)})
  `;
  assertEquals([...dead], []);
}

/** The number of token requests, refused ones included. */
export async function tokensAsked({ zoho }: Stack): Promise<number> {
  const { refreshes, refused } = (await zoho.state()).tokens;
  return refreshes + refused;
}

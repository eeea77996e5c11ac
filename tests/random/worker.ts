import type { RevisionWatch } from "../../supabase/functions/_shared/sync/claim/revision_watch.ts";
import { drain } from "../../supabase/functions/_shared/sync/drain.ts";
import { FieldStore } from "../../supabase/functions/_shared/fields/store.ts";
import { requiredFields } from "../../supabase/functions/_shared/mapping/record_types.ts";
import { WriteGate } from "../../supabase/functions/_shared/identity/write_gate.ts";
import { createZohoClient } from "../../supabase/functions/_shared/zoho/client.ts";
import { LineItems } from "../../supabase/functions/_shared/zoho/line_items.ts";
import { RandomStream } from "../support/random.ts";
import type { World } from "./world.ts";

/** What may become of a call. */
type Fate = "ok" | "answer_lost" | "lost" | "late" | "killed_before" | "killed_after";

const fates: Record<"write" | "read" | "settle", Partial<Record<Fate, number>>> = {
  write: { ok: 82, answer_lost: 6, lost: 3, late: 4, killed_before: 2, killed_after: 3 },
  read: { ok: 96, lost: 2, killed_before: 2 },
  settle: { ok: 95, answer_lost: 1.5, lost: 1, killed_before: 1, killed_after: 1.5 },
};

/** Functions of the database that change what the next worker finds. */
const telling = /zoho_(claim_changes|record_attempts|settle_changes)$/;

const words: Record<Exclude<Fate, "ok">, string> = {
  answer_lost: "is carried out, its answer is lost",
  lost: "is lost",
  late: "is held back, its worker gives it up",
  killed_before: "is not made: the worker is killed",
  killed_after: "is carried out, and the worker is killed",
};

interface Call {
  name: string;
  kind: "write" | "read" | "settle" | "other";
  isDeals: boolean;
  send: () => Promise<Response>;
}

/** What may happen between two calls of a worker. */
export type Meanwhile = (depth: number) => Promise<void>;

/** A drain in this process: each of its calls is a place where the world goes on, or the worker ends. */
export class Worker {
  isDead = false;
  readonly name: string;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(readonly world: World, readonly depth: number, readonly meanwhile: Meanwhile) {
    this.name = `worker ${++world.workers}`;
  }

  /** Answers how it ended; null when it did early. */
  async run(watch: RevisionWatch): Promise<string | null> {
    const { world } = this;
    const { ground } = world;
    world.note(`${this.name} drains`, this.depth);
    const db = ground.database(this.#fetch);
    const fields = new FieldStore(db, requiredFields, () => {});
    const chance = new RandomStream(world.random.between(1, 1_000_000), this.name);
    let ending: string | null = null;
    try {
      const zoho = createZohoClient({
        settings: ground.settings,
        tokens: world.tokens,
        fetch: this.#fetch,
        names: () => fields.names(),
      });
      const { state, claimed, settled, pause } = await drain({
        db,
        zoho,
        gate: new WriteGate({ db, zoho, settings: ground.settings }),
        fields,
        settings: ground.settings,
        log: () => {},
        now: () => ground.clock.nowMs,
        sleep: (ms) => this.#sleep(ms),
        random: chance.next,
        watch,
        lineItems: new LineItems(),
      });
      ending = state;
      world.note(
        `${this.name}: ${state}, claimed ${claimed}, settled ${settled}${pause ? `, ${pause.code}` : ""}`,
        this.depth,
      );
    } catch (error) {
      if (world.isCalm) throw error;
      world.note(`${this.name} ended early${this.isDead ? "" : `: ${nameOf(error)}`}`, this.depth);
      if (!this.isDead && !isExpected(error)) throw error;
    }
    await this.#turn.catch(() => {});
    return ending;
  }

  async #sleep(ms: number): Promise<void> {
    if (this.isDead) throw new TypeError("the worker is dead");
    await this.world.pass(ms);
  }

  /** One call after the other, whatever is under way at once: so their order is the seed's. */
  #fetch: typeof fetch = async (input, init) => {
    const call = await callOf(input, init);
    const answer = this.#turn.then(() => this.#make(call));
    this.#turn = answer.catch(() => {});
    return await answer;
  };

  async #make(call: Call): Promise<Response> {
    const { world, depth } = this;
    const { random } = world;
    await world.pass(random.chance(0.04) ? random.between(900, 2_500) : random.between(5, 60));
    if (!world.isCalm && random.chance(0.1)) await this.meanwhile(depth + 1);
    if (this.isDead) throw new TypeError("the worker is dead");
    await world.begin();
    const fate = this.#fateOf(call);
    if (fate !== "ok" || call.kind !== "other") {
      world.note(`${this.name}: ${call.name} ${fate === "ok" ? "" : words[fate]}`.trimEnd(), depth);
    }
    if (fate === "killed_before" || fate === "killed_after") this.isDead = true;
    if (fate === "late") world.held.push({ name: `${call.name} of ${this.name}`, send: call.send });
    if (fate === "killed_before" || fate === "late" || fate === "lost") {
      throw new TypeError("connection reset");
    }
    const response = await keep(await call.send());
    await world.collect();
    if (fate !== "ok") throw new TypeError("connection reset");
    await world.pass(random.between(1, 30));
    if (!world.isCalm && random.chance(0.1)) await this.meanwhile(depth + 1);
    return response;
  }

  #fateOf({ kind, isDeals }: Call): Fate {
    if (this.world.isCalm || kind === "other") return "ok";
    const weights = { ...fates[kind] };
    // A second Account or Contact is not what this is about.
    if (kind === "write" && !isDeals) return "ok";
    return this.world.random.weighted(weights as Record<Fate, number>);
  }
}

async function callOf(input: RequestInfo | URL, init?: RequestInit): Promise<Call> {
  const request = new Request(input, init);
  const { method, url, headers } = request;
  const body = method === "GET" || method === "HEAD" ? undefined : await request.text();
  const send = () => fetch(url, { method, headers, body: body === "" ? undefined : body });
  const path = new URL(url).pathname;
  if (path.includes("/rest/v1/")) {
    const name = path.replace(/^.*\/(rpc\/)?/, "");
    return { name, kind: telling.test(path) ? "settle" : "other", isDeals: false, send };
  }
  const isCoql = path.endsWith("/coql");
  const name = `${method} ${path.replace(/^\/crm\/v\d+\//, "").replace(/\d{6,}/g, "…")}`;
  const isWrite = method !== "GET" && !isCoql;
  return {
    name: isWrite ? `${name} ${recordsOf(body)}` : name,
    kind: isWrite ? "write" : "read",
    isDeals: path.includes("/Deals"),
    send,
  };
}

/** What a write sends, short; a revision is another in each run. */
function recordsOf(body: string | undefined): string {
  const { data = [] }: { data?: Record<string, unknown>[] } = JSON.parse(body ?? "{}");
  return data.map((record) => {
    const { id, Stage: stage, CircleTel_Revision: _, ...rest } = record;
    const who = rest.Contract_Number ?? (typeof id === "string" ? `…${id.slice(-4)}` : "new");
    return `[${
      [who, stage, Object.keys(rest).length > 4 ? "all" : Object.keys(rest).join("+")].filter(Boolean).join(
        " ",
      )
    }]`;
  }).join("");
}

/** A response that needs its connection no more. */
async function keep(response: Response): Promise<Response> {
  const text = await response.text();
  const isEmpty = response.status === 204 || response.status === 304;
  return new Response(isEmpty ? null : text, { status: response.status, headers: response.headers });
}

function nameOf(error: unknown): string {
  return error instanceof Error
    ? `${error.name} ${"code" in error ? error.code : error.message}`
    : String(error);
}

/** The database could not be reached: the drain ends and its leases run out. */
function isExpected(error: unknown): boolean {
  return error instanceof Error && error.name === "DatabaseError";
}

import type { Json } from "../core/json.ts";
import { changeAsJson } from "../org/changes.ts";
import type { ControlCall } from "./call.ts";

export function readState({ org }: ControlCall): Json {
  const nowMs = org.nowMs();
  const { issued, refreshes, refused } = org.tokens;
  const records = [...org.modules.values()].map((module) => [module.apiName, module.store.size]);
  return {
    nowMs,
    clockOffsetMs: org.clock.offsetMs,
    seed: org.options.seed,
    edition: org.settings.edition,
    credits: { usedToday: org.creditsUsed(), budget: org.budget },
    tokens: { issued, active: org.tokens.active(nowMs), refreshes, refused },
    records: Object.fromEntries(records),
    calls: org.calls.count,
    lastChangeSeq: org.changes.lastSeq,
    settings: { ...org.settings },
  };
}

export function callsSince({ org, query }: ControlCall): Json {
  return { calls: org.calls.since(Number(query.get("since") ?? 0)).map((call) => ({ ...call })) };
}

export async function changesSince({ org, query }: ControlCall): Promise<Json> {
  const since = Number(query.get("since") ?? 0);
  const module = query.get("module") ?? undefined;
  const waitMs = Math.min(Number(query.get("waitMs") ?? 0), 60_000);
  const changes = await org.changes.waitSince(since, module, waitMs);
  return { changes: changes.map(changeAsJson), lastSeq: org.changes.lastSeq };
}

/** What the simulator has sent by itself, and what became of it. */
export function deliveriesSince({ org, query }: ControlCall): Json {
  return { deliveries: org.deliverer.since(Number(query.get("since") ?? 0)).map((entry) => ({ ...entry })) };
}

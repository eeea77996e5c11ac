import type { FaultInput } from "../../local/zoho/mod.ts";
import type { RandomStream } from "../support/random.ts";
import { type ChaosContext, timeoutMs } from "./context.ts";

const crm = { path: "^/crm/" };
const tokens = { path: "^/oauth/" };
const accessDenied = {
  error_description: "You have made too many requests continuously. Please try again after some time.",
  error: "Access Denied",
  status: "failure",
};

/**
 * How likely each kind of fault is. Fetching a new token is rationed by Zoho, so what costs one is rare: passing_time.ts.
 */
const weights = {
  latency: 12,
  status_500: 6,
  status_502: 5,
  status_503: 5,
  too_many: 6,
  drop_reply: 10,
  silent_drop: 8,
  half_body: 7,
  slow_drip: 6,
  connection_reset: 7,
  hang: 5,
  record_locked: 8,
  record_refused: 4,
  token_expiry: 3,
  token_denied: 1,
  token_trouble: 2,
  callback_duplicate: 8,
  callback_delay: 8,
  callback_lose: 5,
  callback_reorder: 8,
};
type Kind = keyof typeof weights;

/** What can go wrong between us and Zoho, how bad by chance. */
const menu: Record<Kind, (random: RandomStream) => FaultInput[]> = {
  latency: (random) => [{
    kind: "latency",
    match: crm,
    ms: random.between(50, 400),
    // Sometimes longer than any caller waits: Zoho then writes what its caller has given up.
    jitterMs: random.chance(0.3) ? 2 * timeoutMs : 300,
  }],
  status_500: (random) => [{ kind: "status", match: crm, status: 500, rate: severity(random) }],
  status_502: (random) => [{
    kind: "status",
    match: crm,
    status: 502,
    body: "<html>Bad Gateway</html>",
    rate: severity(random),
  }],
  status_503: (random) => [{ kind: "status", match: crm, status: 503, body: "", rate: severity(random) }],
  too_many: (random) => [{
    kind: "status",
    match: crm,
    status: 429,
    body: { code: "TOO_MANY_REQUESTS", details: {}, message: "too many requests", status: "error" },
    rate: severity(random),
  }],
  drop_reply: (random) => [{ kind: "drop_reply", match: crm, rate: severity(random) }],
  silent_drop: (random) => [{ kind: "silent_drop", match: crm, rate: severity(random) }],
  half_body: (random) => [{ kind: "half_body", match: crm, rate: severity(random) }],
  slow_drip: (random) => [{
    kind: "slow_drip",
    match: crm,
    ms: random.between(200, 1_500),
    rate: severity(random),
  }],
  connection_reset: (random) => [{ kind: "connection_reset", match: crm, rate: severity(random) }],
  hang: (random) => [{ kind: "hang", match: crm, ms: 3 * timeoutMs, rate: severity(random) }],
  record_locked: (
    random,
  ) => [{ kind: "record_error", match: crm, code: "RECORD_LOCKED", rate: severity(random) }],
  record_refused: () => [{
    kind: "record_error",
    match: { ...crm, module: "Deals" },
    code: "INVALID_DATA",
    message: "invalid data",
    details: { api_name: "Amount" },
    rate: 0.2,
  }],
  token_expiry: () => [],
  token_denied: () => [{ kind: "status", match: tokens, status: 400, body: accessDenied, times: 1 }],
  token_trouble: (random) => [{
    kind: random.pick(["status", "drop_reply", "hang", "half_body"]),
    match: tokens,
    ms: 3 * timeoutMs,
    times: 1,
  }],
  callback_duplicate: () => [{ kind: "callback_duplicate", rate: 0.5 }],
  callback_delay: () => [{ kind: "callback_delay", ms: 100, jitterMs: longestDelayMs - 100, rate: 0.7 }],
  callback_lose: () => [{ kind: "callback_lose", rate: 0.4 }],
  callback_reorder: () => [{ kind: "callback_reorder", rate: 0.5 }],
};

/** What is delayed now arrives within this. */
export const longestDelayMs = 1_500;

const needsNewToken = new Set<Kind>(["token_expiry", "token_denied", "token_trouble"]);

/** Faults switched on for some seconds and off again, with fair scheduleFaults in between. */
export async function scheduleFaults(context: ChaosContext): Promise<void> {
  const random = context.stream("scheduleFaults");
  const { zoho } = context.stack;
  while (context.isOn()) {
    await context.rest(random.between(100, 1_500));
    const chosen = Array.from({ length: random.between(1, 3) }, () => random.weighted(weights));
    await zoho.addFaults(...chosen.flatMap((kind) => menu[kind](random)));
    if (chosen.some((kind) => needsNewToken.has(kind))) {
      await zoho.tokens("expire_all");
      context.faults.add("token_expiry");
    }
    await context.rest(random.between(500, 4_000));
    await endFaults(context);
  }
}

/** Ends all faults and counts how often each one struck. */
export async function endFaults({ stack: { zoho }, faults }: ChaosContext): Promise<void> {
  const struck = await zoho.faults();
  await zoho.clearFaults();
  for (const { kind, status, code, match, hits } of struck) {
    if (hits === 0) continue;
    const where = match.path === tokens.path ? "token " : "";
    faults.add(`${where}${[kind, status ?? code].filter((part) => part !== undefined).join(" ")}`, hits);
  }
}

function severity(random: RandomStream): number {
  return random.pick([0.1, 0.3, 0.6, 1]);
}

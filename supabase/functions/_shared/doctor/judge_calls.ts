import { type Check, fail, ok, warn } from "./check.ts";
import type { DatabaseFacts } from "./database_facts.ts";
import { inEditor, someSecretKey, storing } from "./editor.ts";
import type { Facts } from "./facts.ts";
import type { FindingCode } from "./finding_codes.ts";

const wiring = "docs/deploy.md";
const ringing = (name: string) => `select zoho_sync.ring_again('${name}');`;
const ringAgain = (name: string) => inEditor(ringing(name));

type Calls = NonNullable<Extract<DatabaseFacts["calls"], { is: "known" }>["value"]>;
type Outcome = Exclude<Calls["functions"][number]["newest"], null>;

interface CallFault {
  code: FindingCode;
  found: string;
  mend: (name: string, facts: Facts) => string;
}

/** What is wrong when the newest call that is due ended so, and what to do; the same call is made again at the end. */
const callFaults: Record<Exclude<Outcome, "answered">, CallFault> = {
  queued: {
    code: "CALL_QUEUED",
    found: "pg_net does not send: calls have waited for more than two minutes",
    mend: () => inEditor("select net.worker_restart();"),
  },
  silent: { code: "CALL_SILENT", found: "Postgres called and never heard an answer", mend: ringAgain },
  refused: {
    code: "CALL_REFUSED",
    found: "the function refused Postgres's key",
    mend: (name, facts) => inEditor(`${keyToStore(facts)}${ringing(name)}`),
  },
  missing: {
    code: "CALL_MISSING",
    found: "Postgres called a function that is not there",
    mend: (name) => `supabase functions deploy --use-api --yes; then: ${ringAgain(name)}`,
  },
  failed: { code: "CALL_FAILED", found: "the function answered with an error", mend: ringAgain },
  timed_out: { code: "CALL_TIMED_OUT", found: "the function did not answer within 5 s", mend: ringAgain },
  unreachable: {
    code: "CALL_UNREACHABLE",
    found: "Postgres could not reach project_url",
    mend: (name, { supabaseUrl }) =>
      inEditor(`${storing("project_url", supabaseUrl, true)} ${ringing(name)}`),
  },
};

/** The key that was refused may have been replaced since, which the digests say. */
function keyToStore({ database: { vault }, secretKeyDigests }: Facts): string {
  const digest = vault.is === "known" ? vault.value?.key_digest ?? null : null;
  const isKnown = digest !== null && secretKeyDigests.includes(digest);
  return isKnown ? "" : `${storing("zoho_sync_key", someSecretKey, true)} `;
}

/** Whether the functions answered our own calls of the last quarter of an hour. Silence where an answer is due is a fault. */
export function judgeCalls({ queue, functions }: Calls, facts: Facts): Check[] {
  const checks = functions.flatMap(({ function: name, due, answered, newest }) => {
    if (newest === null) return [];
    const title = `doorbell ${name}`;
    if (newest !== "answered") {
      const { code, found, mend } = callFaults[newest];
      return [
        fail(
          code,
          title,
          `${found} (${due - answered} of ${due} calls in 15 minutes)`,
          mend(name, facts),
          wiring,
        ),
      ];
    }
    // pg_net tries once; what a few lost calls would have started, the schedule starts.
    if (answered * 2 >= due || due < enoughCalls) {
      return [ok(title, `answered ${answered} of ${due} calls in 15 minutes`)];
    }
    return [
      warn(
        "CALLS_LOST",
        title,
        `answered ${answered} of ${due} calls in 15 minutes`,
        "Nothing, if the next look says that more are answered: the schedule starts what a lost call would have.",
        "docs/operate.md",
      ),
    ];
  });
  if (functions.length === 0) checks.push(judgeNoCalls(facts));
  if (queue > longQueue) {
    checks.push(
      warn(
        "PG_NET_QUEUE",
        "pg_net queue",
        `${queue} requests of the whole database wait; ours wait with them`,
        inEditor("select net.worker_restart();"),
        "docs/operate.md",
      ),
    );
  }
  return checks;
}

/** Of fewer calls the newest one says more than their share. */
const enoughCalls = 6;

/** pg_net sends 200 in a second. */
const longQueue = 1_000;

/** The check for alerts rings every minute: where that job runs and nothing rings, the bell is broken. */
function judgeNoCalls({ database: { jobs, extensions, vault, queue }, nowMs }: Facts): Check {
  const name = "doorbell";
  const isRinging = jobs.is === "known" &&
    jobs.value?.some(({ name, last_at }) =>
      name === "zoho-alerts-check" && last_at !== null && nowMs - Date.parse(last_at) < 10 * 60_000
    );
  const isDue = queue.is === "known" && queue.value.oldest_seconds > 120;
  // What keeps it from ringing is a finding by itself.
  const isExplained = vault.is !== "known" || !vault.value?.project_url || vault.value.key_form === null ||
    extensions.is !== "known" || !extensions.value.pg_net;
  if (isExplained || !isRinging && !isDue) return ok(name, "had no reason to ring in 15 minutes");
  return fail(
    "NO_CALLS",
    name,
    "Postgres did not ring in 15 minutes, and had reason to",
    inEditor(`select zoho_sync.call_function('zoho-sync', '{"reason":"doctor"}');`),
    wiring,
  );
}

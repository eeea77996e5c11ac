import { type Check, fail, ok, warn } from "./check.ts";
import type { DatabaseFacts } from "./database_facts.ts";
import type { Facts } from "./facts.ts";
import { judged } from "./judged.ts";

type Known<Name extends keyof DatabaseFacts> = Extract<DatabaseFacts[Name], { is: "known" }>["value"];

const wiring = "docs/deploy.md";
const inEditor = (sql: string) => `In the SQL editor: ${sql}`;
const scheduleAll = inEditor("select * from zoho_sync.schedule_all();");
const ringAgain = (name: string) => inEditor(`select zoho_sync.ring_again('${name}');`);
const aKey = "<a secret key of the project>";

/** Whether Postgres can ring the functions, and notices what changes. Pure. */
export function judgeDatabase(facts: Facts): Check[] {
  const { database: it, nowMs } = facts;
  return [
    ...judged("database", it.answer, () => []),
    // Which of them are applied only the command knows, beside the checkout.
    ...judged("migrations", it.migrations, () => []),
    ...judged("extensions", it.extensions, judgeExtensions),
    ...judged("Vault", it.vault, (vault) => judgeVault(vault, facts)),
    ...judged("cron jobs", it.jobs, (jobs) => jobs === null ? [] : jobs.map((job) => judgeJob(job, nowMs))),
    ...judged("doorbell", it.calls, (calls) => calls === null ? [] : judgeCalls(calls, facts)),
    ...judged("triggers", it.triggers, judgeTriggers),
    ...judged("admins", it.admins, judgeAdmins),
  ];
}

/** What switches each on, with what an extension that was dropped took along. */
const createExtension = {
  pg_net: "create extension pg_net with schema extensions;",
  pg_cron: "create extension pg_cron with schema pg_catalog; select * from zoho_sync.schedule_all();",
  vault: "create extension supabase_vault with schema vault;",
};

function judgeExtensions(extensions: Known<"extensions">): Check[] {
  const names = ["pg_net", "pg_cron", "vault"] as const;
  return names.map((name) =>
    extensions[name]
      ? ok(`extension ${name}`, "there")
      : fail(`extension ${name}`, "not there", inEditor(createExtension[name]), wiring)
  );
}

function judgeVault(vault: Known<"vault">, { supabaseUrl, secretKeyDigests }: Facts): Check[] {
  if (vault === null) return [];
  const { project_url: url, key_form: form, key_digest: digest } = vault;
  return [
    isSameUrl(url, supabaseUrl) ? ok("Vault project_url", supabaseUrl) : fail(
      "Vault project_url",
      url ? `${url}, and this project is ${supabaseUrl}` : "not there: Postgres cannot ring the functions",
      store("project_url", supabaseUrl, Boolean(url)),
      wiring,
    ),
    judgeKey(form, digest !== null && secretKeyDigests.includes(digest)),
  ];
}

function judgeKey(form: "secret key" | "other" | null, isKnown: boolean): Check {
  const name = "Vault zoho_sync_key";
  if (isKnown) return ok(name, "a secret key of the project");
  const found = form === null
    ? "not there: Postgres cannot ring the functions"
    : form === "other"
    ? "not of the form sb_secret_…; the old service_role JWT is not accepted"
    : "none of the secret keys that the functions accept: deleted, or another project's";
  return fail(name, found, store("zoho_sync_key", aKey, form !== null), wiring);
}

function store(name: string, value: string, isThere: boolean): string {
  return inEditor(
    isThere
      ? `select vault.update_secret((select id from vault.secrets where name = '${name}'), '${value}');`
      : `select vault.create_secret('${value}', '${name}');`,
  );
}

const isSameUrl = (a: string | null, b: string) => a !== null && a.replace(/\/+$/, "") === b;

function judgeJob(job: NonNullable<Known<"jobs">>[number], nowMs: number): Check {
  const title = `cron ${job.name}`;
  const wrong = {
    missing: "not scheduled",
    off: "switched off",
    changed: "scheduled with another command or at other times than it should be",
    on: null,
  }[job.state];
  if (wrong !== null) return fail(title, wrong, scheduleAll, wiring);
  const minutesSince = (at: string) => Math.round((nowMs - Date.parse(at)) / 60_000);
  const since = job.last_at ?? job.scheduled_at;
  const isLate = since !== null && minutesSince(since) > job.late_after_minutes;
  if (job.last_status === "failed" && job.last_at !== null) {
    const found = `failed ${minutesSince(job.last_at)} min ago; run by hand it says why`;
    return fail(title, found, inEditor(`${job.command};`), "docs/operate.md");
  }
  if (isLate) {
    return fail(
      title,
      `${job.last_at === null ? "has never run, and was scheduled" : "ran last"} ${
        minutesSince(since)
      } min ago`,
      "Restart the database (Dashboard → Settings → General → Restart project).",
      "docs/operate.md",
    );
  }
  const slow = job.is_slow ? "; every minute, because pg_cron before 1.5 knows no seconds" : "";
  return ok(title, job.last_at === null ? `new${slow}` : `ran ${minutesSince(job.last_at)} min ago${slow}`);
}

type Outcome = Exclude<NonNullable<Known<"calls">>["functions"][number]["newest"], null>;

/** What is wrong when the newest call that is due ended so, and what to do. */
const callFaults: Record<
  Exclude<Outcome, "answered">,
  { found: string; mend: (url: string, name: string) => string }
> = {
  queued: {
    found: "pg_net does not send: calls have waited for more than two minutes",
    mend: () => inEditor("select net.worker_restart();"),
  },
  silent: { found: "Postgres called and never heard an answer", mend: (_url, name) => ringAgain(name) },
  refused: {
    found: "the function refused Postgres's key",
    mend: () => store("zoho_sync_key", aKey, true),
  },
  missing: {
    found: "Postgres called a function that is not there",
    mend: () => "supabase functions deploy --use-api --yes",
  },
  failed: { found: "the function answered with an error", mend: (_url, name) => ringAgain(name) },
  timed_out: { found: "the function did not answer within 5 s", mend: (_url, name) => ringAgain(name) },
  unreachable: {
    found: "Postgres cannot reach project_url",
    mend: (url) => store("project_url", url, true),
  },
};

/** Whether the functions answered our own calls of the last quarter of an hour. Silence where an answer is due is a fault. */
function judgeCalls({ queue, functions }: NonNullable<Known<"calls">>, facts: Facts): Check[] {
  const checks = functions.flatMap(({ function: name, due, answered, newest }) => {
    if (newest === null) return [];
    const title = `doorbell ${name}`;
    if (newest !== "answered") {
      const { found, mend } = callFaults[newest];
      return [
        fail(
          title,
          `${found} (${due - answered} of ${due} calls in 15 minutes)`,
          mend(facts.supabaseUrl, name),
          wiring,
        ),
      ];
    }
    // pg_net tries once; what a few lost calls would have started, the schedule starts.
    if (answered * 2 >= due) return [ok(title, `answered ${answered} of ${due} calls in 15 minutes`)];
    return [
      warn(title, `answered ${answered} of ${due} calls in 15 minutes`, ringAgain(name), "docs/operate.md"),
    ];
  });
  if (functions.length === 0) checks.push(judgeNoCalls(facts));
  if (queue > longQueue) {
    checks.push(
      warn(
        "pg_net queue",
        `${queue} requests of the whole database wait; ours wait with them`,
        inEditor("select net.worker_restart();"),
        "docs/operate.md",
      ),
    );
  }
  return checks;
}

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
    name,
    "Postgres did not ring in 15 minutes, and had reason to",
    inEditor(`select zoho_sync.call_function('zoho-sync', '{"reason":"doctor"}');`),
    wiring,
  );
}

function judgeTriggers(triggers: Known<"triggers">): Check[] {
  const wrong = triggers.filter(({ state }) => state !== "on");
  if (wrong.length === 0) return [ok("triggers", `${triggers.length} are on`)];
  const names = wrong.map(({ table, name, state }) => `${name} on ${table} is ${state}`);
  const off = wrong.filter(({ state }) => state === "off")
    .map(({ table, name }) => `alter table public.${table} enable trigger ${name};`);
  const missing = wrong.some(({ state }) => state === "missing") ? ["select zoho_sync.watch_tables();"] : [];
  return [
    fail(
      "triggers",
      names.slice(0, 5).join(", ") + (names.length > 5 ? ` and ${names.length - 5} more` : ""),
      inEditor([...off, ...missing].join(" ")),
      "docs/architecture.md",
    ),
  ];
}

function judgeAdmins({ active, write_own_row }: Known<"admins">): Check[] {
  const checks: Check[] = [];
  if (active === 0) {
    checks.push(
      warn(
        "admins",
        "admin_users has no active row: nobody can use the dashboard",
        inEditor(
          "insert into public.admin_users (id, email, role) select id, email, 'admin' from auth.users where email = '<address>' " +
            "on conflict (id) do update set is_active = true;",
        ),
        "docs/dashboard.md#who-may-sign-in",
      ),
    );
  }
  if (write_own_row) {
    checks.push(
      warn(
        "admin rights",
        "a person may change their own row of admin_users, and so switch themself on again or take another role",
        inEditor(
          "revoke update on public.admin_users from anon, authenticated; grant update (full_name) on public.admin_users to authenticated;",
        ),
        "docs/deploy.md#who-is-an-admin",
      ),
    );
  }
  return checks.length > 0 ? checks : [ok("admins", `${active} active, and none may change their own role`)];
}

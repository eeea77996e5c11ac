import { z } from "zod";
import { type Check, fail, ok, warn } from "./check.ts";
import { pageOf } from "../zoho/error_table.ts";

/** What zoho_doctor answers. */
export const databaseFacts = z.object({
  extensions: z.object({ pg_net: z.boolean(), pg_cron: z.boolean(), vault: z.boolean() }),
  vault: z.record(z.string(), z.string()).nullable(),
  jobs: z.array(z.object({
    name: z.string(),
    state: z.enum(["on", "off", "missing"]),
    late_after_minutes: z.number(),
    /** Scheduled by minutes, because this pg_cron (before 1.5) knows no seconds. */
    is_slow: z.boolean().nullable(),
    last_status: z.string().nullable(),
    last_at: z.string().nullable(),
  })),
  calls: z.object({
    answered: z.number().default(0),
    refused: z.number().default(0),
    missing: z.number().default(0),
    unreachable: z.number().default(0),
    newest: z.number().nullish(),
  }),
  migrations: z.array(z.string()).nullable(),
  triggers: z.array(
    z.object({ table: z.string(), name: z.string(), state: z.enum(["on", "off", "missing"]) }),
  ),
  now: z.string(),
  paused: z.object({
    until: z.string().nullable(),
    code: z.string().nullable(),
    message: z.string().nullable(),
  })
    .nullable(),
  queue: z.object({ waiting: z.number(), dead: z.number(), oldest_seconds: z.number() }),
});
export type DatabaseFacts = z.infer<typeof databaseFacts>;

const wiring = "docs/deploy.md";
const operate = "docs/operate.md";

/** Judges what Postgres said; pure. */
export function checkDatabase(facts: DatabaseFacts, supabaseUrl: string): Check[] {
  return [
    ...checkExtensions(facts),
    ...checkVault(facts, supabaseUrl),
    ...checkJobs(facts),
    checkDoorbell(facts),
    checkTriggers(facts),
    checkPause(facts),
    checkOldest(facts),
    checkDead(facts),
  ];
}

function checkExtensions({ extensions }: DatabaseFacts): Check[] {
  return Object.entries(extensions).map(([name, isThere]) =>
    isThere ? ok(`extension ${name}`, "there") : fail(
      `extension ${name}`,
      "not there",
      `In the SQL editor: ${createExtension[name as keyof typeof createExtension]}`,
      wiring,
    )
  );
}

/** What switches each on, with what an extension that was dropped took along. */
const createExtension = {
  pg_net: "create extension pg_net with schema extensions;",
  pg_cron: "create extension pg_cron with schema pg_catalog; select * from zoho_sync.schedule_all();",
  vault: "create extension supabase_vault with schema vault;",
};

function checkVault({ vault }: DatabaseFacts, supabaseUrl: string): Check[] {
  if (vault === null) return [];
  const store = (name: string) => `select vault.create_secret('<value>', '${name}') in the SQL editor.`;
  const { project_url: url, zoho_sync_key: key } = vault;
  const sameUrl = url?.replace(/\/+$/, "") === supabaseUrl;
  return [
    !url
      ? fail(
        "Vault project_url",
        "not there: Postgres cannot ring the functions",
        store("project_url"),
        wiring,
      )
      : sameUrl
      ? ok("Vault project_url", url)
      : fail(
        "Vault project_url",
        `${url}, and this project is ${supabaseUrl}`,
        "vault.update_secret it to this project's address.",
        wiring,
      ),
    !key
      ? fail(
        "Vault zoho_sync_key",
        "not there: Postgres cannot ring the functions",
        store("zoho_sync_key"),
        wiring,
      )
      : key === "secret key"
      ? ok("Vault zoho_sync_key", "a secret key")
      : fail(
        "Vault zoho_sync_key",
        "not of the form sb_secret_…; the old service_role JWT is not accepted",
        "Make a secret key (Dashboard → Settings → API Keys) and vault.update_secret it.",
        wiring,
      ),
  ];
}

function checkJobs({ extensions, jobs, now }: DatabaseFacts): Check[] {
  if (!extensions.pg_cron) return [];
  return jobs.map((job) => {
    const title = `cron ${job.name}`;
    if (job.state !== "on") {
      const found = job.state === "missing" ? "not scheduled" : "switched off";
      return fail(title, found, "In the SQL editor: select * from zoho_sync.schedule_all();", wiring);
    }
    const slow = job.is_slow ? "; every minute, because pg_cron before 1.5 knows no seconds" : "";
    // A job that was scheduled a moment ago has not run: its first time is still to come.
    if (job.last_at === null) return ok(title, `scheduled, not run yet${slow}`);
    const minutesAgo = Math.round((Date.parse(now) - Date.parse(job.last_at)) / 60_000);
    if (job.last_status === "failed") {
      return fail(
        title,
        `failed ${minutesAgo} min ago`,
        "select return_message from cron.job_run_details order by runid desc limit 20;",
        operate,
      );
    }
    return minutesAgo > job.late_after_minutes
      ? warn(
        title,
        `last run ${minutesAgo} min ago`,
        "Restart the database if pg_cron hangs (Dashboard → Settings).",
        operate,
      )
      : ok(title, `last run ${minutesAgo} min ago${slow}`);
  });
}

/** Whether the functions answered Postgres in the last quarter of an hour. */
function checkDoorbell({ calls }: DatabaseFacts): Check {
  const { answered, refused, missing, unreachable, newest } = calls;
  const name = "doorbell";
  const isBad = newest === null || newest === undefined || newest >= 400;
  if (refused > 0 && isBad) {
    return fail(
      name,
      `the functions refused Postgres's key ${refused} times in 15 minutes`,
      "Put a valid secret key of the project into Vault as zoho_sync_key.",
      wiring,
    );
  }
  if (missing > 0 && isBad) {
    return fail(name, "Postgres rang a function that is not there", "supabase functions deploy", wiring);
  }
  if (unreachable > 0 && answered === 0) {
    return fail(name, "Postgres cannot reach project_url", "Correct project_url in Vault.", wiring);
  }
  return ok(name, answered > 0 ? `answered ${answered} times in 15 minutes` : "not rung in 15 minutes");
}

function checkTriggers({ triggers }: DatabaseFacts): Check {
  const wrong = triggers.filter(({ state }) => state !== "on");
  if (wrong.length === 0) return ok("triggers", `${triggers.length} are on`);
  const [first] = wrong;
  const names = wrong.map(({ table, name, state }) => `${name} on ${table} is ${state}`);
  return fail(
    "triggers",
    names.slice(0, 5).join(", ") + (names.length > 5 ? ` and ${names.length - 5} more` : ""),
    first?.state === "off"
      ? `alter table public.${first.table} enable trigger ${first.name};`
      : "In the SQL editor: select zoho_sync.watch_tables();",
    "docs/architecture.md",
  );
}

function checkPause({ paused }: DatabaseFacts): Check {
  if (paused === null) return ok("queue", "not paused");
  const code = paused.code ?? "";
  const found = `paused${paused.until ? ` until ${paused.until}` : " until somebody resumes it"}: ${code}`;
  const isByHand = code === "PAUSED_BY_HAND";
  return isByHand
    ? warn("queue", found, "select zoho_resume(); or Resume on the dashboard.", operate)
    : fail("queue", found, paused.message ?? "See the page of the code.", `docs/errors/${pageOf(code)}.md`);
}

const minute = 60;

function checkOldest({ queue }: DatabaseFacts): Check {
  const name = "oldest unsent change";
  const { waiting, oldest_seconds: seconds } = queue;
  if (seconds < 5 * minute) {
    return ok(name, waiting === 0 ? "none" : `${waiting} wait, the oldest for ${seconds} s`);
  }
  const found = `has been due for ${Math.round(seconds / minute)} minutes`;
  const mend = "Mend what else is listed here; then ring: call zoho-sync with an empty body.";
  return seconds < 15 * minute ? warn(name, found, mend, operate) : fail(name, found, mend, operate);
}

function checkDead({ queue }: DatabaseFacts): Check {
  return queue.dead === 0 ? ok("dead letters", "none") : warn(
    "dead letters",
    `${queue.dead} changes wait for a person`,
    "Look at Problems on the dashboard.",
    "docs/operate.md#dead-letters",
  );
}

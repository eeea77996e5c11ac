import { type Check, fail, ok, warn } from "./check.ts";
import type { DatabaseFacts } from "./database_facts.ts";
import { inEditor, someSecretKey, storing } from "./editor.ts";
import type { Facts } from "./facts.ts";
import { judgeCalls } from "./judge_calls.ts";
import { judged } from "./judged.ts";

type Known<Name extends keyof DatabaseFacts> = Extract<DatabaseFacts[Name], { is: "known" }>["value"];

const wiring = "docs/deploy.md";
const scheduleAll = inEditor("select * from zoho_sync.schedule_all();");

/** Whether Postgres can ring the functions, and notices what changes. Pure. */
export function judgeDatabase(facts: Facts): Check[] {
  const { database: it, nowMs } = facts;
  return [
    ...judged("database", it.answer, () => []),
    // Which of them are applied only the command knows, beside the checkout.
    ...judged("migrations", it.migrations, () => []),
    ...judged("extensions", it.extensions, judgeExtensions),
    ...(isUndecipherable(it.vault)
      ? [lostRootKey(facts)]
      : judged("Vault", it.vault, (vault) => judgeVault(vault, facts))),
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
      : fail("EXTENSION_MISSING", `extension ${name}`, "not there", inEditor(createExtension[name]), wiring)
  );
}

/** What Postgres says of secrets that another project's root key closed: a copied or restored database. */
const undecipherable = "22000";
const isUndecipherable = (vault: DatabaseFacts["vault"]) =>
  vault.is === "unreadable" && vault.code === undecipherable;

function lostRootKey({ supabaseUrl }: Facts): Check {
  return fail(
    "VAULT_UNREADABLE",
    "Vault",
    `its secrets cannot be decrypted (${undecipherable}): they were closed with another project's root key`,
    inEditor(
      "delete from vault.secrets where name in ('project_url', 'zoho_sync_key'); " +
        `${storing("project_url", supabaseUrl, false)} ${storing("zoho_sync_key", someSecretKey, false)}`,
    ),
    "docs/doctor.md#what-cannot-be-read",
  );
}

function judgeVault(vault: Known<"vault">, { supabaseUrl, secretKeyDigests }: Facts): Check[] {
  if (vault === null) return [];
  const { project_url: url, key_form: form, key_digest: digest } = vault;
  return [
    isSameUrl(url, supabaseUrl) ? ok("Vault project_url", supabaseUrl) : fail(
      "VAULT_URL",
      "Vault project_url",
      url ? `${url}, and this project is ${supabaseUrl}` : "not there: Postgres cannot ring the functions",
      inEditor(storing("project_url", supabaseUrl, Boolean(url))),
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
  return fail(
    "VAULT_KEY",
    name,
    found,
    inEditor(storing("zoho_sync_key", someSecretKey, form !== null)),
    wiring,
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
  if (wrong !== null) return fail("JOB_WRONG", title, wrong, scheduleAll, wiring);
  const minutesSince = (at: string) => Math.round((nowMs - Date.parse(at)) / 60_000);
  const since = job.last_at ?? job.scheduled_at;
  const isLate = since !== null && minutesSince(since) > job.late_after_minutes;
  if (job.last_status === "failed" && job.last_at !== null) {
    const found = `failed ${minutesSince(job.last_at)} min ago; run by hand it says why`;
    return fail("JOB_FAILED", title, found, inEditor(`${job.command};`), "docs/operate.md");
  }
  if (isLate) {
    return fail(
      "JOB_LATE",
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

function judgeTriggers(triggers: Known<"triggers">): Check[] {
  const wrong = triggers.filter(({ state }) => state !== "on");
  if (wrong.length === 0) return [ok("triggers", `${triggers.length} are on`)];
  const names = wrong.map(({ table, name, state }) => `${name} on ${table} is ${state}`);
  const off = wrong.filter(({ state }) => state === "off")
    .map(({ table, name }) => `alter table public.${table} enable trigger ${name};`);
  const missing = wrong.some(({ state }) => state === "missing") ? ["select zoho_sync.watch_tables();"] : [];
  return [
    fail(
      "TRIGGER_OFF",
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
        "NO_ADMIN",
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
        "ADMIN_RIGHTS",
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

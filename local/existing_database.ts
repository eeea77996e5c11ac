import type postgres from "postgres";
import { withSql } from "./sql.ts";

// `task start --database`: a copy of a project's database, with functions, simulator and dashboard of this machine. A copy
// carries the pin, the mappings, Vault and the jobs of its original, so it is looked at before anything is started.

/** What keeps a database from being used as it is. */
export interface DatabaseState {
  /** Migrated by this project. */
  isOurs: boolean;
  /** The project it is pinned to; null before its first drain. */
  projectHost: string | null;
  mappings: number;
  /** Where its own pg_net would ring. */
  vaultUrl: string | null;
}

const loopback = /^(localhost|127(\.\d+){3}|\[?::1\]?)$/;

/** Why this database is not started with; null when it may be. Pure. */
export function refusalOf(url: string, state: DatabaseState | null, asCopy: boolean): string | null {
  const { hostname } = new URL(url);
  if (!loopback.test(hostname)) {
    return `${hostname} is not this machine: what runs here would write to a project's own database. ` +
      "Copy it first (supabase db dump), and give the copy's address.";
  }
  if (state === null || !state.isOurs) {
    return "The database has no schema zoho_sync: run the migrations there first (supabase db push).";
  }
  if (asCopy) return null;
  const reasons = [
    state.projectHost === null ? null : `it is pinned to ${state.projectHost}`,
    state.mappings === 0 ? null : `it has ${state.mappings} mappings to records of a Zoho org`,
    state.vaultUrl === null || loopback.test(new URL(state.vaultUrl).hostname)
      ? null
      : `its Vault rings ${new URL(state.vaultUrl).host}`,
  ].filter((reason) => reason !== null);
  if (reasons.length === 0) return null;
  return `The database is a copy: ${
    reasons.join(", ")
  }. With --as-copy it is adopted for the simulator: Vault rings this ` +
    "machine, and what it knows of the org is put aside.";
}

export async function readDatabaseState(url: string): Promise<DatabaseState> {
  return await withSql(url, async (sql) => {
    const [there] = await sql`select to_regclass('zoho_sync.identity') is not null as is_ours`;
    if (!there?.is_ours) return { isOurs: false, projectHost: null, mappings: 0, vaultUrl: null };
    const [state] = await sql`
      select i.project_host, (select count(*)::int from public.zoho_entity_mappings) as mappings,
        (select s.decrypted_secret from vault.decrypted_secrets s where s.name = 'project_url') as vault_url
      from zoho_sync.identity i`;
    return {
      isOurs: true,
      projectHost: state?.project_host ?? null,
      mappings: state?.mappings ?? 0,
      vaultUrl: state?.vault_url ?? null,
    };
  });
}

/**
 * Makes a copy forget whose it was, so that nothing is written before it is adopted: its pin is one that no project has, and
 * its org one that no credentials belong to. Adopting then puts aside what it knew.
 */
export async function disownCopy(sql: postgres.Sql): Promise<void> {
  await sql`update zoho_sync.identity set project_host = 'copied', org_id = 'copied' where true`;
}

/** Whether pg_net and pg_cron are stand-ins, whose workers this machine has to be. */
export async function hasStandIns(url: string): Promise<boolean> {
  return await withSql(url, async (sql) => {
    const real = await sql`
      select from pg_extension e where e.extname in ('pg_net', 'pg_cron')
        and coalesce(obj_description(e.oid, 'pg_extension'), '') not like '%stand-in%'`;
    return real.length === 0;
  });
}

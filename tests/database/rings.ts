import type { Db } from "../support/fixtures.ts";

// The doorbell as pg_net's stand-in has it: a call is a row of net.http_request_queue, and no worker takes it away here.

export const PROJECT_URL = "https://circletel.example";
export const SYNC_KEY = "sb_secret_for_the_doorbell";

export interface Ring {
  method: string;
  url: string;
  headers: Record<string, string>;
  body: unknown;
  timeout_milliseconds: number;
}

/** Puts both secrets into Vault, as `supabase db push` does. */
export async function hangBell(db: Db): Promise<void> {
  await db`select vault.create_secret(${PROJECT_URL}, 'project_url'), vault.create_secret(${SYNC_KEY}, 'zoho_sync_key')`;
}

export async function rings(db: Db): Promise<Ring[]> {
  const rows = await db<Ring[]>`
    select method, url, headers, convert_from(body, 'UTF8')::jsonb as body, timeout_milliseconds
    from net.http_request_queue order by id
  `;
  return [...rows];
}

/** Forgets the calls made so far, and any drain's promise to look. */
export async function forgetRings(db: Db): Promise<void> {
  await db`delete from net.http_request_queue where true`;
  await forgetPromise(db);
}

/** As if the last promise were long past. */
export async function forgetPromise(db: Db): Promise<void> {
  await db`select setval('zoho_sync.doorbell', 0)`;
}

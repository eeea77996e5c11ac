import { App } from "@supabase/lite";
import { createPostgresConnection } from "@supabase/lite/postgres";
import type postgres from "postgres";
import { findGuardedTable, withoutNewGrants } from "./lite_grants.ts";
import { withQuietErrors } from "./quiet_console.ts";

// @supabase/lite answers for the Data API and for Auth. The order that it needs (roles, its own schema, our migrations,
// and only then the first request) is kept by database.ts and stack.ts; here is what has to be said to it.

/** Signs the tokens that lite gives out; the gateway has to know it to exchange them. */
export const LITE_JWT_SECRET = "local-jwt-secret-with-at-least-32-characters";

const STATEMENT_TIMEOUT_MS = 8_000;

type Types = NonNullable<postgres.Options<Record<string, postgres.PostgresType>>["types"]>;

// lite hands over jsonb arguments as text already; postgres.js would quote that text a second time.
const JSONB_ONCE: Types = {
  jsonb: {
    to: 3802,
    from: [3802],
    serialize: (value: unknown) => typeof value === "string" ? value : JSON.stringify(value),
    parse: (text: string) => JSON.parse(text),
  },
};

export interface LiteKeys {
  publishableKey: string;
  secretKey: string;
}

export interface Lite {
  fetch(request: Request): Promise<Response>;
  ensureSystemSchema(): Promise<void>;
  /** Makes the first request, in which lite reads the schema, so that no user waits for it. */
  warmUp(adminUrl: string): Promise<void>;
  close(): Promise<void>;
}

/** Serves /rest/v1 and /auth/v1 over the database at `url`. The schema is read at the first request and never again. */
export function openLite(url: string, keys: LiteKeys, max = 10): Lite {
  const connection = createPostgresConnection({
    url,
    postgresOptions: {
      max,
      types: JSONB_ONCE,
      connect_timeout: 2,
      // What the platform sets for authenticator, as whom PostgREST logs in; lite does so as postgres.
      connection: { statement_timeout: STATEMENT_TIMEOUT_MS },
      onnotice() {},
    },
  });
  const app = new App({
    connection,
    auth: {
      enabled: true,
      publishable_key: keys.publishableKey,
      secret_key: keys.secretKey,
      jwt_secret: LITE_JWT_SECRET,
    },
  });
  const fetch = async (request: Request): Promise<Response> =>
    await withQuietErrors(() => app.fetch(request));
  return {
    fetch,
    ensureSystemSchema: () => app.ensureSystemSchema(),
    async warmUp(adminUrl) {
      const table = await findGuardedTable(adminUrl) ?? "none";
      const headers = { apikey: keys.secretKey };
      await withoutNewGrants(adminUrl, async () => {
        const answer = await fetch(new Request(`http://lite/rest/v1/${table}?limit=0`, { headers }));
        const text = await answer.text();
        if (answer.status >= 500) throw new Error(`the Data API does not answer: ${text}`);
      });
    },
    close: () => connection.driver.end({ timeout: 1 }),
  };
}

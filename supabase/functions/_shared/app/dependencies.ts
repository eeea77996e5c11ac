import { FieldStore } from "../fields/store.ts";
import { gated, WriteGate } from "../identity/write_gate.ts";
import { requiredFields } from "../mapping/record_types.ts";
import type { ServiceClient } from "../platform/database.ts";
import type { Settings } from "../platform/engine_settings.ts";
import type { Log } from "../platform/log.ts";
import { RevisionWatch } from "../sync/claim/revision_watch.ts";
import type { SyncDependencies } from "../sync/drain_session.ts";
import { createZohoClient } from "../zoho/client.ts";
import { LineItems } from "../zoho/line_items.ts";
import { SingleRefresh } from "../zoho/single_refresh.ts";
import { TokenStore } from "../zoho/token.ts";

export const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

const startedAtMs = Date.now();

/** One token cache per isolate: a warm isolate asks the database for a token about once an hour. */
let tokens: TokenStore | null = null;

export function tokenStore(db: ServiceClient, settings: Settings): TokenStore {
  return tokens ??= new TokenStore({ db, settings, fetch, now: Date.now, sleep, startedAtMs });
}

/** A Zoho client for checks: it changes nothing, and costs at most one token refresh. */
export function lookingClient(db: ServiceClient, settings: Settings, fields: FieldStore) {
  const tokens = new TokenStore({ db, settings, fetch, now: Date.now, sleep, startedAtMs });
  return createZohoClient({
    settings,
    tokens: new SingleRefresh(tokens),
    fetch,
    names: () => fields.names(),
  });
}

/** What this isolate has checked, and how it can read line items. */
const watch = new RevisionWatch();
const lineItems = new LineItems();

/** Production clock, fetch and randomness, for one invocation. */
export function liveDependencies(db: ServiceClient, settings: Settings, log: Log): SyncDependencies {
  const fields = new FieldStore(db, requiredFields, log);
  const names = () => fields.names();
  const ungated = createZohoClient({ settings, tokens: tokenStore(db, settings), fetch, names });
  const gate = new WriteGate({ db, zoho: ungated, settings });
  const zoho = gated(ungated, gate);
  return {
    db,
    zoho,
    gate,
    fields,
    settings,
    log,
    now: Date.now,
    sleep,
    random: Math.random,
    watch,
    lineItems,
  };
}

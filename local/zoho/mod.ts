/**
 * A Zoho CRM that lives in memory and answers like the real one, for tests, benchmarks and the demo.
 * `startZoho` runs it in this process; `ZohoControl` steers one in any process. See README.md.
 */
import { exchange } from "./http/exchange.ts";
import { listen } from "./http/server.ts";
import { runFieldUpdates } from "./notify/field_updates.ts";
import { tellTheOutside } from "./notify/tell.ts";
import { defaultPort, orgOptions, type ZohoOptions } from "./options.ts";
import { Org } from "./org/org.ts";

export { type ZohoChange, ZohoControl, type ZohoRecord, type ZohoState } from "./control/client.ts";
export type { DayAct, DayEntry } from "./control/day_script.ts";
export type { Json, JsonObject } from "./core/json.ts";
export type { Fault, FaultInput, FaultKind } from "./faults/faults.ts";
export type { DeliveryEntry } from "./notify/deliver.ts";
export type { ZohoOptions } from "./options.ts";
export type { CallEntry } from "./org/calls.ts";
export type { OrgSettings, SettingsPatch } from "./org/settings.ts";

export interface ZohoServer {
  url: string;
  stop: () => Promise<void>;
}

export async function startZoho(options: ZohoOptions = {}): Promise<ZohoServer> {
  const org = new Org(orgOptions(options));
  org.onAnnounce((changes) => tellTheOutside(org, changes));
  org.onAnnounce((changes) => runFieldUpdates(org, changes));
  const hostname = options.hostname ?? "127.0.0.1";
  const listening = await listen(
    (incoming) => exchange(org, incoming),
    hostname,
    options.port ?? defaultPort,
  );
  const shown = hostname === "0.0.0.0" || hostname === "::" ? "127.0.0.1" : hostname;
  org.origin = `http://${shown}:${listening.port}`;
  const stop = async () => {
    org.deliverer.clear();
    org.agenda.clear();
    await listening.close();
  };
  return { url: org.origin, stop };
}

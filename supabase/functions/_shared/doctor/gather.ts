import { readIdentity } from "../identity/identity.ts";
import type { FieldStore } from "../fields/store.ts";
import { callFunction, type ServiceClient } from "../platform/database.ts";
import type { ZohoClient } from "../zoho/client.ts";
import { databaseFacts } from "./database_facts.ts";
import { factOf } from "./fact.ts";
import type { Facts } from "./facts.ts";
import { digestOf, functionFacts, signingKeyFact, variableFault } from "./project_facts.ts";
import { explainFault, zohoFacts } from "./zoho_facts.ts";

/** Everything with an effect that looking needs. */
export interface Patient {
  db: ServiceClient;
  zoho: ZohoClient;
  fields: FieldStore;
  fetch: typeof fetch;
  now: () => number;
  supabaseUrl: string;
  accountsUrl: string;
  notificationToken: string | null;
  /** Each reads some of the variables. @throws ConfigurationError */
  variables: (() => unknown)[];
  /** Names of the channels that alerts go to. @throws DatabaseError */
  alertChannels: () => Promise<string[]>;
  severalValues: string[];
  /** Ids of the signing keys in this isolate's key set; null where it is fetched. */
  signingKeyIds: string[] | null;
  secretKeys: string[];
}

/** Looks at everything, each fact by itself. */
export async function gather(patient: Patient): Promise<Facts> {
  const { db, fetch, supabaseUrl, secretKeys } = patient;
  const identity = await factOf(() => readIdentity(db, supabaseUrl), explainFault);
  const channelId = identity.is === "known" ? identity.value.channelId : null;
  const [database, functions, signingKeys, ofZoho, secretKeyDigests, alertChannels] = await Promise.all([
    databaseFacts(() => callFunction(db, "zoho_doctor", {}), explainFault),
    functionFacts(fetch, supabaseUrl),
    signingKeyFact(fetch, supabaseUrl, patient.signingKeyIds),
    zohoFacts({ ...patient, channelId }),
    Promise.all(secretKeys.map(digestOf)),
    factOf(patient.alertChannels, explainFault),
  ]);
  return {
    supabaseUrl,
    variables: variableFault(patient.variables),
    severalValues: patient.severalValues,
    alertChannels,
    functions,
    signingKeys,
    secretKeyDigests,
    database,
    identity,
    ...ofZoho,
    nowMs: patient.now(),
  };
}

import type { PlannedField } from "../fields/plan.ts";
import type { Identity } from "../identity/identity.ts";
import type { NotificationChannel } from "../zoho/notifications.ts";
import type { ScopeFinding } from "../zoho/scopes.ts";
import type { DatabaseFacts } from "./database_facts.ts";
import type { Fact } from "./fact.ts";

/** A variable of the functions that is missing or wrong; null where all are well. */
export type VariableFault = { variable: string; problem: string; hint: string } | null;

/** Everything that the doctor looked at; findings.ts says what is wrong with it. */
export interface Facts {
  /** This project's address, as the functions know it. */
  supabaseUrl: string;
  variables: Fact<VariableFault>;
  /** Secrets of which two or more values are accepted at the moment. */
  severalValues: string[];
  /** Where alerts go: names of channels. */
  alertChannels: Fact<string[]>;
  /** The status that each function answers to a call without credentials. */
  functions: { name: string; status: Fact<number> }[];
  /** Ids of the signing keys that the functions verify sign-ins with, and that the Auth server publishes. */
  signingKeys: Fact<{ known: string[]; published: string[] }>;
  /** SHA-256 of the secret keys that the functions accept. */
  secretKeyDigests: string[];
  database: DatabaseFacts;
  /** Whose database this is. */
  identity: Fact<Identity>;
  /** Zoho's id of the org that the credentials belong to. */
  orgId: Fact<string>;
  token: Fact<true>;
  rights: Fact<ScopeFinding[]>;
  fields: Fact<PlannedField[]>;
  /** Zoho's refusal of a query for the rows of many records, by module of rows. */
  lineItems: { module: string; refusal: Fact<string | null> }[];
  channels: Fact<NotificationChannel[] | "not used">;
  /** Seconds that our clock is ahead of Zoho's; null where Zoho did not say. */
  clockAhead: Fact<number | null>;
  nowMs: number;
}

import { needsPerson } from "../fields/plan.ts";
import type { FieldStore } from "../fields/store.ts";
import { SecretUnreadableError } from "../platform/secrets.ts";
import type { ZohoClient } from "../zoho/client.ts";
import { pageOf } from "../zoho/error_table.ts";
import { refusalOfLines } from "../zoho/line_items.ts";
import { rowOfFault } from "../zoho/fault_row.ts";
import { isZohoFault } from "../zoho/faults.ts";
import { listChannels } from "../zoho/notifications.ts";
import { probeScopes } from "../zoho/scopes.ts";
import { type Check, fail, ok, warn } from "./check.ts";

/** Everything with an effect that asking Zoho needs. */
export interface ZohoPatient {
  zoho: ZohoClient;
  fields: FieldStore;
  accountsUrl: string;
  /** This database's notification channel. */
  channelId: string;
  /** Null where no notification channel is used. */
  notificationToken: string | null;
  fetch: typeof fetch;
  now: () => number;
}

/** Asks Zoho; when there is no token the rest cannot be asked, and is not listed as if it were well. */
export async function checkZoho(with_: ZohoPatient): Promise<Check[]> {
  const clock = checkClock(with_);
  const token = await checkToken(with_.zoho);
  if (token.level === "fail") return [token, await clock];
  const rest = await Promise.all([
    answering("rights", () => checkScopes(with_.zoho)),
    answering("fields", () => checkFields(with_)),
    ...["Quoted_Items", "Invoiced_Items"].map((lines) => {
      const name = `line items ${lines}`;
      return answering(name, () => checkLines(with_.zoho, name, lines));
    }),
    answering("notification channel", () => checkChannels(with_)),
  ]);
  return [token, await clock, ...rest.flat()];
}

async function checkToken(zoho: ZohoClient): Promise<Check> {
  try {
    await zoho.ready();
    return ok("token", "Zoho gives access tokens");
  } catch (error) {
    return faultCheck("token", error);
  }
}

async function checkScopes(zoho: ZohoClient): Promise<Check[]> {
  const findings = await probeScopes(zoho);
  const wrong = findings.filter(({ state }) => state !== "granted");
  if (wrong.length === 0) return [ok("rights", `${findings.length} are granted`)];
  return wrong.map((finding) =>
    finding.state === "missing"
      ? fail(
        `right ${finding.scope}`,
        `not granted; needed for ${finding.use}`,
        "deno task zoho:connect with all scopes.",
        "docs/connect.md",
      )
      : warn(
        `right ${finding.scope}`,
        `${finding.state === "refused" ? finding.code : ""}; needed for ${finding.use}`,
        "Give the integration user's profile the right, or switch the module on.",
        "docs/connect.md#when-it-says-no",
      )
  );
}

async function checkFields({ fields, zoho }: ZohoPatient): Promise<Check[]> {
  const plan = await fields.read(zoho);
  const wrong = plan.filter((planned) => needsPerson(planned) || planned.action !== null);
  if (wrong.length === 0) return [ok("fields", `${plan.length} are there, with their options`)];
  return wrong.map(({ module, field, outcome, note, action }) => {
    const found = `${outcome.replaceAll("_", " ")}: ${note}`;
    const mend = action ? "deno task zoho:fields --apply" : "See the table of outcomes.";
    const name = `field ${module}.${field}`;
    // A module that is not used stops nobody until something is to be written there.
    return outcome === "no_module" || outcome === "missing"
      ? warn(name, found, mend, "docs/fields.md")
      : fail(name, found, mend, "docs/fields.md");
  });
}

async function checkLines(zoho: ZohoClient, name: string, lines: string): Promise<Check[]> {
  const code = await refusalOfLines(zoho, lines);
  if (code === null) return [ok(name, "read for many records together")];
  return [
    warn(
      name,
      `${code} for a query: the line items of each record are read by themselves, a credit each`,
      "Give the integration user's profile the module; the functions ask again when they start anew.",
      "docs/zoho-setup.md#line-items",
    ),
  ];
}

const day = 24 * 3600 * 1000;

async function checkChannels({ zoho, channelId, notificationToken, now }: ZohoPatient): Promise<Check[]> {
  const name = "notification channel";
  const docs = "docs/zoho-setup.md";
  if (notificationToken === null) return [ok(name, "not used; ZOHO_NOTIFICATION_TOKEN is not set")];
  const channels = await listChannels(zoho, channelId);
  const [soonest] = channels.map(({ expiresAt }) => Date.parse(expiresAt ?? "")).filter((at) =>
    !Number.isNaN(at)
  )
    .toSorted((a, b) => a - b);
  if (soonest === undefined) {
    return [
      warn(
        name,
        "none is open; only the signed webhook tells of sellers' edits",
        "deno task zoho:watch open",
        docs,
      ),
    ];
  }
  const hours = Math.round((soonest - now()) / 3_600_000);
  return [
    soonest - now() < 1.5 * day
      ? warn(
        name,
        `ends in ${hours} hours; the schedule should have renewed it`,
        "deno task zoho:watch renew",
        docs,
      )
      : ok(name, `${channels.length} modules, the first ends in ${hours} hours`),
  ];
}

/** A signed webhook may be five minutes old: a clock that is off by more refuses every one. */
async function checkClock({ fetch, accountsUrl, now }: ZohoPatient): Promise<Check> {
  const name = "clock";
  try {
    const response = await fetch(`${accountsUrl}/oauth/serverinfo`, { signal: AbortSignal.timeout(10_000) });
    await response.body?.cancel();
    const zohos = Date.parse(response.headers.get("date") ?? "");
    if (Number.isNaN(zohos)) {
      return warn(
        name,
        "Zoho did not say what time it is",
        "Nothing, if the rest is well.",
        "docs/doctor.md",
      );
    }
    const seconds = Math.round((now() - zohos) / 1000);
    const found = `${Math.abs(seconds)} s ${seconds < 0 ? "behind" : "ahead of"} Zoho's`;
    const mend =
      "The platform keeps the clock: tell its support. Signed webhooks are refused at five minutes.";
    if (Math.abs(seconds) < 60) return ok(name, found);
    return Math.abs(seconds) < 300
      ? warn(name, found, mend, "docs/doctor.md")
      : fail(name, found, mend, "docs/doctor.md");
  } catch {
    return fail(
      name,
      "Zoho's accounts host does not answer",
      "Check ZOHO_REGION and ZOHO_ACCOUNTS_URL.",
      "docs/errors/NETWORK.md",
    );
  }
}

async function answering(name: string, check: () => Promise<Check[]>): Promise<Check[]> {
  try {
    return await check();
  } catch (error) {
    return [faultCheck(name, error)];
  }
}

function faultCheck(name: string, error: unknown): Check {
  const isKnown = isZohoFault(error) || error instanceof SecretUnreadableError;
  if (!isKnown) throw error;
  return fail(
    name,
    `${error.code}: ${error.message}`,
    rowOfFault(error).advice,
    `docs/errors/${pageOf(error.code)}.md`,
  );
}

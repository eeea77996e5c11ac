import { needsPerson, type PlannedField } from "../fields/plan.ts";
import type { NotificationChannel } from "../zoho/notifications.ts";
import type { ScopeFinding } from "../zoho/scopes.ts";
import { type Check, fail, ok, warn } from "./check.ts";
import type { Facts } from "./facts.ts";
import { judged } from "./judged.ts";

const hour = 3_600_000;
const day = 24 * hour;

/** What Zoho lets us do, and whether it tells us. Pure. */
export function judgeZoho(facts: Facts): Check[] {
  return [
    ...judged("token", facts.token, () => [ok("token", "Zoho gives access tokens")]),
    ...judged("clock", facts.clockAhead, judgeClock),
    ...judged("rights", facts.rights, judgeRights),
    ...judged("fields", facts.fields, judgeFields),
    ...facts.lineItems.flatMap(({ module, refusal }) =>
      judged(`line items ${module}`, refusal, (code) => [judgeLines(`line items ${module}`, code)])
    ),
    ...judged("notification channel", facts.channels, (channels) => [judgeChannels(channels, facts)]),
  ];
}

function judgeRights(found: ScopeFinding[]): Check[] {
  const wrong = found.filter(({ state }) => state !== "granted");
  if (wrong.length === 0) return [ok("rights", `${found.length} are granted`)];
  return wrong.map((finding) =>
    finding.state === "missing"
      ? fail(
        "RIGHT_MISSING",
        `right ${finding.scope}`,
        `not granted; needed for ${finding.use}`,
        "deno task zoho:connect",
        "docs/connect.md",
      )
      : warn(
        "RIGHT_REFUSED",
        `right ${finding.scope}`,
        `${finding.state === "refused" ? finding.code : ""}; needed for ${finding.use}`,
        "In Zoho: give the integration user's profile the right, or switch the module on.",
        "docs/connect.md#when-it-says-no",
      )
  );
}

function judgeFields(plan: PlannedField[]): Check[] {
  const wrong = plan.filter((planned) => needsPerson(planned) || planned.action !== null);
  const used = plan.filter(({ outcome }) => outcome !== "not_used");
  const renamed = plan.filter(({ outcome }) => outcome === "other_name");
  const rest = wrong.length > 0 ? wrong.map(judgeField) : [
    ok(
      "fields",
      `${used.length} are there, with their options` +
        (renamed.length === 0 ? "" : `; renamed: ${renamed.map(nameOfRenamed).join(", ")}`),
    ),
  ];
  return rest;
}

const nameOfRenamed = ({ module, field, apiName }: PlannedField) => `${module}.${field} is ${apiName}`;

function judgeField({ module, field, outcome, note, action }: PlannedField): Check {
  const found = `${outcome.replaceAll("_", " ")}: ${note}`;
  const mend = action ? "deno task zoho:fields --apply" : `In Zoho: ${note}`;
  const name = `field ${module}.${field}`;
  // An unused module is harmless until something is to be written there.
  const code = action ? "FIELD_TO_MAKE" : "FIELD_BY_HAND";
  return outcome === "no_module" || outcome === "missing"
    ? warn(code, name, found, mend, "docs/fields.md")
    : fail(code, name, found, mend, "docs/fields.md");
}

function judgeLines(name: string, code: string | null): Check {
  return code === null ? ok(name, "read for many records together") : warn(
    "LINE_ITEMS_REFUSED",
    name,
    `${code} for a query: the line items of each record are read by themselves, a credit each`,
    "In Zoho: give the integration user's profile the module; the functions ask again when they start anew.",
    "docs/zoho-setup.md#line-items",
  );
}

function judgeChannels(channels: NotificationChannel[] | "not used", { supabaseUrl, nowMs }: Facts): Check {
  const name = "notification channel";
  const docs = "docs/zoho-setup.md";
  if (channels === "not used") return ok(name, "not used; ZOHO_NOTIFICATION_TOKEN is not set");
  const elsewhere = channels.find(({ notifyUrl }) =>
    notifyUrl !== null && notifyUrl !== `${supabaseUrl}/functions/v1/zoho-webhook`
  );
  if (elsewhere) {
    const host = URL.canParse(elsewhere.notifyUrl ?? "")
      ? new URL(elsewhere.notifyUrl ?? "").host
      : "another address";
    return fail(
      "CHANNEL_ELSEWHERE",
      name,
      `tells ${host}, and this project is ${supabaseUrl}`,
      "deno task zoho:watch open",
      docs,
    );
  }
  const [soonest] = channels.map(({ expiresAt }) => Date.parse(expiresAt ?? "")).filter((at) =>
    !Number.isNaN(at)
  )
    .toSorted((a, b) => a - b);
  if (soonest === undefined) {
    const found = "none is open; only the signed webhook tells of sellers' edits";
    return warn("CHANNEL_CLOSED", name, found, "deno task zoho:watch open", docs);
  }
  const hours = Math.round((soonest - nowMs) / hour);
  return soonest - nowMs < 1.5 * day
    ? warn(
      "CHANNEL_ENDING",
      name,
      `ends in ${hours} hours; the schedule should have renewed it`,
      "deno task zoho:watch renew",
      docs,
    )
    : ok(name, `${channels.length} modules, the first ends in ${hours} hours`);
}

/** A signed webhook may be five minutes old: a clock that is off by more refuses every one. */
function judgeClock(ahead: number | null): Check[] {
  const name = "clock";
  if (ahead === null) {
    return [
      warn(
        "CLOCK_UNKNOWN",
        name,
        "Zoho did not say what time it is",
        "Nothing, if the rest is well.",
        "docs/doctor.md",
      ),
    ];
  }
  const found = `${Math.abs(ahead)} s ${ahead < 0 ? "behind" : "ahead of"} Zoho's`;
  const mend = "The platform keeps the clock: tell its support. Signed webhooks are refused at five minutes.";
  if (Math.abs(ahead) < 60) return [ok(name, found)];
  return [
    Math.abs(ahead) < 300
      ? warn("CLOCK_OFF", name, found, mend, "docs/doctor.md")
      : fail("CLOCK_OFF", name, found, mend, "docs/doctor.md"),
  ];
}

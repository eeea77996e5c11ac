import type { Identity } from "../identity/identity.ts";
import { type Check, fail, ok, warn } from "./check.ts";
import type { Facts, VariableFault } from "./facts.ts";
import { judged } from "./judged.ts";

const deploy = "supabase functions deploy --use-api --yes";
const configuration = "docs/errors/BAD_CONFIGURATION.md";

/** The functions, their variables and keys, and who is told. Pure. */
export function judgeProject(facts: Facts): Check[] {
  const { variables, functions, signingKeys, alertChannels } = facts;
  return [
    ...judged("identity", facts.identity, (identity) => judgeIdentity(identity, facts)),
    // Of which org they are is said where the database knows its own.
    ...judged("Zoho org", facts.orgId, () => []),
    ...judged(
      "variables",
      variables,
      (fault) =>
        fault === null ? [ok("variables", "every one that is needed is set and valid")] : [
          fail(
            "VARIABLE_WRONG",
            "variables",
            `${fault.variable} ${fault.problem}`,
            settingOf(fault),
            configuration,
          ),
        ],
    ),
    ...functions.flatMap(({ name, status }) =>
      judged(`function ${name}`, status, (code) => [judgeKnock(`function ${name}`, code)])
    ),
    ...facts.severalValues.map((name) =>
      warn(
        "ROTATION_OPEN",
        `rotation of ${name}`,
        "not finished: the old value is accepted beside the new one",
        `supabase secrets set ${name}=<the new value> --yes`,
        "docs/rotate-secrets.md",
      )
    ),
    ...judged("sign-in keys", signingKeys, judgeKeys),
    ...judged(
      "alerts",
      alertChannels,
      (channels) =>
        channels.length > 0 ? [ok("alerts", `go to ${channels.join(" and ")}`)] : [
          warn(
            "NO_ALERT_CHANNEL",
            "alerts",
            "go nowhere: no channel is set up, so nobody is told when something stops",
            "supabase secrets set ZOHO_ALERT_WEBHOOK_URL=<address> --yes",
            "docs/alerts.md",
          ),
        ],
    ),
  ];
}

/** One database, one project, one org: where they do not belong together nothing is written. */
function judgeIdentity(identity: Identity, { orgId }: Facts): Check[] {
  const { projectHost, askedBy, isOwn, observingSince } = identity;
  const pinned = identity.orgId;
  const checks = [
    isOwn
      ? ok(
        "identity",
        projectHost === null ? "not pinned yet: the first drain does it" : `pinned to ${projectHost}`,
      )
      : fail(
        "NOT_THIS_PROJECT",
        "identity",
        `the database belongs to ${projectHost}, and these functions to ${askedBy}: nothing is written`,
        `Nothing, if this is a copy that only reads. To write from here: ${adopt(identity, orgId)}`,
        "docs/errors/NOT_THIS_PROJECT.md",
      ),
  ];
  if (pinned !== null && orgId.is === "known" && orgId.value !== pinned) {
    checks.push(
      fail(
        "WRONG_ORG",
        "Zoho org",
        `the credentials belong to the org ${orgId.value}, and the database to ${pinned}: nothing is written`,
        isOwn
          ? `deno task zoho:connect with credentials of the right org; or, for the other one: ${
            adopt(identity, orgId)
          }`
          : "Nothing, if this is a copy that only reads; to adopt it for this org is said above.",
        "docs/errors/WRONG_ORG.md",
      ),
    );
  }
  if (observingSince !== null) {
    checks.push(
      warn(
        "OBSERVING",
        "observing",
        `since ${observingSince}: the sync plans and reports, and writes nothing`,
        "In the SQL editor: select public.zoho_observe(false);",
        "docs/operate.md",
      ),
    );
  }
  return checks;
}

/** The command that adopts the database for the org of the credentials. */
function adopt({ orgId: pinned }: Identity, org: Facts["orgId"]): string {
  if (org.is !== "known") return "deno task adopt";
  return `deno task adopt --org ${org.value}${org.value === pinned ? " --take-over" : ""}`;
}

/** How to set it; the hint of a required variable ends with the command. */
function settingOf({ variable, hint }: NonNullable<VariableFault>): string {
  const command = `supabase secrets set ${variable}=`;
  return hint.includes(command) ? hint : `${hint} ${command}<value> --yes`;
}

/** Without a key a function must answer 401. */
function judgeKnock(title: string, status: number): Check {
  if (status === 401) return ok(title, "answers, and lets nobody in without credentials");
  const found = status === 404
    ? "not deployed"
    : status < 400
    ? `answered ${status} to a call without credentials: it lets strangers in`
    : `answered ${status} to a call without credentials`;
  return fail("FUNCTION_WRONG", title, found, deploy, status === 404 ? "docs/deploy.md" : configuration);
}

function judgeKeys({ known, published }: { known: string[]; published: string[] }): Check[] {
  const name = "sign-in keys";
  const newer = published.filter((id) => !known.includes(id));
  if (newer.length > 0) {
    return [
      warn(
        "SIGNING_KEYS_OLD",
        name,
        `the functions lack ${newer.length} of ${published.length}: each such sign-in costs a call of the Auth server`,
        deploy,
        "docs/dashboard.md#who-may-sign-in",
      ),
    ];
  }
  return [
    ok(name, published.length === 0 ? "the legacy JWT secret: the Auth server checks sign-ins" : "known"),
  ];
}

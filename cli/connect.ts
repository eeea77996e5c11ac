// deno task zoho:connect: from a Self Client's grant code to stored tokens, step by step.
import { ConfigurationError } from "../supabase/functions/_shared/platform/environment.ts";
import { loadSettings } from "../supabase/functions/_shared/platform/engine_settings.ts";
import { loadWebhookSettings } from "../supabase/functions/_shared/platform/webhook_settings.ts";
import type { Settings } from "../supabase/functions/_shared/platform/engine_settings.ts";
import { exchangeGrant, type Grant, GrantError } from "../supabase/functions/_shared/zoho/grant.ts";
import { isRegion, regionHosts, regions } from "../supabase/functions/_shared/platform/regions.ts";
import { scopeText } from "../supabase/functions/_shared/zoho/scopes.ts";
import { type Asker, askerOf } from "./support/ask.ts";
import { checkRights } from "./support/check_rights.ts";
import { paint } from "./support/colour.ts";
import { CommandError, readArguments, runCommand, type Terminal } from "./support/command.ts";
import { grantInstructions, isIgnored, madeSentence, maskToken, nextSteps } from "./support/connect_texts.ts";
import {
  parseEnvFile,
  readEnvFile,
  type Variables,
  withVariables,
  writeEnvFile,
} from "./support/env_file.ts";
import { missingSecrets } from "./support/missing_secrets.ts";
import { readProject } from "./support/project.ts";
import { storeGrant } from "./support/store_grant.ts";
import { ensureWritable } from "./support/writable_file.ts";

const usage = `Usage: deno task zoho:connect [options]

Exchanges the grant code of a Zoho Self Client for a refresh token, writes it and every other secret of the functions
into supabase/functions/.env (made if it is not there, other lines kept), and checks each right by a call that needs it.
Prompts for whatever is not given. docs/connect.md explains each step.

  --region EU            data centre: ${regions.join(", ")}      or ZOHO_REGION
  --client-id …          of the Self Client                                or ZOHO_CLIENT_ID
  --client-secret …      better as a variable, a command line is seen      or ZOHO_CLIENT_SECRET
  --grant-code …         from "Generate Code", works once                  or ZOHO_GRANT_CODE
  --secrets-file path    instead of supabase/functions/.env
  --accounts-url, --api-url   a sandbox or the simulator                   or ZOHO_ACCOUNTS_URL, ZOHO_API_URL
  --scopes               print what to paste into "Scope", and stop
  --no-check             do not ask Zoho for each right

With SUPABASE_URL and SUPABASE_SECRET_KEY the token is stored in that project as well, so that functions that run already
take it at once. Ends with 0 when everything is granted, 1 when a right is missing or a step failed.`;

const options = {
  region: { type: "string" },
  "client-id": { type: "string" },
  "client-secret": { type: "string" },
  "grant-code": { type: "string" },
  "accounts-url": { type: "string" },
  "api-url": { type: "string" },
  // Not --env-file: Node (npx) takes that option itself wherever it appears, and stops when the file does not exist.
  "secrets-file": { type: "string", default: "supabase/functions/.env" },
  scopes: { type: "boolean", default: false },
  "no-check": { type: "boolean", default: false },
} as const;

export async function runConnect(args: string[], terminal: Terminal, ask: Asker): Promise<number> {
  const { values } = readArguments(args, options, usage);
  if (values.scopes) {
    terminal.print(scopeText);
    return 0;
  }
  const path = values["secrets-file"];
  const before = await readSecretsFile(path) ??
    await readEnvFile(new URL("../.env.example", import.meta.url).pathname) ?? "";
  // The code works once: a token that cannot be kept, or stored where it was to be, would be lost with it.
  await ensureWritable("--secrets-file", path, "supabase/functions/.env, a file in a folder that is there");
  if (terminal.env("SUPABASE_URL")) readProject(terminal);
  const known = parseEnvFile(before);
  const given = (option: string | undefined, name: string) =>
    option || terminal.env(name)?.trim() || known[name] || undefined;

  const region = readRegion(
    given(values.region, "ZOHO_REGION") ?? ask.text(`Data centre (${regions.join(", ")})`, "EU"),
  );
  const urls = urlsOf({
    ZOHO_ACCOUNTS_URL: given(values["accounts-url"], "ZOHO_ACCOUNTS_URL"),
    ZOHO_API_URL: given(values["api-url"], "ZOHO_API_URL"),
  });
  if (!values["grant-code"] && !terminal.env("ZOHO_GRANT_CODE")) {
    terminal.print(grantInstructions(region, urls));
  }
  const client = {
    ZOHO_CLIENT_ID: given(values["client-id"], "ZOHO_CLIENT_ID") ?? ask.text("Client ID"),
    ZOHO_CLIENT_SECRET: given(values["client-secret"], "ZOHO_CLIENT_SECRET") ??
      ask.secret("Client Secret (not shown)"),
  };
  const made = missingSecrets(known);
  const variables = { ZOHO_REGION: region, ...urls, ...client, ...made };
  // Before the code is used up: what is wrong in the file would only be found afterwards.
  const { accountsUrl } = readSettings({ ...known, ...variables, ZOHO_REFRESH_TOKEN: "not yet" });
  const code = values["grant-code"] ?? terminal.env("ZOHO_GRANT_CODE") ??
    ask.secret("Grant code (not shown)");
  const grant = await exchange(terminal, { accountsUrl, client, code });
  const all = { ...variables, ZOHO_REFRESH_TOKEN: grant.refreshToken };
  await writeEnvFile(path, withVariables(before, all));
  terminal.print(`${paint("green", "✓")} Zoho gave a refresh token (${maskToken(grant.refreshToken)}).`);
  terminal.print(`${paint("green", "✓")} ${path} holds it, readable by you only.${madeSentence(made)}`);
  if (!isIgnored(path)) {
    terminal.print(paint("yellow", `! ${path} may not be ignored by git: keep it out of commits.`));
  }

  const settings = readSettings({ ...known, ...all });
  for (const line of regionHint(settings, grant)) terminal.print(line);
  const stored = await storeIfAsked(terminal, settings, grant);
  const complete = values["no-check"] || await checkRights(terminal, settings, grant);
  terminal.print(nextSteps(path, stored));
  return complete ? 0 : 1;
}

/** @throws CommandError naming the file; null when it is not there */
async function readSecretsFile(path: string): Promise<string | null> {
  try {
    return await readEnvFile(path);
  } catch (error) {
    const why = error instanceof Error ? error.name : "unknown";
    throw new CommandError(`${path} cannot be read (${why}); nothing was done.`, 2);
  }
}

function readRegion(text: string): string {
  const region = text.trim().toUpperCase();
  if (isRegion(region)) return region;
  throw new CommandError(
    `"${text}" is not a data centre of Zoho; use one of ${regions.join(", ")} (SA is Saudi Arabia).`,
    2,
  );
}

function urlsOf(urls: Record<string, string | undefined>): Variables {
  return Object.fromEntries(
    Object.entries(urls).filter((entry): entry is [string, string] => Boolean(entry[1])),
  );
}

/** @throws CommandError naming the variable, never its value */
function readSettings(variables: Variables): Settings {
  try {
    loadWebhookSettings(variables);
    return loadSettings({ SUPABASE_URL: "https://not-asked.invalid", ...variables });
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    throw new CommandError(`${error.variable} ${error.problem}. ${error.hint}`);
  }
}

async function exchange(
  { fetch }: Terminal,
  { accountsUrl, client, code }: { accountsUrl: string; client: Variables; code: string },
): Promise<Grant> {
  if (code.trim() === "") throw new CommandError("The grant code is missing.", 2);
  try {
    return await exchangeGrant(fetch, {
      accountsUrl,
      clientId: client.ZOHO_CLIENT_ID ?? "",
      clientSecret: client.ZOHO_CLIENT_SECRET ?? "",
      code: code.trim(),
    });
  } catch (error) {
    if (error instanceof GrantError) throw new CommandError(`${error.message}\nNothing was written.`);
    throw error;
  }
}

/** The token reply names the org's own host; calls go there whatever the region says, refreshes do not. */
function regionHint({ region, apiUrl, defaultApiUrl }: Settings, { apiDomain }: Grant): string[] {
  if (apiUrl !== null || apiDomain === undefined || apiDomain === defaultApiUrl) return [];
  const right = regions.find((each) => regionHosts[each].api === apiDomain);
  return right === undefined || right === region ? [] : [
    paint(
      "yellow",
      `! Your org is in ${right} (${apiDomain}), not in ${region}: set ZOHO_REGION=${right}.`,
    ),
  ];
}

async function storeIfAsked(terminal: Terminal, settings: Settings, grant: Grant): Promise<boolean> {
  if (!terminal.env("SUPABASE_URL")) return false;
  const project = readProject(terminal);
  const state = await storeGrant(project, settings, grant);
  terminal.print(
    state === "stored"
      ? `${paint("green", "✓")} It is stored in ${project.url}, encrypted.`
      : `- ${project.url} has no tables of this project yet; the functions store it at their first call.`,
  );
  return state === "stored";
}

if (import.meta.main) {
  await runCommand(usage, (args, terminal) => runConnect(args, terminal, askerOf(Deno.stdin.isTerminal())));
}

import { isRegion, regionHosts } from "../../supabase/functions/_shared/platform/regions.ts";
import { scopeText } from "../../supabase/functions/_shared/zoho/scopes.ts";
import type { Variables } from "./env_file.ts";

/** How to get a grant code, for the data centre. */
export function grantInstructions(region: string, { ZOHO_ACCOUNTS_URL: simulator }: Variables): string {
  const accounts = isRegion(region) ? regionHosts[region].accounts : "";
  const page = simulator ?? accounts.replace("//accounts.", "//api-console.");
  return `
1. Sign in to Zoho as the user that the sync shall act as, and open ${page}
2. Add Client → Self Client → Create; copy Client ID and Client Secret.
3. Self Client → Generate Code. Scope, as one line:

${scopeText}

4. Time Duration 10 minutes, any description, Create; choose the org and Production; copy the code.
`;
}

/** A token as it may be shown: 1000.ab…yz. */
export function maskToken(token: string): string {
  return `${token.slice(0, 7)}…${token.slice(-2)}`;
}

/** Names the secrets that were made. */
export function madeSentence(made: Variables): string {
  const names = Object.keys(made);
  return names.length === 0 ? "" : ` Made: ${names.join(", ")}; keep a copy in your password store.`;
}

/** As .gitignore has it: .env and .env.… wherever they are. */
export function isIgnored(path: string): boolean {
  return /(^|[\\/])\.env(\.(?!example$)[^\\/]+)?$/.test(path);
}

/** The commands that come after this one. */
export function nextSteps(path: string, stored: boolean): string {
  const urlSet = stored
    ? []
    : ["export SUPABASE_URL=https://<ref>.supabase.co SUPABASE_SECRET_KEY=sb_secret_…"];
  return [
    "",
    "Next, in this order (docs/deploy.md):",
    ...[
      `supabase secrets set --env-file ${path} --yes`,
      "supabase db push --remote --yes",
      "supabase functions deploy --use-api --yes",
      ...urlSet,
      "deno task doctor",
      "deno task zoho:fields --apply",
    ].map((line) => `  ${line}`),
  ].join("\n");
}

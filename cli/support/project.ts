import { CommandError, type Terminal } from "./command.ts";

/** The Supabase project a command speaks to. */
export interface Project {
  url: string;
  secretKey: string;
}

/** What every command's usage says about it. */
export const projectUsage =
  `Needs SUPABASE_URL (https://<ref>.supabase.co, or what deno task start printed) and SUPABASE_SECRET_KEY (a secret key of
the project, sb_secret_…).`;

/** @throws CommandError naming the variable and what to write */
export function readProject({ env }: Pick<Terminal, "env">): Project {
  const url = env("SUPABASE_URL")?.trim().replace(/\/+$/, "");
  // SB_SECRET_KEY is what earlier versions of these commands read.
  const secretKey = (env("SUPABASE_SECRET_KEY") ?? env("SB_SECRET_KEY"))?.trim();
  if (!url) throw new CommandError(`SUPABASE_URL is not set.\n→ ${exportUrl}\n\n${projectUsage}`, 2);
  const mended = mendedUrl(url);
  if (mended !== url) {
    throw new CommandError(
      `SUPABASE_URL is ${url}, which is not the address of a project.\n→ ${
        mended === null ? exportUrl : `export SUPABASE_URL=${mended}`
      }\n\n${projectUsage}`,
      2,
    );
  }
  if (!secretKey) {
    throw new CommandError(`SUPABASE_SECRET_KEY is not set.\n→ ${exportKey}\n\n${projectUsage}`, 2);
  }
  if (secretKey.startsWith("sb_publishable_")) {
    throw new CommandError(
      `SUPABASE_SECRET_KEY holds a publishable key, which opens nothing here.\n→ ${exportKey}\n\n${projectUsage}`,
      2,
    );
  }
  return { url, secretKey };
}

const exportUrl = "export SUPABASE_URL=https://<ref>.supabase.co";
const exportKey = "export SUPABASE_SECRET_KEY=sb_secret_…   (Dashboard → Settings → API Keys → Secret keys)";

/** The address as it has to be written: with its scheme, and without a path; null for a text that is none. */
function mendedUrl(text: string): string | null {
  const withScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `https://${text}`;
  if (!URL.canParse(withScheme)) return null;
  const { protocol, host, origin } = new URL(withScheme);
  const isPlain = protocol === "https:" || protocol === "http:";
  if (!isPlain || !/^localhost|^\[|[.:]/.test(host)) return isPlain && host === "localhost" ? origin : null;
  return origin;
}

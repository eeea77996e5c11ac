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

/** @throws CommandError naming the variable that is missing */
export function readProject({ env }: Pick<Terminal, "env">): Project {
  const url = env("SUPABASE_URL")?.trim().replace(/\/+$/, "");
  // SB_SECRET_KEY is what earlier versions of these commands read.
  const secretKey = (env("SUPABASE_SECRET_KEY") ?? env("SB_SECRET_KEY"))?.trim();
  if (!url) throw new CommandError(`SUPABASE_URL is not set.\n${projectUsage}`);
  if (!URL.canParse(url)) throw new CommandError("SUPABASE_URL is not an address.");
  if (!secretKey) throw new CommandError(`SUPABASE_SECRET_KEY is not set.\n${projectUsage}`);
  return { url, secretKey };
}

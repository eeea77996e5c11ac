import { join } from "node:path";

const DASHBOARD = join(import.meta.dirname ?? "", "..", "dashboard");
export const DASHBOARD_DIST = join(DASHBOARD, "dist");

/** What the build is made from; the API's types change nothing in it. */
const SOURCES = ["src", "public", "index.html", "package-lock.json", "vite.config.ts"];

/**
 * Builds the dashboard where that has not been done since its sources changed. Takes half a minute once, for npm.
 * @throws Error with the end of what npm printed
 */
export async function ensureDashboard(
  onWork: (what: string) => void = () => {},
  signal?: AbortSignal,
): Promise<void> {
  const builtMs = await modifiedMs(join(DASHBOARD_DIST, "index.html"));
  if (builtMs >= (await newest(SOURCES.map((name) => join(DASHBOARD, name))))) {
    return;
  }
  const installedMs = await modifiedMs(join(DASHBOARD, "node_modules", ".package-lock.json"));
  if (installedMs < (await modifiedMs(join(DASHBOARD, "package-lock.json")))) {
    onWork("Installing the dashboard's packages (once, about 20 s) …");
    await npm(["ci", "--no-audit", "--no-fund"], signal);
  }
  onWork("Building the dashboard (about 5 s) …");
  await npm(["run", "build"], signal);
}

/** Runs npm in dashboard/. @throws Error with the end of what it printed */
export async function npm(args: string[], signal?: AbortSignal): Promise<void> {
  const { success, stdout, stderr } = await new Deno.Command("npm", {
    args,
    cwd: DASHBOARD,
    env: { NO_COLOR: "1", npm_config_update_notifier: "false" },
    stdin: "null",
    ...(signal === undefined ? {} : { signal }),
  }).output();
  if (success) return;
  const text = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("\n");
  throw new Error(`npm ${args.join(" ")} failed in dashboard/:\n${text.slice(-3_000)}`);
}

async function newest(paths: string[]): Promise<number> {
  const times = await Promise.all(
    paths.map(async (path) => {
      const { isDirectory, mtime } = await Deno.stat(path);
      if (!isDirectory) return mtime?.getTime() ?? 0;
      const names = await Array.fromAsync(Deno.readDir(path), ({ name }) => join(path, name));
      return await newest(names);
    }),
  );
  return Math.max(0, ...times);
}

async function modifiedMs(path: string): Promise<number> {
  return (await Deno.stat(path).catch(() => null))?.mtime?.getTime() ?? 0;
}

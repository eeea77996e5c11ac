import { join } from "node:path";
import { DASHBOARD_DIST, npm } from "../../local/dashboard_build.ts";

/** What a page may load, gzipped; see docs/figures.md for what it is. */
const BUDGET_BYTES = 200_000;

/** The dashboard installs from its lockfile, type-checks, builds, and stays small. */
export async function checkDashboard(): Promise<string | null> {
  await npm(["ci", "--no-audit", "--no-fund"]);
  await npm(["run", "check"]);
  await npm(["run", "build"]);
  const { total, parts } = await loadedBytes();
  if (total < BUDGET_BYTES) return null;
  return `A page loads ${total} bytes compressed; the budget is ${BUDGET_BYTES}:\n${parts.join("\n")}`;
}

/** index.html and everything it names, as gzip would send it. */
export async function loadedBytes(): Promise<{ total: number; parts: string[] }> {
  const html = await Deno.readTextFile(join(DASHBOARD_DIST, "index.html"));
  const named = [...html.matchAll(/(?:src|href)="\.\/([^"]+)"/g)].map(([, path]) => path ?? "")
    .filter((path) => path !== "config.json"); // the host's, some hundred bytes
  const sizes = await Promise.all(["index.html", ...named].map(async (path) => {
    const file = await Deno.open(join(DASHBOARD_DIST, path));
    const packed = await new Response(file.readable.pipeThrough(new CompressionStream("gzip"))).bytes();
    return { path, bytes: packed.length };
  }));
  return {
    total: sizes.reduce((sum, { bytes }) => sum + bytes, 0),
    parts: sizes.map(({ path, bytes }) => `${bytes} ${path}`),
  };
}

import { npm } from "../../local/dashboard_build.ts";
import { loadedBytes } from "../support/loaded_bytes.ts";

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

import type { Check } from "./check.ts";
import type { Facts } from "./facts.ts";
import { judgeDatabase } from "./judge_database.ts";
import { judgeProject } from "./judge_project.ts";
import { judgeWork } from "./judge_work.ts";
import { judgeZoho } from "./judge_zoho.ts";

/** What is well and what is not, from facts alone. Pure. */
export function findings(facts: Facts): Check[] {
  return [...judgeProject(facts), ...judgeDatabase(facts), ...judgeWork(facts), ...judgeZoho(facts)];
}

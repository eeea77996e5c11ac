import { operatorName } from "./who.ts";
import type { Incident } from "../api/answers.ts";
import { age, count } from "../ui/words.ts";
import type { Part } from "./overview.ts";

/** "Sending was paused (HTTP_503), 10:02 to 10:31 (29 min); 34 changes waited; all had arrived at 10:32." */
export function incidentSentence(
  { code, byHand, message, byName, by, beganAt, endedAt, waited, arrivedAt }: Incident,
): Part[] {
  const what = byHand
    ? `${operatorName(by, byName)} paused the sync${message ? `: “${message}”` : ""}`
    : `Sending was paused (${code})`;
  const changes = waited === 0 ? "no change waited" : `${count(waited, "change")} waited`;
  const clock = (at: string): Part => ({ at, as: "time" });
  const head: Part[] = [`${what}, `, clock(beganAt)];
  if (endedAt === null) return [...head, ` until now; ${changes} so far.`];
  const lasted = age((Date.parse(endedAt) - Date.parse(beganAt)) / 1_000);
  const end: Part[] = [...head, " to ", clock(endedAt), ` (${lasted}); ${changes}`];
  if (waited === 0) return [...end, "."];
  return arrivedAt === null
    ? [...end, "; some have not arrived yet."]
    : [...end, "; all had arrived at ", clock(arrivedAt), "."];
}

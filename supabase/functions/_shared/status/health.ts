import type { Health } from "./answer.ts";
import { counted, healthRules, type StatusFacts } from "./health_rules.ts";

/** The health in one sentence for a reader who does not know the code, and its reasons. */
export function health(facts: StatusFacts): Health {
  const reasons = healthRules.flatMap(({ code, level, sentence }) => {
    const text = sentence(facts);
    return text === null ? [] : [{ code, level, sentence: text }];
  });
  const [worst, ...others] = reasons;
  if (!worst) return { level: "good", sentence: allIsWell(facts), reasons };
  const more = others.length === 0 ? "" : ` And ${counted(others.length, "thing", "things")} more.`;
  return { level: worst.level, sentence: worst.sentence + more, reasons };
}

/** An empty queue says that every change was sent; only a comparison says that everything is there. */
function allIsWell({ queue: { waiting, held }, lastReconcile }: StatusFacts): string {
  if (waiting === 0) {
    return lastReconcile === null ? "Every change has been sent to Zoho." : "Everything is in Zoho.";
  }
  if (held > 0) {
    return `${counted(waiting, "change waits", "changes wait")} to be sent; ${
      counted(held, "record is", "records are")
    } held by a person.`;
  }
  return `${counted(waiting, "change is", "changes are")} on the way to Zoho.`;
}

import type { Health } from "../../api/answers.ts";
import { Icon, type IconName } from "../../ui/icon.tsx";
import { reasonLinks } from "./reasons.ts";

const MARKS: Readonly<Record<Health["level"], IconName>> = {
  good: "check",
  attention: "problems",
  trouble: "cross",
};

/** One sentence, and a way to mend each thing that is not as it should be. */
export function HealthCard({ health }: { health: Health }) {
  return (
    <section className={`health ${health.level}`} aria-label="Health">
      <span className="health-mark">
        <Icon name={MARKS[health.level]} size={19} />
      </span>
      <div>
        <p className="health-sentence">{health.sentence}</p>
        {health.reasons.length > 0 && (
          <ul>
            {health.reasons.map(({ code, sentence }) => (
              <li key={code}>
                <a href={reasonLinks[code]}>{sentence}</a>
              </li>
            ))}
          </ul>
        )}
      </div>
    </section>
  );
}

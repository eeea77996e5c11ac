import type { StatusAnswer } from "../../api/answers.ts";
import { linkTo } from "../../route/route.ts";
import { type HealthLook, healthLook } from "../../say/overview.ts";
import { Icon, type IconName } from "../../ui/icon.tsx";
import { Ago } from "../../ui/time.tsx";
import { count } from "../../ui/words.ts";
import { reasonLinks } from "./reasons.ts";

const marks: Readonly<Record<HealthLook, IconName>> = {
  good: "check",
  busy: "queue",
  attention: "problems",
  trouble: "cross",
  stale: "activity",
};

/** One sentence, and a link to where each problem is solved. */
export function HealthCard({ status, isFresh }: { status: StatusAnswer; isFresh: boolean }) {
  const { health, lastReconcile, at } = status;
  const look = healthLook(status, isFresh);
  return (
    <section className={`health ${look}`} aria-label="Health" data-look={look}>
      <span className="health-mark">
        <Icon name={marks[look]} size={19} />
      </span>
      <div>
        <p className="health-sentence">{health.sentence}</p>
        {!isFresh && (
          <p className="light">
            This was so <Ago at={at} />. The project has not answered since.
          </p>
        )}
        {health.reasons.length > 0
          ? (
            <ul>
              {health.reasons.map(({ code, sentence }) => (
                <li key={code}>
                  <a href={reasonLinks[code]}>{sentence}</a>
                </li>
              ))}
            </ul>
          )
          : (
            <p className="light">
              {lastReconcile
                ? (
                  <>
                    <a href={linkTo("reconcile")}>Both sides were compared</a>{" "}
                    <Ago at={lastReconcile.startedAt} />:{" "}
                    {count(lastReconcile.differences ?? 0, "difference")} in{" "}
                    {count(lastReconcile.compared ?? 0, "record")}.
                  </>
                )
                : (
                  <a href={linkTo("reconcile")}>
                    Compare both sides once to be sure of what was there before.
                  </a>
                )}
            </p>
          )}
      </div>
    </section>
  );
}
